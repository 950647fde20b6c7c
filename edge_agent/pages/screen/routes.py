"""Gate screens on the office pages (门卫屏幕): which there are, a code for a new one, the end of a lost one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.routes import signer
from edge_agent.pages.screen.enrolment import NAME_LIMIT
from gate.stations import EnrolledStation
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs
from web.page import page, texts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDeps:
    """What the page is made of."""

    stations: Callable[[], Sequence[EnrolledStation]]
    """Screens in use and those let go, newest first. Raises DatabaseError."""
    gates: Mapping[str, str]
    """Names of gates by id."""
    offer: Callable[[str, str], str]
    """offer(name, gate_id): the one-time code for a new screen. Raises OSError."""
    ask_end: Callable[[str, str], object]
    """ask_end(station_id, by): have the gatehouse let a screen go."""


def station_routes(deps: StationDeps) -> APIRouter:
    """/stations for those who manage who may do what."""
    routes = APIRouter(prefix="/stations", dependencies=[needs(Right.MANAGE_PEOPLE)])

    def show(request: Request, *, status: int = 200, code: str = "", name: str = "", error: str = "") -> Response:
        return page(
            request,
            "screen/list.html",
            status=status,
            stations=deps.stations(),
            gates=deps.gates,
            code=code,
            name=name,
            errors={"name": error} if error else {},
        )

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request)

    @routes.post("/code")
    def code(request: Request, form: FormTexts) -> Response:
        signer(request)
        name, gate = " ".join(form.get("name", "").split())[:NAME_LIMIT], form.get("gate", "")
        if not name or gate not in deps.gates:
            return show(request, status=422, name=name, error=texts_of(request)(mark("请写屏幕的名字并选校门")))
        return show(request, code=deps.offer(name, gate), name=name)

    @routes.post("/{station_id}/end")
    def end(request: Request, station_id: str) -> Response:
        by = signer(request)
        if all(one.station.id != station_id for one in deps.stations()):
            raise HTTPException(404)
        deps.ask_end(station_id, by)
        return RedirectResponse("/stations?asked=" + station_id, 303)

    return routes
