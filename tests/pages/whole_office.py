"""The office role as it is served in a school, over files that the other roles would have written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from camera.picture.ledger import PictureLedger
from camera.picture.picture import Picture
from camera.picture.point_eye import Change
from camera.picture.thresholds import Suspicion
from camera.picture.verdict import Condition
from camera.register import Register
from config.settings import read_settings
from edge_agent.role import Role, RoleContext
from edge_agent.roles.office import services
from foundation.clock import NS_PER_S, ManualClock, SystemClock, beijing_day, beijing_day_start_ns
from foundation.finding import FindingBoard, Severity
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.state import StateDirectory
from gate.book import GateBook
from gate.leave_slip import Fetching
from gate.meeting import NewAttendee
from gate.orders import GateOrders
from gate.roster import NewShift, Post
from gate.staff import NewStaff
from gate.visit import Visitor
from simulator.port import free_port
from tests.alarms.parts import LineParts, request
from tests.pages.covered import EXAMPLE, leave_coverage
from tests.pages.footage_office import recorded
from tests.storage.box import make_box, volume
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer

HOUR_NS = 3_600 * NS_PER_S
PASSWORD = "correct-horse-7-battery"
SCHOOL = "示范市第一实验小学教育集团学府路校区"
_SETTINGS = """
campus: {{id: demo, name: {school}, address: 示范市学府路 1 号, gatehouse_phone: 010-5550 0101}}
devices: [{{id: cam-gate, name: 东门人行通道枪机, address: 'http://127.0.0.1:9/onvif/device_service'}}]
points: [{{id: gate, name: 东门人行通道与机动车道之间, device: cam-gate, volume: main, retention: law}}]
volumes: [{{id: main, path: {folder}/main}}]
retention: [{{id: law}}]
gates: [{{id: east, name: 东门, point: gate}}]
alarm_inputs:
  - {{id: east, name: 东门按钮, kind: socket, place: 东门门卫室, gate: east, nearest_points: [gate]}}
center: {{name: 示范区接警中心, public_keys: [AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]}}
plan: {{file: {plan}}}
broker_paths: [{{id: primary, host: 127.0.0.1, port: 9, allow_plain_text: true}}]
pages: {{gatehouse: {{port: {gate_port}}}, office: {{port: {office_port}}}}}
"""


class FromNoon(SystemClock):
    """The host's clock, begun at noon of its day: what lies a minute back is never of the day before."""

    def __init__(self) -> None:
        super().__init__()
        now_ns = super().utc_ns()
        self._shift_ns = beijing_day_start_ns(beijing_day(now_ns)) + 12 * HOUR_NS - now_ns

    def utc_ns(self) -> int:
        return super().utc_ns() + self._shift_ns


@dataclass(frozen=True, slots=True)
class WholeOffice:
    """A served office with something on every page."""

    url: str
    tokens: dict[str, str]
    """Sessions by log-in: 'zhao' leads, 'chen' teaches."""

    def client(self, login: str) -> httpx.Client:
        """As a browser of that person asks."""
        return httpx.Client(
            base_url=self.url, cookies={"session": self.tokens[login]}, headers={"accept": "text/html"}, trust_env=False
        )


