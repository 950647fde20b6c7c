"""Expected visitors at the gate (今日预约): a touch, or the scanned code, opens the filled form."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from edge_agent.pages.door.deps import DoorDeps
from foundation.clock import beijing_day
from gate.expected import read_expected, used_ids
from gate.hours import DAY_MINUTES, moment_of
from web.page import page


def expected_door_routes(deps: DoorDeps) -> APIRouter:
    """/expected for gate screens."""
    routes = APIRouter(prefix="/expected")

    @routes.get("")
    def today(request: Request) -> Response:
        now = deps.clock.utc_ns()
        day = beijing_day(now)
        invited = read_expected(deps.orders, moment_of(day, 0), moment_of(day, DAY_MINUTES))
        used = used_ids(deps.book.path, tuple(one.id for one in invited))
        return page(
            request,
            "door/expected.html",
            awaited=[(one, one.opens_at(now)) for one in invited if one.guest and one.id not in used],
            came=[one for one in invited if one.guest and one.id in used],
        )

    return routes
