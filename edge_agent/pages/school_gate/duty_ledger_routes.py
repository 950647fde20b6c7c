"""Duty of some days (值班交接台账) in the office: handovers with both signatures, gaps, patrols."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from edge_agent.pages.paper import pdf_response, spreadsheet_response
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.school_gate.duty_ledger import MOST_DAYS, duty_ledger
from edge_agent.pages.visit.ledger import days_of
from foundation.clock import beijing_day
from web.document.report import Period, Report, Table
from web.duty import Right
from web.language import mark
from web.login import needs
from web.page import page
from web.problem import PageProblem, Words

_DAYS: Final = Words(mark("看不懂这个日期"), mark("请写成 2026-11-21 这样，结束不早于开始，一次最多 93 天。"))


def duty_ledger_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/duty."""
    routes = APIRouter(prefix="/gate/duty", dependencies=[needs(Right.ARRANGE_GATE)])

    def asked(first: str, last: str) -> Period:
        try:
            period = days_of(first, last, beijing_day(deps.clock.utc_ns()))
        except ValueError as error:
            raise PageProblem(422, _DAYS) from error
        if (period.last - period.first).days >= MOST_DAYS:
            raise PageProblem(422, _DAYS)
        return period

    def report_of(request: Request, period: Period) -> Report:
        return duty_ledger(
            deps.book,
            deps.orders.path,
            period,
            school=deps.campus_name,
            now_utc_ns=deps.clock.utc_ns(),
            by=by_of(request),
        )

    @routes.get("")
    def days(request: Request, first: str = "", last: str = "") -> Response:
        period = asked(first, last)
        tables = [one for one in report_of(request, period).sections if isinstance(one, Table)]
        return page(request, "school_gate/duty_ledger.html", period=period, tables=tables)

    @routes.get("/ledger.{form}")
    def export(request: Request, form: Literal["pdf", "xlsx"], first: str = "", last: str = "") -> Response:
        period = asked(first, last)
        made = pdf_response if form == "pdf" else spreadsheet_response
        return made(report_of(request, period), f"duty-{period.first}-{period.last}.{form}")

    return routes
