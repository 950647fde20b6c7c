"""What the gatehouse does beside the alarm line: the gate page, and what it tells the center of the campus.

Apart from the role so that it is loaded only when the alarm line already runs.
"""

from __future__ import annotations

from typing import Final

from alarms.assembly import AlarmService
from alarms.duress import duress_pin
from alarms.inputs.contacts import panel_server, speaks_plainly
from config.alarm_input import AlarmInput, InputKind
from edge_agent.alarm_holds import hold_asker
from edge_agent.center_status import center_status
from edge_agent.day_told import DayTold
from edge_agent.gate_still import gate_picture
from edge_agent.gate_watch import GateWatch
from edge_agent.held import Held
from edge_agent.notices import notice_answers
from edge_agent.pages.alarm.press_door import PressDoor
from edge_agent.pages.alarm.wiring import alarm_deps
from edge_agent.pages.gatehouse import GatehouseDeps, gatehouse_app
from edge_agent.pages.screen.enrolment import Enrolment, take
from edge_agent.pages.screen.station import Doorkeeper, station_token
from edge_agent.role import Role, RoleContext
from edge_agent.standing_watch import StandingWatch
from foundation.finding import Severity
from foundation.journal import Entry, Tail
from foundation.service import Service
from foundation.sqlite import DatabaseError
from gate.book import GateBook
from gate.expiry import Expiry, Reindex
from gate.facts import ErasureAsked, StationEndAsked
from gate.folding import Folding
from gate.stations import Stations
from gate.still import StillTaker
from safety.query import open_faults
from web.authority import authority_route, tls_unless_local
from web.people import pin_holders
from web.server import PageServer, tls_context

_FAULTS_TOLD: Final = 12
"""A handover is read aloud; the ledger has the rest."""


def gatehouse_further(context: RoleContext, alarms: AlarmService) -> list[Service]:
    """In starting order, pages last. Raises ServerAddressError when they start."""
    return [
        hold_asker(context.state.database("alarms"), context.journal),
        StandingWatch(context.settings, context.state, alarms.standing, context.clock),
        notice_answers(context, alarms.paths),
        DayTold(
            context.state,
            context.journal,
            context.clock,
            campus=context.settings.campus.id,
            points=[point.id for point in context.settings.points],
            keep=alarms.line.keep,
        ),
        *_encrypted_panels(context, alarms),
        *_gate_page(context, alarms),
    ]


def open_fault_titles(context: RoleContext) -> tuple[str, ...]:
    """What is broken, worst first, for a handover. Raises DatabaseError."""
    ledger = context.state.database("safety")
    rows = open_faults(ledger, context.clock.utc_ns()) if ledger.exists() else ()
    return tuple(row.fault.title for row in rows[:_FAULTS_TOLD])


def _encrypted_panels(context: RoleContext, alarms: AlarmService) -> list[Service]:
    panels = context.settings.alarm_panels
    if panels is None or speaks_plainly(panels):
        return []  # started with the alarm line
    name = context.settings.campus.name
    tls = tls_unless_local(panels.host, context.state.key("tls"), campus_name=name, clock=context.clock)
    return [panel_server(context.settings, alarms.answers, tls_context(tls) if tls else None)]


def _gate_page(context: RoleContext, alarms: AlarmService) -> list[Service]:
    settings, state, clock = context.settings, context.state, context.clock
    buttons = [item for item in settings.alarm_inputs if item.kind is InputKind.PAGE]
    if not settings.gates or not buttons:
        return []  # a campus may have panels only

    def button(gate_id: str) -> AlarmInput:
        at_gate = sorted((item for item in buttons if item.gate == gate_id), key=lambda item: item.silent)
        return at_gate[0] if at_gate else buttons[0]

    def silent_button(gate_id: str) -> AlarmInput | None:
        silent = [item for item in buttons if item.silent]
        return next((item for item in silent if item.gate == gate_id), silent[0] if silent else None)

    def input_of(token: str | None) -> str | None:
        station = doorkeeper.station(token)
        return button(station.gate_id).id if station else None

    def enrol(enrolment: Enrolment) -> str:
        _, token = stations.enrol(name=enrolment.name, gate_id=enrolment.gate_id)
        return token

    try:
        book = GateBook(state.database("gate"), clock)
    except DatabaseError as error:
        # Buttons on the wall, the press socket and the uplink go on without the gate page.
        evidence = {"error": str(error)}
        context.findings.open("role:gatehouse", "gate.book_unusable", Severity.FAILING, evidence=evidence)
        return []
    context.findings.clear("role:gatehouse", "gate.book_unusable")
    stations = Stations(state.database("stations"), clock)
    doorkeeper = Doorkeeper(
        box_token=station_token(state.key("station-token")),
        box_gate_id=buttons[0].gate or settings.gates[0].id,
        of_token=stations.of_token,
    )
    address = settings.pages.gatehouse
    tls = tls_unless_local(address.host, state.key("tls"), campus_name=settings.campus.name, clock=clock)
    on_page = alarm_deps(alarms.line, clock, duress_pin(settings))
    door = PressDoor(on_page.press, input_of=input_of, host=address.host, port=address.press_port or 0, tls=tls)
    app = gatehouse_app(
        GatehouseDeps(
            clock=clock,
            campus=settings.campus,
            gates=settings.gates,
            button=button,
            book=book,
            doorkeeper=doorkeeper,
            center=lambda: center_status(settings, alarms.path_reports(), clock.utc_ns()),
            alarms=on_page,
            pin_holders=lambda: pin_holders(state.database("people")),
            take_code=lambda code: take(state.key("enrol"), code, clock),
            enrol=enrol,
            further=(authority_route(state.key("tls")),),
            orders=state.database("gate_orders"),
            open_faults=lambda: open_fault_titles(context),
            silent_button=silent_button,
            press_port=door.port,
        )
    )

    def asked_by_office(entry: Entry) -> None:
        if entry.kind == StationEndAsked.kind:
            asked = entry.read(StationEndAsked)
            stations.end(asked.station_id, by=asked.by)
        elif entry.kind == ErasureAsked.kind:
            erasure = entry.read(ErasureAsked)
            book.erase_record(erasure.record, reason=f"{erasure.by} 要求删除")

    return [
        door,
        Held("gate-book", book.close),
        StillTaker(book.records, book.stills, gate_picture(settings, state, clock), clock),
        Expiry(
            book,
            clock,
            keep_days=settings.gate_records.keep_days,
            findings=context.findings,
            subject="role:gatehouse",
            drafts=book.drafts,
        ),
        Reindex(book),
        Folding(book.path),
        GateWatch(
            book=book.path,
            orders=state.database("gate_orders"),
            findings=context.findings,
            clock=clock,
            campus=settings.campus.id,
        ),
        Held("stations", stations.close),
        Tail(state.journal(Role.OFFICE), context.journal, asked_by_office),
        PageServer("gate-page", app, host=address.host, port=address.port, tls=tls),
    ]
