"""The gate book in the office (来访台账): some days, one record, whole numbers for a reason, and paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.paper import pdf_response, spreadsheet_response
from edge_agent.pages.record_words import errors_of
from edge_agent.pages.school_gate.deps import SchoolGateDeps
from edge_agent.pages.visit.ledger import TooMuchError, days_of, ledger
from edge_agent.pages.visit.record import RecordView, record_view
from edge_agent.pages.visit.words import LOOKS, REFUSALS, STEPS, VEHICLES
from foundation.clock import beijing_day
from foundation.ids import is_id
from gate.admission import read_admission
from gate.facts import ErasureAsked
from gate.history import history_of
from gate.look import Look, LookKind, read_looks
from gate.query import visits_between
from gate.record import RecordRefusedError
from gate.refusal_book import refusals_between
from gate.still import read_still
from gate.vehicle_book import vehicles_between
from gate.visit import masked
from web.document.report import Period
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.people import Person
from web.problem import NOT_ALLOWED, PageProblem, Words

_NOTHING: Final[Mapping[str, str]] = {}
_SHOWN: Final = 2_000
_LOOKS_SHOWN: Final = 100
_WHO: Final = Words(mark("要先登录"), mark("看全号码和导出都要写明是谁，请用自己的账号登录。"))
_DAYS: Final = Words(mark("看不懂这个日期"), mark("请写成 2026-11-21 这样，结束不早于开始。"))
_TOO_MUCH: Final = Words(mark("内容太多，没有导出"), mark("请缩短时段，分几次导出。"))


def visit_book_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/book for who may see visits."""
    routes = APIRouter(prefix="/gate/book", dependencies=[needs(Right.SEE_VISITS)])
    _days(routes, deps)
    _records(routes, deps)
    return routes


