"""The office (办公室): every page but the gate's. May die without anyone at the gate noticing."""

from __future__ import annotations

from edge_agent.held import Held
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.role import RoleContext
from edge_agent.status import StatusGatherer
from foundation.service import Service
from web.authority import tls_unless_local
from web.people import PeopleBook
from web.server import PageServer


def services(context: RoleContext) -> list[Service]:
    """The office's services."""
    gatherer = StatusGatherer(context.settings, context.state, context.clock)
    people = PeopleBook(context.state.database("people"), context.clock)
    app = office_app(
        OfficeDeps(
            clock=context.clock,
            campus_name=context.settings.campus.name,
            status=gatherer.status,
            people=people,
        )
    )
    address = context.settings.pages.office
    tls = tls_unless_local(
        address.host, context.state.key("tls"), campus_name=context.settings.campus.name, clock=context.clock
    )
    return [
        Held("people", people.close),
        PageServer("office-pages", app, host=address.host, port=address.port, tls=tls),
    ]
