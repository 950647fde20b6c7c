"""What the office lays down for the gate (校门安排): its file, its pages, and forgetting by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request

from edge_agent.held import Held
from edge_agent.pages.school_gate.deps import SchoolGateDeps
from edge_agent.pages.school_gate.routes import school_gate_routes
from edge_agent.role import RoleContext
from foundation.service import Service
from gate.expiry import Expiry
from gate.orders import GateOrders

_EVERYWHERE: Final = ("0.0.0.0", "::")
_HERE: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class SchoolGateService:
    """What the office uses: start `services` before its pages, close them after."""

    routes: tuple[APIRouter, ...]
    services: tuple[Service, ...]


def school_gate_services(context: RoleContext) -> SchoolGateService:
    """File and pages; nothing runs yet. Raises DatabaseError, RecordKeysError."""
    address = context.settings.pages.gatehouse
    orders = GateOrders(context.state.database("gate_orders"), context.clock)

    def gatehouse_url(request: Request) -> str:
        # A gatehouse that listens everywhere is reached under the name that this browser reached the office by.
        host = request.url.hostname or address.host if address.host in _EVERYWHERE else address.host
        named = f"[{host}]" if ":" in host else host
        return f"{'http' if address.host in _HERE else 'https'}://{named}:{address.port}"

    deps = SchoolGateDeps(
        clock=context.clock,
        orders=orders,
        book=context.state.database("gate"),
        campus_name=context.settings.campus.name,
        gate_names={gate.id: gate.name for gate in context.settings.gates},
        tell=lambda fact, fact_id: context.journal.append(fact, fact_id=fact_id),
        gatehouse_url=gatehouse_url,
    )
    return SchoolGateService(
        school_gate_routes(deps),
        (
            Held("gate-orders", orders.close),
            Expiry(
                orders,
                context.clock,
                keep_days=context.settings.gate_records.keep_days,
                findings=context.findings,
                subject="role:office",
            ),
        ),
    )
