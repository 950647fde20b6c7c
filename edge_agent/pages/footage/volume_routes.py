"""Disks on the office pages (录像硬盘): how many days fit, when they will not, and what persons want of a full one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from config.volume import Volume, WhenFull
from edge_agent.access_log import Who
from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.footage.deps import NO_CATALOGUE, FootageDeps, reason_of, who_of
from edge_agent.pages.footage.words import WHEN_FULL
from foundation.sqlite import DatabaseError
from storage.facts import WhenFullChosen
from storage.full_choice import choices
from web import figures
from web.duty import Right
from web.form import FormTexts
from web.language import Catalogue, mark
from web.login import needs, person_of
from web.nearby import address_of
from web.page import page, texts_of
from web.password import BusyError
from web.people import LockedOutError, WrongLoginError
from web.problem import NOT_ALLOWED, PageProblem

MAY_CHOOSE: Final = Right.EXPORT_FOOTAGE
"""Whoever answers for footage that leaves the school answers for footage that goes: leaders and safety officers."""
_NOTHING: Final[Mapping[str, str]] = {}


def volume_routes(deps: FootageDeps) -> APIRouter:
    """/volumes for everybody who may see how the campus stands; the choice for leaders and safety officers."""
    routes = APIRouter(prefix="/volumes", dependencies=[needs(Right.SEE_STATUS)])

    @routes.get("")
    def everything(request: Request) -> Response:
        return _page(deps, request)

    @routes.post("/{volume}/full")
    def choose(request: Request, volume: str, form: FormTexts) -> Response:
        found = next((each for each in deps.disks if each.id == volume and each.when_full is None), None)
        if found is None:
            raise HTTPException(404)
        try:
            deps.journal.append(_chosen(deps, request, found, form))
        except FieldError as wrong:
            return _page(deps, request, at=volume, errors={wrong.field: wrong.text}, values=form)
        except DatabaseError as error:
            raise PageProblem(503, NO_CATALOGUE) from error
        return RedirectResponse(f"/volumes?asked={volume}", 303)

    return routes


def _chosen(deps: FootageDeps, request: Request, volume: Volume, form: Mapping[str, str]) -> WhenFullChosen:
    texts, first, person = texts_of(request), who_of(request), person_of(request)
    if person is None or not person.duty.may(MAY_CHOOSE):
        raise PageProblem(403, NOT_ALLOWED)
    try:
        when_full = WhenFull(form.get("when_full", ""))
    except ValueError as error:
        raise FieldError("when_full", texts(mark("请选择一种"))) from error
    reason = reason_of(form, texts)
    persons = [first.signature]
    if when_full is WhenFull.OVERWRITE:
        persons.append(_second(deps, request, first, form, texts).signature)
    return WhenFullChosen(volume=volume.id, when_full=when_full, persons=tuple(persons), reason=reason)


def _second(deps: FootageDeps, request: Request, first: Who, form: Mapping[str, str], texts: Catalogue) -> Who:
    login = form.get("second", "").strip()
    if not login or login == first.login:
        raise FieldError("second", texts(mark("覆盖要两个人决定：请另一位领导或安全干部输入自己的账号")))
    try:
        token = deps.people.log_in(login, form.get("password", ""), address=address_of(request))
    except WrongLoginError as error:
        raise FieldError("password", texts(mark("账号或密码不对，请核对后再试"))) from error
    except LockedOutError as locked:
        wait = figures.duration(locked.wait_s, texts)
        raise FieldError(
            "password", texts(mark("试错太多次，请等 %(wait)s 再试。报警不受影响。"), wait=wait)
        ) from locked
    except BusyError as busy:
        raise FieldError("password", texts(mark("同时登录的人太多，请稍等再试"))) from busy
    deps.people.log_out(token)
    second = deps.people.person_by_login(login)
    if not second.duty.may(MAY_CHOOSE):
        raise FieldError("second", texts(mark("这个账号不能决定：要校领导或安全干部")))
    return Who(second.login, second.name)


def _page(
    deps: FootageDeps,
    request: Request,
    *,
    at: str = "",
    errors: Mapping[str, str] = _NOTHING,
    values: Mapping[str, str] = _NOTHING,
) -> Response:
    try:
        chosen = choices(deps.catalogue, deps.disks)
        forecasts = {forecast.volume: forecast for forecast in deps.forecasts()}
    except DatabaseError as error:
        raise PageProblem(503, NO_CATALOGUE) from error
    person = person_of(request)
    return page(
        request,
        "footage/volumes.html",
        status=422 if errors else 200,
        volumes=[(volume, forecasts.get(volume.id), chosen[volume.id]) for volume in deps.disks],
        words=WHEN_FULL,
        may_choose=person is not None and person.duty.may(MAY_CHOOSE),
        asked=request.query_params.get("asked", ""),
        at=at,
        errors=errors,
        values={"when_full": "", "reason": "", "second": "", **values},
    )
