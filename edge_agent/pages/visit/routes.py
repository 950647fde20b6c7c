"""Visitors in and out (来访 离校 在校名单) on the gate page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.visit.badge_routes import badge_routes
from edge_agent.pages.visit.deps import CONFLICT, VisitDeps, book_words, check, known
from edge_agent.pages.visit.draft_routes import draft_routes
from edge_agent.pages.visit.form import DOCUMENTS, REASONS, errors_of, values_of, visitor_from_search, visitor_of
from edge_agent.pages.visit.notice import NONE, notices_of
from edge_agent.pages.visit.refusal_routes import refusal_routes
from edge_agent.pages.visit.typed import masked_values, shown_again, typed_visitor
from edge_agent.pages.visit.watch_routes import watch_routes
from foundation.clock import beijing_day
from foundation.ids import new_id
from gate.admission import Confirmation
from gate.book import AlreadyInsideError, VisitConflictError, VisitRefusedError
from gate.host import meant_by
from gate.host_ask import latest_ask
from gate.query import inside_now, recent_visitors, record_of, visit_by_id, visits_of_day
from gate.record import RecordRefusedError
from gate.spelling import tidy_text
from gate.visit import Visit, masked, tidy, troubles
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of
from web.problem import PageProblem

_LONGEST_SEARCH: Final = 60
_NOTHING: Final[Mapping[str, str]] = {}


def visit_routes(deps: VisitDeps) -> APIRouter:
    """Routes of the gate book."""
    routes = APIRouter(prefix="/visits")
    badge_routes(routes, deps)
    draft_routes(routes, deps)
    refusal_routes(routes, deps)
    watch_routes(routes, deps)
    _signing_in(routes, deps)
    _correcting(routes, deps)
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
        scanned = deps.book.visit_of_code(asked)
        if scanned is not None:
            return page(request, "visit/scanned.html", visit=scanned, departure_id=new_id())
        found = deps.book.search(asked) if asked else recent_visitors(deps.book.path)
        refused = {visit.id for visit in found if visit.visitor and _refused_for_sure(deps, visit)}
        return page(request, "visit/who.html", found=found, asked=asked, masked=masked, refused=refused)

    @routes.get("/form")
    def empty_form(request: Request, again: str = "", typed: str = "", expected: str = "", draft: str = "") -> Response:
        if draft:
            kept = deps.drafts.find(station_of(request).id, draft)
            if kept is None:
                return RedirectResponse("/", status_code=303)
            values = values_of(visitor_of(kept.texts)) | dict(kept.texts)
            return _form(request, deps, visit_id=draft, values=values, kept=True)
        visitor = visitor_from_search(typed[:_LONGEST_SEARCH])
        guest = deps.admission.visitor(expected, deps.clock.utc_ns()) if expected else None
        if guest is not None:
            visitor = guest
        if again:
            visit = known(deps.book, again)
            if visit.visitor is not None:
                # What was true of that day only is asked anew.
                visitor = replace(visit.visitor, carried="", companions=0, companion_names="", document_note="")
        return _form(
            request,
            deps,
            visit_id=new_id(),
            values=(masked_values(visitor, again) if again else values_of(visitor)) | {"expected": expected},
            again=bool(again) or guest is not None,
        )

    @routes.post("/{visit_id}")
    def sign_in(request: Request, visit_id: str, form: FormTexts) -> Response:
        check(visit_id)
        return _sign_in(request, deps, visit_id, form)

    @routes.post("/{visit_id}/ask")
    def ask_host(request: Request, visit_id: str, form: FormTexts) -> Response:
        check(visit_id)
        station, visitor = station_of(request), typed_visitor(deps.book, form)
        meant = meant_by(visitor.host, deps.admission.hosts())
        if len(meant) > 1:
            names = "、".join(one.label for one in meant)
            errors = {"host": texts_of(request)(mark("名册里有：%(names)s。请点其中一位"), names=names)}
            return _form(request, deps, visit_id=visit_id, values=shown_again(form, visitor), errors=errors)
        if meant:
            form = form | {"host": meant[0].label}
            visitor = replace(visitor, host=meant[0].label)
        try:
            # What was typed waits for the answer as a draft does; without one nothing is asked and nothing is lost.
            deps.drafts.keep(station.id, visit_id, "visit", form)
            deps.book.asks.ask(
                visit_id=visit_id,
                gate_id=deps.gate_of(station).id,
                guard=deps.guard_of(station),
                visitor=visitor,
                staff_id=meant[0].staff_id if meant else "",
            )
        except RecordRefusedError as refused:
            errors = errors_of(refused.troubles, texts_of(request))
            return _form(request, deps, visit_id=visit_id, values=shown_again(form, visitor), errors=errors)
        return RedirectResponse(f"/visits/form?draft={visit_id}", status_code=303)


def _sign_in(request: Request, deps: VisitDeps, visit_id: str, form: dict[str, str]) -> Response:
    visitor, station, now = typed_visitor(deps.book, form), station_of(request), deps.clock.utc_ns()
    admission = deps.admission.admission(form, now)
    # A request that comes twice, after the gate has closed meanwhile, is answered as the first time.
    written = visit_by_id(deps.book.path, visit_id) is not None
    answered = latest_ask(deps.book.path, deps.orders, visit_id, now)
    if answered and answered.answer and answered.answer.welcome and answered.host == tidy(visitor).host:
        admission = replace(admission, confirmation=Confirmation.PAGE, confirmed_by=answered.answer.by_name)
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
            still_point=deps.gate_of(station).point,
        )
    except VisitRefusedError as refused:
        errors = errors_of(refused.troubles, texts_of(request)) | asked
        return _form(request, deps, visit_id=visit_id, values=shown_again(form, visitor), errors=errors)
    except AlreadyInsideError as already:
        return page(
            request,
            "visit/already_inside.html",
            status=409,
            visit=already.visit,
            new_id=new_id,
        )
    except VisitConflictError as conflict:
        raise PageProblem(409, CONFLICT) from conflict
    deps.drafts.drop(station.id, visit_id)
    notices_of(deps, request, visitor, record_of(visit_id))
    return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)


def _correcting(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/{visit_id}/correct")
    def correct_form(request: Request, visit_id: str) -> Response:
        visit = known(deps.book, visit_id)
        if visit.visitor is None:
            raise PageProblem(409, CONFLICT)
        return _form(request, deps, visit_id=visit_id, values=masked_values(visit.visitor, visit_id), correcting=True)

    @routes.post("/{visit_id}/correct")
    def correct(request: Request, visit_id: str, form: FormTexts) -> Response:
        visitor, texts = typed_visitor(deps.book, form), texts_of(request)
        why = tidy_text(form.get("correction_reason", ""))
        check(visit_id)
        missing = {} if why else {"correction_reason": texts(mark("这一项要填"))}
        try:
            if missing:
                raise VisitRefusedError(troubles(tidy(visitor)))
            with book_words():
                deps.book.correct(
                    visit_id=visit_id, guard=deps.guard_of(station_of(request)), visitor=visitor, reason=why[:200]
                )
        except VisitRefusedError as refused:
            errors = errors_of(refused.troubles, texts) | missing
            return _form(
                request, deps, visit_id=visit_id, values=shown_again(form, visitor), errors=errors, correcting=True
            )
        return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)


def _signing_out(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/leave")
    def who_leaves(request: Request) -> Response:
        return page(request, "visit/leave.html", new_id=new_id, inside=inside_now(deps.book.path))

    @routes.post("/{visit_id}/leave/{departure_id}")
    def sign_out(request: Request, visit_id: str, departure_id: str) -> Response:
        check(visit_id, departure_id)
        station = station_of(request)
        with book_words():
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
        check(visit_id)
        guard = deps.guard_of(station_of(request))
        with book_words():
            if what == "out":
                deps.book.undo_sign_out(visit_id=visit_id, guard=guard)
            else:
                deps.book.undo_sign_in(visit_id=visit_id, guard=guard)
        return RedirectResponse(f"/visits/{visit_id}/done", status_code=303)


def _lists(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/inside")
    def roll_call(request: Request) -> Response:
        today = visits_of_day(deps.book.path, beijing_day(deps.clock.utc_ns()))
        return page(request, "visit/inside.html", today=today, masked=masked, inside=inside_now(deps.book.path))

    @routes.get("/{visit_id}")
    def again(visit_id: str) -> Response:
        """A form that came back with mistakes, asked for anew: what was typed is kept as a draft."""
        check(visit_id)
        there = visit_by_id(deps.book.path, visit_id) is not None
        return RedirectResponse(f"/visits/{visit_id}/done" if there else f"/visits/form?draft={visit_id}", 303)

    @routes.get("/{visit_id}/done")
    def done(request: Request, visit_id: str) -> Response:
        visit = known(deps.book, visit_id)
        notices = (
            notices_of(deps, request, visit.visitor, record_of(visit_id)) if visit.visitor and visit.inside else NONE
        )
        return page(request, "visit/done.html", visit=visit, notices=notices)


def _refused_for_sure(deps: VisitDeps, visit: Visit) -> bool:
    """Whoever came along that day need not stand there now."""
    if visit.visitor is None:
        return False
    return any(hit.certain for hit in deps.book.refused_before(replace(visit.visitor, companion_names="")))


def _form(
    request: Request,
    deps: VisitDeps,
    *,
    visit_id: str,
    values: Mapping[str, str],
    errors: Mapping[str, str] = _NOTHING,
    again: bool = False,
    kept: bool = False,
    correcting: bool = False,
) -> Response:
    texts, now = texts_of(request), deps.clock.utc_ns()
    return page(
        request,
        "visit/form.html",
        status=422 if errors else 200,
        visit_id=visit_id,
        values=values,
        errors=errors,
        again=again,
        kept=kept,
        correcting=correcting,
        notices=notices_of(deps, request, typed_visitor(deps.book, values), record_of(visit_id)),
        documents=[(kind.value, texts(word)) for kind, word in DOCUMENTS],
        reasons=[(reason, texts(reason)) for reason in REASONS],
        reason_listed=values["reason"] in REASONS,
        admission=deps.admission.asked(values, now),
        asked_host=latest_ask(deps.book.path, deps.orders, visit_id, now),
    )
