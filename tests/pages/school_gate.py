"""A gatehouse and an office over the same files: what the office lays down, the gate asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from html import unescape
from pathlib import Path

import httpx

from edge_agent.pages.gatehouse import gatehouse_app
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.school_gate.deps import SchoolGateDeps
from edge_agent.pages.school_gate.routes import BODY_LIMITS, school_gate_routes
from edge_agent.pages.status.model import CampusStatus
from foundation.clock import ManualClock
from foundation.ids import new_id
from foundation.journal import Fact
from gate.book import GateBook
from gate.hours import moment_of
from gate.leave_slip import Fetching
from gate.meeting import NewAttendee
from gate.orders import GateOrders
from gate.roster import NewShift, Post
from gate.staff import NewStaff
from gate.visit import Visitor
from tests.pages.gate_screen import INPUT, FakeAlarmLine, gatehouse_deps
from web.duty import Duty
from web.people import NewPerson, PeopleBook, Person
from web.server import PageServer

PASSWORD = "correct horse battery 7"
PINS = {"王师傅": "204816", "李师傅": "375920"}
MONDAY = date(2026, 11, 23)
MIDNIGHT, TEN = moment_of(MONDAY, 0), moment_of(MONDAY, 10 * 60)
HOUR = 3_600_000_000_000
MEETING = new_id()


@dataclass(slots=True)
class School:
    """Both, served."""

    clock: ManualClock
    book: GateBook
    orders: GateOrders
    people: PeopleBook
    gate_url: str
    office_url: str
    line: FakeAlarmLine
    told: list[Fact]
    """What the office told the gatehouse."""

    def person(self, name: str) -> Person:
        """An account by name."""
        return next(one for one in self.people.people() if one.name == name)


def make_accounts(folder: Path, now_utc_ns: int) -> Path:
    """people.sqlite with two guards who have PINs, a leader and a teacher; made once, since hashing takes long."""
    people = PeopleBook(folder / "people.sqlite", ManualClock(now_utc_ns=now_utc_ns))
    guards = people.add([NewPerson(login=name, name=name, duty=Duty.GUARD) for name in PINS], by="test")
    for guard in guards:
        people.set_pin(guard.id, PINS[guard.name], by="test")
    people.add(
        [
            NewPerson(login="leader", name="赵校长", duty=Duty.LEADER, password=PASSWORD),
            NewPerson(login="teacher", name="陈老师", duty=Duty.STAFF, password=PASSWORD),
        ],
        by="test",
    )
    people.close()
    return people.path


@contextmanager
def school(folder: Path, now_utc_ns: int) -> Iterator[School]:
    """Over the accounts that lie in the folder (made if there are none); the clock is the test's."""
    if not (folder / "people.sqlite").exists():
        make_accounts(folder, now_utc_ns)
    clock = ManualClock(now_utc_ns=now_utc_ns)
    orders = GateOrders(folder / "gate_orders.sqlite", clock)
    people = PeopleBook(folder / "people.sqlite", clock)
    line = FakeAlarmLine(clock)
    silent = INPUT.model_copy(update={"id": "gate-east-silent", "silent": True})
    deps = replace(gatehouse_deps(folder, line, clock), silent_button=lambda _: silent)
    gate = PageServer("gate-pages", gatehouse_app(deps), host="127.0.0.1", port=0)
    told: list[Fact] = []
    pages = SchoolGateDeps(
        clock=clock,
        orders=orders,
        book=deps.book.path,
        campus_name="示范小学",
        gate_names={"east": "东门"},
        tell=lambda fact, _: told.append(fact),
        gatehouse_url=lambda _: gate.url.rstrip("/"),
    )
    office = PageServer(
        "office-pages",
        office_app(
            OfficeDeps(
                clock=clock,
                campus_name="示范小学",
                status=lambda: CampusStatus(
                    campus_id="demo-school", campus_name="示范小学", taken_at_utc_ns=clock.utc_ns()
                ),
                people=people,
                further=school_gate_routes(pages),
                body_limits=BODY_LIMITS,
            )
        ),
        host="127.0.0.1",
        port=0,
    )
    gate.start()
    office.start()
    yield School(clock, deps.book, orders, people, gate.url, office.url, line, told)
    office.close()
    gate.close()
    deps.book.close()
    orders.close()
    people.close()


def morning(served: School) -> None:
    """Monday at ten: staff, a meeting, a leave slip, duty and one visitor inside."""
    orders = served.orders
    orders.staff.replace(
        [NewStaff(number=f"T{n}", name=name) for n, name in enumerate(["李芳", "王强", "赵敏"])], by="王"
    )
    orders.meetings.call(
        meeting_id=MEETING, title="三年级家长会", place="礼堂", begins_utc_ns=TEN, ends_utc_ns=TEN + HOUR,
        attendees=[NewAttendee(name=f"家长{n}", pupil="小明" if n == 7 else "小刚") for n in range(20)], by="王",
    )  # fmt: skip
    fetching = Fetching(pupil="小红", class_name="五3班", adult="刘奶奶", relation="爷爷奶奶")
    orders.slips.write(
        slip_id=new_id(), fetching=fetching, begins_utc_ns=TEN, until_utc_ns=TEN + HOUR, by_person="c", by="陈老师"
    )
    shifts = [(Post.GUARD, "王师傅"), (Post.LEADER, "赵校长"), (Post.ESCORT, "孙老师")]
    orders.roster.plan(
        [NewShift(post=post, name=name, begins_utc_ns=TEN, ends_utc_ns=TEN + HOUR) for post, name in shifts],
        by="王",
    )
    orders.patrol.put_up("后门", by="王")
    served.book.duty.sign_on(station_id="box", person_id=served.person("王师傅").id, name="王师傅")
    served.book.sign_in(
        visit_id=new_id(), gate_id="east", guard="王师傅", visitor=Visitor(name="张三", host="李芳", reason="办事")
    )


@contextmanager
def logged_in(campus: School, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.office_url, headers={"accept": "text/html"}, trust_env=False) as client:
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        yield client


def action(html: str, pattern: str) -> str:
    """The first form or link of a page whose address fits."""
    found = re.search(rf'(?:action|href)="({pattern})"', unescape(html))
    assert found, f"no {pattern} in the page"
    return found[1]
