"""Line tests on the office pages (报警线路演练): what is due, arming, running live, filed; sheets to print and sign."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alarms.drill import Result
from alarms.drill_rows import drills_version, find_drill
from config.every import Every, span_of
from edge_agent.pages.as_json import wants_json
from edge_agent.pages.drill.model import drill_view, drills_view
from edge_agent.pages.drill.plan import DrillPlan
from edge_agent.pages.drill.sheet import drill_sheet
from edge_agent.pages.drill.words import (
    EVERY,
    RESULT_STATES,
    RESULTS,
    STANDING_STATES,
    STANDINGS,
    after,
    steps_of,
)
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.paper import sheet_response
from foundation.clock import beijing_day
from foundation.ids import is_id
from foundation.sqlite import DatabaseError
from web.document.report import Report
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import PageProblem, Words
from web.stream import live

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_NO_ALARMS: Final = Words(mark("读不到报警记录"), mark("请先启动门卫室程序；还不行就请技术人员看本机硬盘。"))
_NO_GATEHOUSE: Final = Words(mark("门卫室程序没有应答，演练没有布置"), mark("请先看门卫室程序是否在运行，再布置一次。"))
_REFUSED: Final = Words(mark("演练没有布置"), mark("门卫室程序说：%(why)s"))
_TAKEN: Final = Words(
    mark("%(who)s 已给这个按钮布置了演练"), mark("请等那一次按下或到时，再布置。现在按下算那一次演练。")
)


class ArmRefusedError(Exception):
    """The gatehouse did not arm it; the message says why."""


class NoGatehouseError(Exception):
    """The gatehouse did not answer."""


@dataclass(frozen=True, slots=True)
class DrillDeps:
    """What the pages of line tests are made of."""

    plan: DrillPlan
    arm: Callable[[str, str], None]
    """Arm an input in a person's name. Raises ArmRefusedError, NoGatehouseError."""


def drill_routes(deps: DrillDeps) -> APIRouter:
    """/drills for everybody who may see how the campus stands; arming for who may arm."""
    routes = APIRouter(prefix="/drills", dependencies=[needs(Right.SEE_STATUS)])
    _list(routes, deps)
    _arm(routes, deps)
    _sheet(routes, deps)
    _one(routes, deps)  # last, for its path takes any name
    return routes


def _frame(request: Request, deps: DrillDeps) -> dict[str, object]:
    person, texts = person_of(request), texts_of(request)
    return {
        "may_arm": person is not None and person.duty.may(Right.ARM_DRILL),
        "result_of": deps.plan.result,
        "name_of": deps.plan.name_of,
        "results": RESULTS,
        "result_states": RESULT_STATES,
        "standings": STANDINGS,
        "standing_states": STANDING_STATES,
        "every_words": EVERY,
        "steps_of": lambda drill: steps_of(drill, texts),
        "after": lambda milliseconds: after(milliseconds, texts),
    }


def _month(deps: DrillDeps, text: str) -> tuple[date, date, date]:
    """First and last day of a month, and the day after; this month for ''. Raises HTTPException."""
    found = _MONTH.fullmatch(text)
    if text and found is None:
        raise HTTPException(400)
    day = date(int(found[1]), int(found[2]), 1) if found else beijing_day(deps.plan.clock.utc_ns())
    span = span_of(Every.MONTH, day)
    return span.first, span.last, span.last + timedelta(days=1)


def _list(routes: APIRouter, deps: DrillDeps) -> None:
    @routes.get("", response_model=None)
    def everything(request: Request, month: str = "") -> Response:
        first, _, end = _month(deps, month)
        try:
            plan, running, filed = deps.plan.rows(), deps.plan.running(), deps.plan.filed(first, end)
        except DatabaseError as error:
            raise PageProblem(503, _NO_ALARMS) from error
        if wants_json(request):
            return JSONResponse(drills_view(deps.plan, plan, running, filed).model_dump(mode="json"))
        armed = {drill.input_id: drill for drill in running if deps.plan.result(drill) is Result.ARMED}
        return page(
            request,
            "drill/list.html",
            _frame(request, deps),
            plan=plan,
            running=running,
            armed=armed,
            filed=filed,
            month=f"{first:%Y-%m}",
            earlier=f"{first - timedelta(days=1):%Y-%m}",
            later=f"{end:%Y-%m}" if end <= beijing_day(deps.plan.clock.utc_ns()) else "",
            live_url="/drills/live",
        )

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            try:
                running = [deps.plan.result(drill) for drill in deps.plan.running()]
                return f"{drills_version(deps.plan.alarms)} {running}"
            except DatabaseError:
                return "unread"

        return live(request, version, every_s=0.5)


def _arm(routes: APIRouter, deps: DrillDeps) -> None:
    @routes.post("/arm", dependencies=[needs(Right.ARM_DRILL)])
    def arm(request: Request, form: FormTexts) -> Response:
        person, input_id = signer(request), form.get("input", "")
        if input_id not in {item.id for item in deps.plan.inputs}:
            raise HTTPException(404)
        try:
            deps.arm(input_id, person)
        except NoGatehouseError as error:
            raise PageProblem(503, _NO_GATEHOUSE) from error
        except ArmRefusedError as refused:
            held = next((one for one in deps.plan.running() if one.input_id == input_id), None)
            if held is not None:
                raise PageProblem(409, _TAKEN, who=held.person) from refused
            raise PageProblem(409, _REFUSED, why=str(refused)) from refused
        return RedirectResponse("/drills", 303)


def _sheet(routes: APIRouter, deps: DrillDeps) -> None:
    @routes.get("/sheet.{form}")
    def sheet(form: str, month: str = "") -> Response:
        first, last, end = _month(deps, month)
        try:
            report: Report = drill_sheet(deps.plan, first, last, end)
        except DatabaseError as error:
            raise PageProblem(503, _NO_ALARMS) from error
        return sheet_response(report, f"line-tests-{first:%Y-%m}", form)


def _one(routes: APIRouter, deps: DrillDeps) -> None:
    @routes.get("/{drill_id}", response_model=None)
    def one(request: Request, drill_id: str) -> Response:
        try:
            drill = find_drill(deps.plan.alarms, drill_id) if is_id(drill_id) else None
        except DatabaseError as error:
            raise PageProblem(503, _NO_ALARMS) from error
        if drill is None:
            raise HTTPException(404)
        if wants_json(request):
            return JSONResponse(drill_view(deps.plan, drill).model_dump(mode="json"))
        return page(request, "drill/one.html", _frame(request, deps), drill=drill, live_url="/drills/live")
