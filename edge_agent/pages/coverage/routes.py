"""What the cameras see of the campus, on the office pages (覆盖与盲区): map, blind spots by name, a page to sign."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge_agent.pages.coverage.model import SUGGESTIONS, CoverageShown, ShownCoverage
from edge_agent.pages.coverage.words import MISSING, REMEDIES, reason_words
from foundation.short_process import ShortProcessError, WorkLimits, run_short
from web.duty import Right
from web.language import mark
from web.login import needs
from web.page import page, texts_of
from web.problem import PageProblem, Words
from web.stream import live

LIMITS: Final = WorkLimits(wall_s=60, cpu_s=60, memory_bytes=3 * 1024**3, output_bytes=64 * 1024**2, nice=5)
"""The page takes about 2 s; the memory is address space, most of it numpy's and the fonts'."""
MOST_ADDED: Final = 10
_BUSY: Final = Words(mark("别人正在算"), mark("请过一分钟再试。"))
_NO_SUGGESTION: Final = Words(mark("加装位置没有算出来"), mark("请技术员看这句话：%(why)s"))
_NO_ANSWER: Final = Words(mark("覆盖还没有算过"), mark("请先画好平面图；画好以后，摄像机巡检程序启动时就算。"))
_NO_SHEET: Final = Words(mark("签字页没有做成"), mark("请再试一次；仍不行时，请技术员看这句话：%(why)s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDeps:
    """What the pages are made of."""

    shown: ShownCoverage
    plan: Path | None
    """The plan's file, if the settings name one."""
    keep_days: int
    """How long footage is kept, for what a further camera adds."""
    inspecting: Callable[[], bool]
    """Whether the inspector runs, so that a change would be seen."""


def coverage_routes(deps: CoverageDeps) -> APIRouter:
    """/coverage for everybody who may see how the campus stands."""
    routes = APIRouter(prefix="/coverage", dependencies=[needs(Right.SEE_STATUS)])
    busy = Lock()

    @routes.get("")
    def everything(request: Request) -> Response:
        texts = texts_of(request)
        return page(
            request,
            "coverage/plan.html",
            shown=deps.shown.read() if deps.plan is not None else None,
            has_plan=deps.plan is not None,
            most=MOST_ADDED,
            inspecting=deps.inspecting(),
            version=deps.shown.version(),
            reason_of=lambda spot: reason_words(spot.reason, spot.hidden_by, texts),
            remedies=REMEDIES,
            missing_words=MISSING,
            live_url="/coverage/live",
        )

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: f"{deps.shown.version()}{deps.inspecting()}")

    @routes.get("/map.svg")
    def drawing() -> Response:
        svg = deps.shown.map_svg() if deps.plan is not None else None
        if svg is None:
            raise HTTPException(404)
        return Response(svg, media_type="image/svg+xml", headers={"cache-control": "private, no-store"})

    @routes.get("/sheet.pdf")
    def sheet() -> Response:
        shown, svg = _answer(deps), deps.shown.map_svg()
        if svg is None:
            raise PageProblem(503, _NO_SHEET, why=shown.no_map)
        order = {"values": shown.sheet, "map": svg.decode()}
        try:
            pdf = run_short("camera.coverage.sheet_process", json.dumps(order).encode(), LIMITS)
        except ShortProcessError as error:
            raise PageProblem(503, _NO_SHEET, why=str(error)) from error
        headers = {"Content-Disposition": 'inline; filename="coverage.pdf"'}
        return Response(pdf, media_type="application/pdf", headers=headers)

    @routes.get("/suggest")
    def suggestions(request: Request, count: Annotated[int, Query(ge=1, le=MOST_ADDED)] = 3) -> Response:
        shown = _answer(deps)
        order = {
            "plan": str(deps.plan),
            "poses": [pose.model_dump(mode="json") for pose in shown.poses],
            "count": count,
            "keep_days": deps.keep_days,
        }
        if not busy.acquire(blocking=False):
            raise PageProblem(503, _BUSY)
        try:
            told = run_short("camera.coverage.suggest_process", json.dumps(order).encode(), LIMITS)
        except ShortProcessError as error:
            raise PageProblem(503, _NO_SUGGESTION, why=str(error)) from error
        finally:
            busy.release()
        found = SUGGESTIONS.validate_json(told)
        return page(request, "coverage/suggest.html", found=found, keep_days=deps.keep_days, most=MOST_ADDED)

    return routes


def _answer(deps: CoverageDeps) -> CoverageShown:
    shown = deps.shown.read() if deps.plan is not None else None
    if shown is None:
        raise PageProblem(404, _NO_ANSWER)
    return shown
