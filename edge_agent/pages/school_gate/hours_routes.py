"""Gate hours and calendar (校门开放时间 校历) in the office."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.record_words import DAY_KINDS, clock_words, day_of, errors_of, minute_of_text
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from foundation.clock import beijing_day
from gate.hours import SUGGESTED, DayKind, OpenSpan, read_hours
from gate.record import RecordRefusedError
from gate.spelling import count_in
from gate.visit import Trouble
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs
from web.page import page, texts_of

_SPANS: Final = 3
"""Open times a day: morning, noon, afternoon."""
_FREE: Final = "free"


def hours_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/hours."""
    routes = APIRouter(prefix="/gate/hours", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        texts, hours = texts_of(request), read_hours(deps.orders.path)
        day = beijing_day(deps.clock.utc_ns())
        return page(
            request,
            "school_gate/hours.html",
            status=422 if errors else 200,
            laid_down=hours.laid_down,
            kinds=[(kind.value, texts(word)) for kind, word in DAY_KINDS.items()],
            free=_FREE,
            span_numbers=range(_SPANS),
            values={**_filled(hours.spans if hours.laid_down else SUGGESTED, hours.stay_minutes), **values},
            errors=errors,
            calendar=[
                (one, texts(DAY_KINDS[kind]), note) for one, (kind, note) in hours.calendar.items() if one >= day
            ],
        )

    @routes.get("")
    def laid_down(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("")
    def lay_down(request: Request, form: FormTexts) -> Response:
        texts = texts_of(request)
        try:
            spans = {kind: _spans(form, kind) for kind in DayKind}
            stay = form.get("stay_minutes", "").strip()
            minutes = count_in(stay) or 0
            deps.orders.hours.lay_down(spans, stay_minutes=minutes, by=by_of(request))
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts))
        return RedirectResponse("/gate/hours", 303)

    @routes.post("/days")
    def mark_days(request: Request, form: FormTexts) -> Response:
        texts, first = texts_of(request), day_of(form, "first")
        last = day_of(form, "last") or first
        kind = form.get("kind", "")
        if first is None or last is None:
            return show(request, form, {"first": texts(mark("请选日期"))})
        if kind not in {*DayKind, _FREE}:
            return show(request, form, {"kind": texts(mark("请选是什么日子"))})
        try:
            deps.orders.hours.mark_days(
                first,
                last,
                None if kind == _FREE else DayKind(kind),
                note=form.get("note", ""),
                by=by_of(request),
            )
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts))
        return RedirectResponse("/gate/hours", 303)

    return routes


def _spans(form: Mapping[str, str], kind: DayKind) -> tuple[OpenSpan, ...]:
    found = []
    for number in range(_SPANS):
        opens, closes = form.get(f"{kind}-{number}-opens", ""), form.get(f"{kind}-{number}-closes", "")
        if not opens.strip() and not closes.strip():
            continue
        first, last = minute_of_text(opens), minute_of_text(closes)
        if first is None or last is None:
            raise RecordRefusedError({"spans": Trouble.OUT_OF_RANGE})
        found.append(OpenSpan(first, last))
    return tuple(found)


def _filled(spans: Mapping[DayKind, tuple[OpenSpan, ...]], stay_minutes: int) -> dict[str, str]:
    values = {"stay_minutes": str(stay_minutes)}
    for kind, many in spans.items():
        for number, span in enumerate(many[:_SPANS]):
            values[f"{kind}-{number}-opens"] = clock_words(span.opens_minute)
            values[f"{kind}-{number}-closes"] = clock_words(span.closes_minute)
    return values
