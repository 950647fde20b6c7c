"""A gate screen over a fake alarm line: what gate pages are served from in tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from config.alarm_input import AlarmInput, InputKind
from config.campus import Campus
from config.gate import Gate
from edge_agent.pages.alarm.routes import AlarmDeps, SchoolCall
from edge_agent.pages.gatehouse import GatehouseDeps
from edge_agent.pages.screen.enrolment import Enrolment, take
from edge_agent.pages.screen.station import Doorkeeper
from edge_agent.pages.status.model import AlarmStatus, CenterStatus
from foundation.clock import Clock
from foundation.ids import new_id
from gate.book import GateBook
from gate.stations import Stations
from web.people import pin_holders
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
