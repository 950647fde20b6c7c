"""Guards sign on at a gate screen with a PIN (值班签到). The alarm works whether anybody has or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.station import station_of
from gate.duty import DutyBook
from web import figures
from web.form import FormTexts
from web.guessing import GuessCounter, pin_subjects_of
from web.language import mark
from web.page import page, texts_of
from web.password import BusyError, matches
from web.people import PinHolder


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDeps:
    """What signing on is made of."""

    duty: DutyBook
    holders: Callable[[], tuple[PinHolder, ...]]
    """Everybody with a PIN."""
    guesses: GuessCounter


def duty_routes(deps: DutyDeps) -> APIRouter:
    """/duty for one gate screen."""
    routes = APIRouter(prefix="/duty")

    def show(request: Request, *, status: int = 200, chosen: str = "", error: str = "") -> Response:
        holders = deps.holders()
        person = next((holder for holder in holders if holder.id == chosen), None)
        return page(request, "duty.html", status=status, holders=holders, chosen=person, error=error)

    @routes.get("")
    def who(request: Request, person: str = "") -> Response:
        return show(request, chosen=person)

    @routes.post("/on")
    def sign_on(request: Request, form: FormTexts) -> Response:
        texts, station, chosen = texts_of(request), station_of(request), form.get("person", "")
        holder = next((one for one in deps.holders() if one.id == chosen), None)
        if holder is None:
            return show(request, status=422, error=texts(mark("请先点自己的名字")))
        subjects = pin_subjects_of(holder.id, station.id)
        wait_s = deps.guesses.wait_s(subjects)
        if wait_s > 0:
            wait = figures.duration(wait_s, texts)
            error = texts(mark("试错太多次，请等 %(wait)s 再试。报警不受影响。"), wait=wait)
            return show(request, status=429, chosen=chosen, error=error)
        try:
            right = matches(holder.pin_hash, form.get("pin", "")[:20])
        except BusyError:
            error = texts(mark("同时登录的人太多，请稍等再试"))
            return show(request, status=503, chosen=chosen, error=error)
        if not right:
            deps.guesses.count_wrong(subjects)
            return show(request, status=403, chosen=chosen, error=texts(mark("口令不对，请再试")))
        deps.guesses.forget(subjects[0])
        deps.duty.sign_on(station_id=station.id, person_id=holder.id, name=holder.name)
        return RedirectResponse("/", 303)

    @routes.post("/off")
    def sign_off(request: Request) -> Response:
        deps.duty.sign_off(station_of(request).id)
        return RedirectResponse("/", 303)

    return routes