def look_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/looks: who saw or took what, for who audits."""
    routes = APIRouter(prefix="/gate/looks", dependencies=[needs(Right.SEE_AUDIT)])

    @routes.get("")
    def looks(request: Request, before: int | None = None) -> Response:
        rows = read_looks(deps.orders.path, limit=_LOOKS_SHOWN, before=before)
        older = rows[-1].seq if len(rows) == _LOOKS_SHOWN else None
        return page(request, "visit/looks.html", rows=rows, kinds=LOOKS, older=older)

    return routes


def _days(routes: APIRouter, deps: SchoolGateDeps) -> None:
    def show(request: Request, period: Period, errors: Mapping[str, str]) -> Response:
        path, there = deps.book, deps.book.exists()
        return page(
            request,
            "visit/book.html",
            status=422 if errors else 200,
            errors=errors,
            period=period,
            visits=visits_between(path, period.first, period.last, _SHOWN) if there else (),
            vehicles=vehicles_between(path, period.first, period.last, _SHOWN) if there else (),
            refusals=refusals_between(path, period.first, period.last, _SHOWN) if there else (),
            gates=deps.gate_names,
            masked=masked,
            refusal_words=REFUSALS,
            vehicle_words=VEHICLES,
            may_reveal=_may_reveal(request),
        )

    def asked(first: str, last: str) -> Period:
        try:
            return days_of(first, last, beijing_day(deps.clock.utc_ns()))
        except ValueError as error:
            raise PageProblem(422, _DAYS) from error

    @routes.get("")
    def days(request: Request, first: str = "", last: str = "") -> Response:
        return show(request, asked(first, last), _NOTHING)

    @routes.post("/export")
    def export(request: Request, form: FormTexts) -> Response:
        """Whole numbers only for who may, with a reason; each export is written down before it is made."""
        period, person = asked(form.get("first", ""), form.get("last", "")), _person(request)
        whole = form.get("whole") == "yes"
        if whole and not person.duty.may(Right.REVEAL_VISITOR):
            raise PageProblem(403, NOT_ALLOWED)
        reason = form.get("reason", "") if whole else form.get("reason", "").strip() or "台账导出（号码遮盖）"
        kind = LookKind.EXPORT_WHOLE if whole else LookKind.EXPORT
        try:
            _note(deps, kind, f"{period.first}/{period.last}", person, reason)
            report = ledger(
                deps.book,
                period,
                school=deps.campus_name,
                gates=deps.gate_names,
                made_at_utc_ns=deps.clock.utc_ns(),
                by=person.name,
                whole=whole,
            )
        except RecordRefusedError as refused:
            return show(request, period, errors_of(refused, texts_of(request)))
        except TooMuchError as error:
            raise PageProblem(413, _TOO_MUCH) from error
        name = f"visits-{period.first}-{period.last}"
        if form.get("form") == "pdf":
            return pdf_response(report, f"{name}.pdf")
        return spreadsheet_response(report, f"{name}.xlsx")


def _records(routes: APIRouter, deps: SchoolGateDeps) -> None:
    def show(
        request: Request, record_id: str, errors: Mapping[str, str] = _NOTHING, look: Look | None = None
    ) -> Response:
        view = _view(deps, request, record_id, whole=look is not None)
        return page(
            request,
            "visit/record.html",
            status=422 if errors else 200,
            view=view,
            look=look,
            errors=errors,
            steps=history_of(deps.book, record_id),
            words=STEPS,
            may_reveal=_may_reveal(request),
            may_erase=_may_erase(request),
        )

    @routes.get("/{kind}/{row_id}")
    def one(request: Request, kind: str, row_id: str) -> Response:
        return show(request, _record(kind, row_id))

    @routes.post("/{kind}/{row_id}/reveal")
    def reveal(request: Request, kind: str, row_id: str, form: FormTexts) -> Response:
        record_id, person = _record(kind, row_id), _person(request)
        if not person.duty.may(Right.REVEAL_VISITOR):
            raise PageProblem(403, NOT_ALLOWED)
        _view(deps, request, record_id, whole=False)
        try:
            look = _note(deps, LookKind.REVEAL, record_id, person, form.get("reason", ""))
        except RecordRefusedError as refused:
            return show(request, record_id, errors_of(refused, texts_of(request)))
        return show(request, record_id, look=look)

    @routes.get("/{kind}/{row_id}/still.jpg")
    def still(request: Request, kind: str, row_id: str, look: str = "") -> Response:
        record_id, person = _record(kind, row_id), _person(request)
        if not deps.orders.looks.allows(look, record_id, person.login):
            raise PageProblem(403, NOT_ALLOWED)
        picture = read_still(deps.book, record_id)
        if picture is None:
            raise HTTPException(404)
        return Response(picture.jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @routes.post("/{kind}/{row_id}/erase")
    def erase(request: Request, kind: str, row_id: str, form: FormTexts) -> Response:
        record_id, person = _record(kind, row_id), _person(request)
        if not _may_erase(request):
            raise PageProblem(403, NOT_ALLOWED)
        _view(deps, request, record_id, whole=False)
        try:
            look = _note(deps, LookKind.ERASE, record_id, person, form.get("erase_reason", ""))
        except RecordRefusedError as refused:
            errors = {f"erase_{name}": words for name, words in errors_of(refused, texts_of(request)).items()}
            return show(request, record_id, errors)
        terms = read_admission(deps.book, record_id)
        if terms is not None and terms.expected_id:
            deps.orders.expected.erase(terms.expected_id, reason=f"{person.login} 要求删除")
        deps.tell(ErasureAsked(record=record_id, by=person.login), look.id)
        return RedirectResponse(f"/gate/book/{kind}/{row_id}?asked=1", 303)


def _record(kind: str, row_id: str) -> str:
    if kind not in ("visit", "vehicle", "refusal") or not is_id(row_id):
        raise HTTPException(404)
    return f"{kind}:{row_id}"


def _view(deps: SchoolGateDeps, request: Request, record_id: str, *, whole: bool) -> RecordView:
    view = record_view(deps.book, record_id, texts_of(request), whole=whole) if deps.book.exists() else None
    if view is None:
        raise HTTPException(404)
    return view


def _note(deps: SchoolGateDeps, kind: LookKind, record_id: str, person: Person, reason: str) -> Look:
    return deps.orders.looks.note(kind, record_id, login=person.login, name=person.name, reason=reason)


def _person(request: Request) -> Person:
    person = person_of(request)
    if person is None:  # a look without a person is none
        raise PageProblem(401, _WHO)
    return person


def _may_reveal(request: Request) -> bool:
    person = person_of(request)
    return person is not None and person.duty.may(Right.REVEAL_VISITOR)


def _may_erase(request: Request) -> bool:
    person = person_of(request)
    return person is not None and person.duty.may(Right.REVEAL_VISITOR) and person.duty.may(Right.MANAGE_PEOPLE)
