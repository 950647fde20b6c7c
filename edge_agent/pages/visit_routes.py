"""Visitors in and out (来访 离校 在校名单) on the gate page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from config.gate import Gate
from edge_agent.pages.admission_form import AdmissionForm
from edge_agent.pages.station import station_of
from edge_agent.pages.visit_form import DOCUMENTS, REASONS, errors_of, values_of, visitor_from_search, visitor_of
from foundation.clock import Clock, beijing_day
from foundation.ids import is_id, new_id
from gate.book import AlreadyInsideError, GateBook, UnknownVisitError, VisitConflictError, VisitRefusedError
from gate.query import recent_visitors, visit_by_id, visits_of_day
from gate.stations import Station
from gate.visit import Visit, masked, tidy, troubles
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of
from web.problem import PageProblem, Words

_LONGEST_SEARCH: Final = 60
_NOTHING: Final[Mapping[str, str]] = {}
_CONFLICT: Final = Words(mark("这条登记已经是另一种状态，没有改动"), mark("请返回首页看当前的在校名单，再操作一次。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDeps:
    """What the visitor pages are made of."""

    clock: Clock
    book: GateBook
    gate_of: Callable[[Station], Gate]
    guard_of: Callable[[Station], str]
    admission: AdmissionForm
    """What holds at the gate now: hours, measures, invitations."""


def visit_routes(deps: VisitDeps) -> APIRouter:
    """Routes of the gate book."""
    routes = APIRouter(prefix="/visits")
    _signing_in(routes, deps)
    _signing_out(routes, deps)
    _lists(routes, deps)
    return routes


def _signing_in(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/new")
    def who(request: Request, q: str = "") -> Response:
        asked = q.strip()[:_LONGEST_SEARCH]
        invited = deps.admission.invited(asked)
        if invited is not None:
            return RedirectResponse(f"/visits/form?expected={invited.id}", status_code=303)
        found = deps.book.search(asked) if asked else recent_visitors(deps.book.path)
        return page(request, "visit_who.html", found=found, asked=asked, masked=masked)

    @routes.get("/form")
    def empty_form(
        request: Request, again: str = "", typed: str = "", vehicle: bool = False, expected: str = ""
    ) -> Response:
        visitor = visitor_from_search(typed[:_LONGEST_SEARCH])
        guest = deps.admission.visitor(expected, deps.clock.utc_ns()) if expected else None
        if guest is not None:
            visitor = guest
        if again:
            visit = _known(deps.book, again)
            if visit.visitor is not None:
                # What was true of that day only is asked anew.
                visitor = replace(visit.visitor, carried="", companions=0, document_note="")
        return _form(
            request,
            deps,
            visit_id=new_id(),
            values=values_of(visitor) | {"expected": expected},
            again=bool(again) or guest is not None,
            vehicle=vehicle,
        )

    @routes.post("/{visit_id}")
    def sign_in(request: Request, visit_id: str, form: FormTexts) -> Response:
        _check(visit_id)
        return _sign_in(request, deps, visit_id, form)


def _sign_in(request: Request, deps: VisitDeps, visit_id: str, form: dict[str, str]) -> Response:
    visitor, station, now = visitor_of(form), station_of(request), deps.clock.utc_ns()
    admission = deps.admission.admission(form, now)
    # A request that comes twice, after the gate has closed meanwhile, is answered as the first time.
    written = visit_by_id(deps.book.path, visit_id) is not None
    asked = {} if written else deps.admission.errors(admission, now, texts_of(request))
    try:
        if asked:
            raise VisitRefusedError(troubles(tidy(visitor)))
        deps.book.sign_in(
            visit_id=visit_id,
            gate_id=deps.gate_of(station).id,
            guard=deps.guard_of(station),
            visitor=visitor,
            admission=admission,
        )
    except VisitRefusedError as refused:
        errors = errors_of(refused.troubles, texts_of(request)) | asked
        return _form(request, deps, visit_id=visit_id, values=form | values_of(visitor), errors=errors)
    except AlreadyInsideError as already:
        return page(
            request,
            "visit_already_inside.html",
            status=409,
            visit=already.visit,
            new_id=new_id,
        )
    except VisitConflictError as conflict:
        raise PageProblem(409, _CONFLICT) from conflict
    return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)


def _signing_out(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/leave")
    def who_leaves(request: Request) -> Response:
        return page(request, "visit_leave.html", new_id=new_id)

    @routes.post("/{visit_id}/leave/{departure_id}")
    def sign_out(request: Request, visit_id: str, departure_id: str) -> Response:
        _check(visit_id, departure_id)
        station = station_of(request)
        with _book_words():
            deps.book.sign_out(
                visit_id=visit_id,
                departure_id=departure_id,
                gate_id=deps.gate_of(station).id,
                guard=deps.guard_of(station),
            )
        return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)

    @routes.post("/{visit_id}/undo/{what}")
    def undo(request: Request, visit_id: str, what: Literal["in", "out"]) -> Response:
        # Which of the two is said by the page: a touch that comes twice must not undo the sign-in as well.
        _check(visit_id)
        guard = deps.guard_of(station_of(request))
        with _book_words():
            if what == "out":
                deps.book.undo_sign_out(visit_id=visit_id, guard=guard)
            else:
                deps.book.undo_sign_in(visit_id=visit_id, guard=guard)
        return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)


def _lists(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/inside")
    def roll_call(request: Request) -> Response:
        today = visits_of_day(deps.book.path, beijing_day(deps.clock.utc_ns()))
        return page(request, "visit_inside.html", today=today, masked=masked)

    @routes.get("/{visit_id}/done")
    def done(request: Request, visit_id: str) -> Response:
        return page(request, "visit_done.html", visit=_known(deps.book, visit_id))


def _form(
    request: Request,
    deps: VisitDeps,
    *,
    visit_id: str,
    values: Mapping[str, str],
    errors: Mapping[str, str] = _NOTHING,
    again: bool = False,
    vehicle: bool = False,
) -> Response:
    texts = texts_of(request)
    return page(
        request,
        "visit_form.html",
        status=422 if errors else 200,
        visit_id=visit_id,
        values=values,
        errors=errors,
        again=again,
        vehicle=vehicle,
        documents=[(kind.value, texts(word)) for kind, word in DOCUMENTS],
        reasons=[(reason, texts(reason)) for reason in REASONS],
        reason_listed=values["reason"] in REASONS,
        admission=deps.admission.asked(values, deps.clock.utc_ns()),
    )


def _known(book: GateBook, visit_id: str) -> Visit:
    _check(visit_id)
    visit = visit_by_id(book.path, visit_id)
    if visit is None:
        raise HTTPException(404)
    return visit


def _check(*ids: str) -> None:
    if not all(is_id(one) for one in ids):
        raise HTTPException(404)


@contextmanager
def _book_words() -> Iterator[None]:
    try:
        yield
    except UnknownVisitError as unknown:
        raise HTTPException(404) from unknown
    except VisitConflictError as conflict:
        raise PageProblem(409, _CONFLICT) from conflict
