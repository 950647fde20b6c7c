"""The gate page (门卫页面): one touch for the alarm, a few for a visitor, readable at arm's length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import Response

from config.alarm_input import AlarmInput
from config.campus import Campus
from config.gate import Gate
from edge_agent.pages import PACKAGE, alarm_routes, visit_routes
from edge_agent.pages.alarm_routes import AlarmDeps
from edge_agent.pages.station import StationsOnly
from edge_agent.pages.status_model import CenterStatus
from edge_agent.pages.visit_routes import VisitDeps
from foundation.clock import Clock
from foundation.ids import new_id
from gate.book import GateBook
from web.app import make_app
from web.language import mark
from web.page import Theme, page
from web.stream import live

TITLE = mark("门卫")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatehouseDeps:
    """What the gate page is made of; every rule lies behind one of these."""

    clock: Clock
    campus: Campus
    gate: Gate
    alarm_input: AlarmInput
    """The input that the button on this page is."""
    book: GateBook
    guard: Callable[[], str]
    """Name of the guard on duty, as it is written in the book."""
    center: Callable[[], CenterStatus | None]
    alarms: AlarmDeps
    station_token: str
    press_port: int | None = None
    """Port of the press door, which needs no asyncio; the page presses there too."""


def gatehouse_app(deps: GatehouseDeps) -> FastAPI:
    """The app that the gatehouse serves."""
    app = make_app(
        title=TITLE,
        theme=Theme.GATE,
        clock=deps.clock,
        packages=(PACKAGE,),
        routers=(
            _home(deps),
            alarm_routes.router(deps.alarms, deps.alarm_input.id),
            visit_routes.router(
                VisitDeps(clock=deps.clock, book=deps.book, gate=deps.gate, guard=deps.guard, frame=_frame(deps))
            ),
        ),
        connect_ports=() if deps.press_port is None else (deps.press_port,),
        middleware=(Middleware(StationsOnly, token=deps.station_token),),
    )
    return app


def _frame(deps: GatehouseDeps) -> Callable[[], dict[str, object]]:
    """What every gate page shows around its own matter: top line and alarm."""

    def frame() -> dict[str, object]:
        return {
            "campus": deps.campus,
            "gate": deps.gate,
            "alarm_input": deps.alarm_input,
            "press_id": new_id(),
            "press_port": deps.press_port,
            "false_alarm": deps.alarms.call_off is not None,
            "guard": deps.guard(),
            "center": deps.center(),
            "inside": visit_routes.inside(deps.book),
            "live_url": "/api/live",
        }

    return frame


def _home(deps: GatehouseDeps) -> APIRouter:
    router = APIRouter()
    frame = _frame(deps)

    @router.get("/")
    def home(request: Request) -> Response:
        return page(request, "gate.html", frame())

    @router.get("/api/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            center = deps.center()
            visits = ",".join(visit.id for visit in visit_routes.inside(deps.book))
            return f"{center.state if center else '-'} {deps.guard()} {visits}"

        return live(request, version)

    return router
