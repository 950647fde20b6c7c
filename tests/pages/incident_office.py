"""A served office with incidents and drills over a real alarm line without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import APIRouter, Request
from starlette.responses import Response

from alarms.press import PressError
from config.alarm_input import AlarmInput, InputKind
from config.campus import Campus
from config.evacuation_drills import EvacuationDrills
from config.incident_reports import IncidentReports
from config.line_test import LineTests
from edge_agent.evacuation_wiring import EvacuationWatch
from edge_agent.incident_wiring import AlarmTail, IncidentWatch, limits_of
from edge_agent.pages.drill.evacuation_deps import EvacuationDeps
from edge_agent.pages.drill.evacuation_plan import EvacuationBook
from edge_agent.pages.drill.evacuation_routes import EVACUATION_BODY_LIMITS, evacuation_routes
from edge_agent.pages.drill.plan import DrillPlan
from edge_agent.pages.drill.routes import ArmRefusedError, DrillDeps, drill_routes
from edge_agent.pages.incident.report_routes import incident_report_routes
from edge_agent.pages.incident.routes import IncidentDeps, incident_routes
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status.model import CampusStatus
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from safety.evacuation import GateRollCall
from safety.evacuation_ledger import EvacuationLedger
from safety.evacuation_schedule import school_days
from safety.incident_ledger import IncidentLedger
from safety.ledger import FaultLedger
from safety.photo import PhotoShelf
from tests.alarms.parts import LineParts
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer
from web.stream import events

PASSWORD = "correct-horse-7-battery"
CAMPUS = Campus(id="demo-school", name="示范小学", address="示范市学府路 1 号", gatehouse_phone="010-5550 0101")
REPORTS = IncidentReports(report_phone="010-5550 0202")
INPUTS = (
    AlarmInput(id="east", name="东门按钮", kind=InputKind.SOCKET, place="东门门卫室"),
    AlarmInput(id="west", name="西门屏幕按钮", kind=InputKind.PAGE, place="西门岗亭"),
)


@dataclass(slots=True)
class Office:
    """Everything behind the pages."""

    url: str
    clock: ManualClock
    alarms: LineParts
    tail: AlarmTail
    watch: IncidentWatch
    incidents: IncidentLedger
    board: FindingBoard
    faults: FaultLedger
    people: PeopleBook
    server: PageServer
    evacuation: EvacuationDeps
    evacuation_watch: EvacuationWatch
    roll_calls: list[GateRollCall]
    """What the gate offers."""

    def client(self, login: str, accept: str = "text/html") -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": accept})
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        return client

    def reach(self, alarm_id: str, step: str, after_s: float, person: str | None = None) -> None:
        """An alarm comes a step further."""
        assert self.alarms.database is not None
        with self.alarms.database.transaction() as transaction:
            row = transaction.row("SELECT pressed_utc_ns FROM alarm WHERE id = ?", (alarm_id,))
            assert row is not None
            transaction.execute(
                "INSERT INTO step (alarm_id, step, at_utc_ns, person) VALUES (?, ?, ?, ?)",
                (alarm_id, step, row[0] + round(after_s * 1e9), person),
            )

    def close(self) -> None:
        self.server.close()
        self.faults.close()
        self.people.close()
        self.alarms.close()
        self.board._journal.database.close()


def _nobody_calls() -> APIRouter:
    """What every office page listens to, saying that no alarm calls for people."""
    routes = APIRouter()

    @routes.get("/api/alarms/calls")
    async def calls(request: Request) -> Response:
        return events(request, lambda: "[]", every_s=1.0)

    return routes


def serve(folder: Path, clock: ManualClock) -> Office:
    people = PeopleBook(folder / "people.sqlite", clock)
    people.add(
        [
            NewPerson(login="li", name="李老师", duty=Duty.SAFETY_OFFICER, password=PASSWORD),
            NewPerson(login="zhao", name="赵校长", duty=Duty.LEADER, password=PASSWORD),
            NewPerson(login="wang", name="王师傅", duty=Duty.GUARD, password=PASSWORD),
        ],
        by="test",
    )
    alarms = LineParts(folder / "alarms.sqlite", clock).start()
    faults = FaultLedger(folder / "safety.sqlite", clock)
    ledger = IncidentLedger(faults.journal, clock)
    journal = Journal.open(folder / "journal.sqlite", clock)
    board = FindingBoard(journal, clock)
    limits = limits_of(REPORTS)
    deps = IncidentDeps(clock=clock, ledger=ledger, limits=limits, reports=REPORTS, campus=CAMPUS)

    def arm(input_id: str, person: str) -> None:
        try:
            alarms.line.arm_drill(input_id, person)
        except PressError as error:
            raise ArmRefusedError(str(error)) from error

    roll_calls: list[GateRollCall] = []
    book = EvacuationBook(
        clock=clock,
        campus=CAMPUS,
        settings=EvacuationDrills(boarders=True),
        path=faults.path,
        calendar=lambda: school_days({}),
    )
    evacuation = EvacuationDeps(
        ledger=EvacuationLedger(faults.journal, clock),
        book=book,
        photos=PhotoShelf(folder / "photos"),
        roll_calls=lambda: roll_calls,
    )
    plan = DrillPlan(clock=clock, campus=CAMPUS, inputs=INPUTS, line_tests=LineTests(), alarms=alarms.path)
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name=CAMPUS.name,
            status=lambda: CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=clock.utc_ns()),
            people=people,
            incidents=deps.running,
            further=(
                _nobody_calls(),
                incident_report_routes(deps),
                incident_routes(deps),
                evacuation_routes(evacuation),
                drill_routes(DrillDeps(plan, arm)),
            ),
            body_limits=EVACUATION_BODY_LIMITS,
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    server.start()
    return Office(
        url=server.url.rstrip("/"),
        clock=clock,
        alarms=alarms,
        tail=AlarmTail(alarms.path, ledger, lambda: faults.hear_anew("alarms"), limits, clock),
        watch=IncidentWatch(ledger.path, limits, board, clock),
        incidents=ledger,
        board=board,
        faults=faults,
        people=people,
        server=server,
        evacuation=evacuation,
        evacuation_watch=EvacuationWatch(book, board, f"campus:{CAMPUS.id}"),
        roll_calls=roll_calls,
    )
