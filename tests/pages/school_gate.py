"""A gatehouse and an office over the same files: what the office lays down, the gate asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from edge_agent.pages.gatehouse import gatehouse_app
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.school_gate.deps import SchoolGateDeps
from edge_agent.pages.school_gate.routes import BODY_LIMITS, school_gate_routes
from edge_agent.pages.status.model import CampusStatus
from foundation.clock import ManualClock
from foundation.journal import Fact
from gate.book import GateBook
from gate.orders import GateOrders
from tests.pages.conftest import INPUT, FakeAlarmLine, gatehouse_deps
from web.duty import Duty
from web.people import NewPerson, PeopleBook, Person
from web.server import PageServer

PASSWORD = "correct horse battery 7"
PINS = {"王师傅": "204816", "李师傅": "375920"}


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