@contextmanager
def whole_office(folder: Path, clip: Path) -> Iterator[WholeOffice]:
    """Started with the role's own wiring; ended with the block."""
    real = FromNoon()
    clock = ManualClock(now_utc_ns=real.utc_ns() - 60 * NS_PER_S, now_running_ns=real.running_ns())
    state = StateDirectory(folder).create()
    box = make_box(folder, clock, [volume(folder)])
    recorded(box, clip, seconds=6, gap_s=20, more_s=6)
    box.catalogue.close()
    _seen(state, clock)
    _laid_down(state, clock)
    alarms = LineParts(state.database("alarms"), clock).start()
    alarms.line.press(request("east"))
    alarms.close()
    people = PeopleBook(state.database("people"), clock)
    accounts = (("zhao", "欧阳赵校长", Duty.LEADER), ("chen", "陈老师", Duty.STAFF))
    people.add([NewPerson(login=a, name=b, duty=c, password=PASSWORD) for a, b, c in accounts], by="test")
    people.close()

    file = folder / "campus.yaml"
    leave_coverage(folder / "coverage", clock.utc_ns())
    ports = {"gate_port": free_port(), "office_port": free_port()}
    text = _SETTINGS.format(school=SCHOOL, folder=folder, plan=EXAMPLE / "plan.geojson", **ports)
    file.write_text(text, encoding="utf-8")
    journal = Journal.open(state.journal(Role.OFFICE), real)
    board = FindingBoard(journal, real)
    started = services(RoleContext(Role.OFFICE, read_settings(file), state, real, journal, board))
    for service in started:
        service.start()
    url = next(one.url for one in started if isinstance(one, PageServer)).rstrip("/")
    yield WholeOffice(url, {login: _logged_in(url, login) for login, _, _ in accounts})
    for service in reversed(started):
        service.close()
    journal.database.close()


def _logged_in(url: str, login: str) -> str:
    answer = httpx.post(f"{url}/login", data={"login": login, "password": PASSWORD}, trust_env=False)
    return answer.cookies["session"]


def _seen(state: StateDirectory, clock: ManualClock) -> None:
    """What the inspector and the recorder noticed."""
    register = Register(state.database("cameras"), clock)
    ledger = PictureLedger(register.database, clock)
    ledger.keep_only(["gate"])
    grey = np.full((180, 320), 128, np.uint8)
    picture = Picture(np.full((360, 640), 40, np.uint8), grey, grey, clock.utc_ns())
    covered = Change(Condition.COVERED, True, Suspicion(0.46, 0.25))
    with register.database.transaction() as transaction:
        ledger.begin(transaction, "gate", covered, picture, suspected_utc_ns=clock.utc_ns(), beside=grey)
    register.close()
    for role, subject, kind, severity in (
        (Role.INSPECTOR, "device:cam-gate", "camera.unreachable", Severity.FAILING),
        (Role.INSPECTOR, "point:gate", "picture.covered", Severity.ATTENTION),
        (Role.RECORDER, "volume:main", "storage.when_full_not_chosen", Severity.ATTENTION),
        (Role.RECORDER, "role:recorder", "role.unclean_end", Severity.ATTENTION),
    ):
        told = Journal.open(state.journal(role), clock)
        FindingBoard(told, clock).open(subject, kind, severity, evidence={"error": "connect: timed out " * 4})
        told.database.close()


def _laid_down(state: StateDirectory, clock: ManualClock) -> None:
    """What the office wrote for the gate, and what the gate wrote down."""
    now = clock.utc_ns()
    orders = GateOrders(state.database("gate_orders"), clock)
    orders.staff.replace([NewStaff(number=f"T{n}", name=name) for n, name in enumerate(["李芳", "王强"])], by="王")
    guests = [NewAttendee(name=f"家长{n}", pupil="小明") for n in range(3)]
    orders.meetings.call(
        meeting_id=new_id(), title="三年级家长会", place="礼堂", begins_utc_ns=now, ends_utc_ns=now + HOUR_NS,
        attendees=guests, by="王",
    )  # fmt: skip
    fetching = Fetching(pupil="小红", class_name="五3班", adult="刘奶奶", relation="爷爷奶奶")
    orders.slips.write(
        slip_id=new_id(), fetching=fetching, begins_utc_ns=now, until_utc_ns=now + HOUR_NS, by_person="c", by="陈老师"
    )
    shifts = [NewShift(post=post, name="王师傅", begins_utc_ns=now, ends_utc_ns=now + HOUR_NS) for post in Post]
    orders.roster.plan(shifts, by="王")
    orders.patrol.put_up("后门", by="王")
    orders.close()
    book = GateBook(state.database("gate"), clock)
    visitor = Visitor(name="张三", host="李芳", reason="送教材到三年级办公室，中午以前离开")
    book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=visitor)
    book.close()
