"""Checkpoints and patrol times (巡查点 巡查时间) in the office, with the QR to print and hang up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.record_words import ROUNDS, clock_words, errors_of, minute_of_text
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from foundation.clock import beijing_day
from gate.patrol import PatrolPoint, read_due, read_points, read_rounds
from gate.record import RecordRefusedError, UnknownRecordError
from gate.visit import Trouble
from web.duty import Right
from web.form import FormTexts
from web.login import needs
from web.page import page, texts_of

_SHOWN_DAYS: Final = 7
_HERE: Final = ("127.0.0.1", "::1", "localhost")


def qr(text: str, *, scale: int = 6) -> Markup:
    """A QR as inline SVG; what it says is quoted by nobody, since it is drawn."""
    return Markup(segno.make(text, error="m").svg_inline(scale=scale))  # noqa: S704 - segno's own drawing


def patrol_point_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/patrol."""
    routes = APIRouter(prefix="/gate/patrol", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        texts, now = texts_of(request), deps.clock.utc_ns()
        today = beijing_day(now)
        days = [today - timedelta(days=back) for back in range(_SHOWN_DAYS)] if deps.book.exists() else []
        found = [(one, read_rounds(deps.orders.path, deps.book, one)) for one in days]
        return page(
            request,
            "school_gate/patrol_points.html",
            status=422 if errors else 200,
            points=read_points(deps.orders.path),
            due="、".join(clock_words(minute) for minute in read_due(deps.orders.path)),
            values=values,
            errors=errors,
            days=[
                (
                    one,
                    [
                        (item, ROUNDS[item.state(now)][0], texts(ROUNDS[item.state(now)][1]))
                        for item in rounds
                        if item.missing or item.scans
                    ],
                )
                for one, rounds in found
            ],
        )

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("")
    def put_up(request: Request, form: FormTexts) -> Response:
        try:
            deps.orders.patrol.put_up(form.get("name", ""), by=by_of(request))
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts_of(request)))
        return RedirectResponse("/gate/patrol", 303)

    @routes.post("/times")
    def lay_down(request: Request, form: FormTexts) -> Response:
        typed = form.get("due", "").replace("，", "、").replace(",", "、").replace(" ", "、")
        minutes = [minute_of_text(one) for one in typed.split("、") if one.strip()]
        try:
            if any(minute is None for minute in minutes):
                raise RecordRefusedError({"due": Trouble.OUT_OF_RANGE})
            deps.orders.patrol.lay_down([minute for minute in minutes if minute is not None], by=by_of(request))
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts_of(request)))
        return RedirectResponse("/gate/patrol", 303)

    @routes.get("/codes")
    def codes(request: Request) -> Response:
        points = read_points(deps.orders.path)
        here = urlsplit(deps.gatehouse_url(request)).hostname in _HERE
        return page(
            request,
            "school_gate/patrol_codes.html",
            only_here=here,
            codes=[(one, qr(_address(deps, request, one))) for one in points],
        )

    @routes.post("/{point_id}/down")
    def take_down(request: Request, point_id: str) -> Response:
        try:
            deps.orders.patrol.take_down(point_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/patrol", 303)

    return routes


def _address(deps: SchoolGateDeps, request: Request, point: PatrolPoint) -> str:
    return f"{deps.gatehouse_url(request)}/patrol/{point.code}"
