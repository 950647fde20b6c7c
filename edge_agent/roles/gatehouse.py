"""The gatehouse (门卫室): the alarm line, the uplink and the gate page. Needs none of the other roles."""

from __future__ import annotations

from importlib.metadata import version

from alarms.assembly import AlarmService, build_alarms
from alarms.inputs.socket import PressSocket
from config.alarm_input import InputKind
from edge_agent.alarm_holds import hold_asker
from edge_agent.center_status import center_status
from edge_agent.held import Held
from edge_agent.pages.alarm_wiring import alarm_deps
from edge_agent.pages.gatehouse import GatehouseDeps, gatehouse_app
from edge_agent.pages.press_door import PressDoor
from edge_agent.pages.station import station_token
from edge_agent.role import RoleContext
from edge_agent.standing_watch import StandingWatch
from foundation.service import Service
from gate.book import GateBook
from web.server import PageServer

ON_DUTY = "值班保安"
"""Who stands in the book until guards sign on by name."""


def services(context: RoleContext) -> list[Service]:
    """The gatehouse's services in starting order: the alarm line first, pages last."""
    alarms = build_alarms(
        context.settings,
        state=context.state,
        clock=context.clock,
        board=context.findings,
        journal=context.journal,
        software=f"campus-edge-agent {version('campus-edge-agent')}",
    )
    socket = PressSocket(context.state.socket("press"), alarms.line, paths=alarms.path_reports)
    return [
        *alarms.services,
        socket,
        hold_asker(context.state.database("alarms"), context.journal),
        StandingWatch(context.settings, context.state, alarms.standing, context.clock),
        *_gate_page(context, alarms),
    ]


def _gate_page(context: RoleContext, alarms: AlarmService) -> list[Service]:
    settings = context.settings
    button = next((item for item in settings.alarm_inputs if item.kind is InputKind.PAGE), None)
    if not settings.gates or button is None:
        return []  # a campus may have panels only
    gate = next((gate for gate in settings.gates if gate.id == button.gate), settings.gates[0])
    book = GateBook(context.state.database("gate"), context.clock)
    address = settings.pages.gatehouse
    token = station_token(context.state.key("station-token"))
    on_page = alarm_deps(alarms.line, lambda: ON_DUTY)
    door = PressDoor(on_page.press, input_id=button.id, token=token, host=address.host)
    app = gatehouse_app(
        GatehouseDeps(
            clock=context.clock,
            campus=settings.campus,
            gate=gate,
            alarm_input=button,
            book=book,
            guard=lambda: ON_DUTY,
            center=lambda: center_status(settings, alarms.path_reports(), context.clock.utc_ns()),
            alarms=on_page,
            station_token=token,
            press_port=door.port,
        )
    )
    return [door, Held("gate-book", book.close), PageServer("gate-page", app, host=address.host, port=address.port)]
