"""Guards sign on at a gate screen with a PIN (值班签到). The alarm works whether anybody has or not."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.pin import PinCheck, PinRefused
from edge_agent.pages.screen.station import station_of
from gate.duty import DutyBook
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDeps:
    """What signing on is made of."""

    duty: DutyBook
    pins: PinCheck


def duty_routes(deps: DutyDeps) -> APIRouter:
    """/duty for one gate screen."""
    routes = APIRouter(prefix="/duty")

    def show(request: Request, *, status: int = 200, chosen: str = "", error: str = "") -> Response:
        return page(
            request,
            "door/duty.html",
            status=status,
            holders=deps.pins.holders(),
            chosen=deps.pins.holder(chosen),
            error=error,
        )

    @routes.get("")
    def who(request: Request, person: str = "") -> Response:
        return show(request, chosen=person)

    @routes.post("/on")
    def sign_on(request: Request, form: FormTexts) -> Response:
        texts, station, chosen = texts_of(request), station_of(request), form.get("person", "")
        holder = deps.pins.holder(chosen)
        if holder is None:
            return show(request, status=422, error=texts(mark("请先点自己的名字")))
        try:
            deps.pins.check(holder, station, form.get("pin", ""), texts)
        except PinRefused as refused:
            return show(request, status=refused.status, chosen=chosen, error=str(refused))
        deps.duty.sign_on(station_id=station.id, person_id=holder.id, name=holder.name)
        return RedirectResponse("/", 303)

    @routes.post("/off")
    def sign_off(request: Request) -> Response:
        deps.duty.sign_off(station_of(request).id)
        return RedirectResponse("/", 303)

    return routes
