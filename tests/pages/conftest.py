"""Gate and office pages over a fake alarm line, served by the real server, driven by a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from config.alarm_input import AlarmInput, InputKind
from config.campus import Campus
from config.gate import Gate
from edge_agent.pages.alarm.routes import AlarmDeps, SchoolCall
from edge_agent.pages.gatehouse import GatehouseDeps, gatehouse_app
from edge_agent.pages.screen.enrolment import Enrolment, take
from edge_agent.pages.screen.station import Doorkeeper
from edge_agent.pages.status.model import AlarmStatus, CenterStatus
from foundation.clock import NS_PER_S, Clock, ManualClock, SystemClock
from foundation.ids import new_id
from foundation.log import configure_log
from gate.book import GateBook
from gate.stations import Stations
from tests.pages import footage_office
from tests.storage import clip_files
from tests.storage.box import MIDNIGHT_NS, make_box, volume
from web.duty import Duty
from web.people import NewPerson, PeopleBook, pin_holders
from web.server import PageServer
from web.signs import State

TOKEN = "station-token-of-the-test"
DURESS_PIN = "914027"
CAMPUS = Campus(id="demo-school", name="示范小学", address="示范市学府路 1 号", gatehouse_phone="010-5550 0101")
GATE = Gate(id="east", name="东门")
WEST = Gate(id="west", name="西门")
WEST_INPUT = AlarmInput(id="gate-west-page", name="西门屏幕按钮", kind=InputKind.PAGE, place="西门岗亭", gate="west")
INPUT = AlarmInput(id="gate-east-page", name="东门屏幕按钮", kind=InputKind.PAGE, place="东门门卫室", gate="east")


@dataclass(slots=True)
class FakeAlarmLine:
    """An alarm line whose steps the test takes."""

    clock: Clock
    alarms: dict[str, AlarmStatus] = field(default_factory=dict)
    presses: list[tuple[str, str, str]] = field(default_factory=list)
    called_off: list[tuple[str, str, str, str]] = field(default_factory=list)
    calling: tuple[SchoolCall, ...] = ()
    """What every screen in the school is told of."""

    def press(self, press_id: str, input_id: str) -> str:
        known = {press: alarm for press, _, alarm in self.presses}
        alarm_id = known.get(press_id) or new_id()
        self.presses.append((press_id, input_id, alarm_id))
        now = self.clock.utc_ns()
        self.alarms.setdefault(
            alarm_id,
            AlarmStatus(
                id=alarm_id,
                input_id=input_id,
                input_name=INPUT.name,
                place=INPUT.place,
                drill=False,
                pressed_utc_ns=now,
                stored_utc_ns=now,
            ),
        )
        return alarm_id

    def find(self, alarm_id: str) -> AlarmStatus | None:
        return self.alarms.get(alarm_id)

    def call_off(self, alarm_id: str, person: str, reason: str, pin: str) -> None:
        self.called_off.append((alarm_id, person, reason, pin))
        self.take("cancelled")

    def acknowledge(self, alarm_id: str, person: str) -> None:
        known = {"known_utc_ns": self.clock.utc_ns(), "known_by": person}
        self.alarms[alarm_id] = self.alarms[alarm_id].model_copy(update=known)
        self.calling = tuple(call for call in self.calling if call.alarm.id != alarm_id)

    def call(self, *, louder: bool = False, call_police: bool = False) -> str:
        """An alarm from another button calls for people; the same again gets louder."""
        known = [call.alarm.id for call in self.calling]
        alarm_id = known[0] if known else self.press(new_id(), WEST_INPUT.id)
        other = {"input_id": WEST_INPUT.id, "input_name": WEST_INPUT.name, "place": WEST_INPUT.place}
        self.alarms[alarm_id] = self.alarms[alarm_id].model_copy(update=other)
        self.calling = (SchoolCall(alarm=self.alarms[alarm_id], louder=louder, call_police=call_police),)
        return alarm_id

    def take(self, step: str) -> None:
        """Take a step ('sent', 'received', 'acknowledged') for every alarm."""
        at = {f"{step}_utc_ns": self.clock.utc_ns()}
        self.alarms = {key: alarm.model_copy(update=at) for key, alarm in self.alarms.items()}


@dataclass(slots=True)
class Gatehouse:
    """A served gatehouse."""

    deps: GatehouseDeps
    line: FakeAlarmLine
    book: GateBook
    server: PageServer
    folder: Path

    @property
    def url(self) -> str:
        return self.server.url


def gatehouse_deps(folder: Path, line: FakeAlarmLine, clock: Clock, alarm_input: AlarmInput = INPUT) -> GatehouseDeps:
    stations = Stations(folder / "stations.sqlite", clock)
    people = folder / "people.sqlite"

    def enrol(enrolment: Enrolment) -> str:
        return stations.enrol(name=enrolment.name, gate_id=enrolment.gate_id)[1]

    return GatehouseDeps(
        clock=clock,
        campus=CAMPUS,
        gates=(GATE, WEST),
        button=lambda gate_id: alarm_input if gate_id == GATE.id else WEST_INPUT,
        book=GateBook(folder / "gate.sqlite", clock),
        doorkeeper=Doorkeeper(box_token=TOKEN, box_gate_id=GATE.id, of_token=stations.of_token),
        orders=folder / "gate_orders.sqlite",
        center=lambda: CenterStatus(name="示范区接警中心", state=State.OK, heard_utc_ns=clock.utc_ns()),
        alarms=AlarmDeps(
            press=line.press,
            alarm=line.find,
            calls=lambda: line.calling,
            acknowledge=line.acknowledge,
            call_off=line.call_off,
            is_duress=lambda pin: pin == DURESS_PIN,
        ),
        pin_holders=lambda: pin_holders(people),
        take_code=lambda code: take(folder / "enrol", code, clock),
        enrol=enrol,
    )


Pictures = Callable[[Page, str], None]


@pytest.fixture
def pictures() -> Pictures:
    """pictures(page, name) keeps what a page looks like in the folder $CAMPUS_PICTURES, for a person who looks."""
    folder = os.environ.get("CAMPUS_PICTURES")

    def keep(page: Page, name: str) -> None:
        if folder:
            size = page.viewport_size or {"width": 0}
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png")

    return keep


@pytest.fixture(scope="session", autouse=True)
def log_as_the_roles_do() -> None:
    configure_log("test")


@pytest.fixture
def gatehouse(tmp_path: Path) -> Iterator[Gatehouse]:
    clock = SystemClock()
    line = FakeAlarmLine(clock)
    deps = gatehouse_deps(tmp_path, line, clock)
    server = PageServer("gatehouse-pages", gatehouse_app(deps), host="127.0.0.1", port=0)
    server.start()
    yield Gatehouse(deps, line, deps.book, server, tmp_path)
    server.close()
    deps.book.close()


@pytest.fixture
def guards(gatehouse: Gatehouse) -> dict[str, str]:
    """Two guards with PINs, ids by login."""
    people = PeopleBook(gatehouse.folder / "people.sqlite", gatehouse.deps.clock)
    made = people.add(
        [
            NewPerson(login="wang", name="王师傅", duty=Duty.GUARD),
            NewPerson(login="li", name="李师傅", duty=Duty.GUARD),
        ],
        by="command line",
    )
    people.set_pin(made[0].id, "739104", by="command line")
    people.set_pin(made[1].id, "520861", by="command line")
    people.close()
    return {person.login: person.id for person in made}


@pytest.fixture(scope="session")
def h264_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of moving noise in H.264, a keyframe each second."""
    return clip_files.synthetic(tmp_path_factory.mktemp("clips") / "h264.clip")


@pytest.fixture
def footage(tmp_path: Path, h264_clip: Path) -> Iterator[footage_office.Office]:
    """An office over 75 s of footage, a gap of 20 s and 10 s more, on the recorder's manual clock."""
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS + 50 * NS_PER_S, now_running_ns=5 * NS_PER_S)
    box = make_box(tmp_path, clock, [volume(tmp_path), volume(tmp_path, "spare")])
    start_ms = footage_office.recorded(box, h264_clip)
    served = footage_office.serve(box, start_ms, tmp_path / "office")
    yield served
    served.close()
    box.catalogue.close()
