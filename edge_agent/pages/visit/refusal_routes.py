"""Not letting somebody in (拒绝入校): one touch for the reason, nothing else asked; remembered, undone by a touch."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.visit.deps import VisitDeps, book_words, check
from edge_agent.pages.visit.form import FIELDS, values_of, visitor_of
from edge_agent.pages.visit.notice import notices_of
from edge_agent.pages.visit.typed import FILLED_FROM, shown_again, typed_visitor
from edge_agent.pages.visit.words import REFUSALS
from foundation.ids import new_id
from gate.companion import companions_in
from gate.record import RecordRefusedError
from gate.refusal import Refusal, RefusalReason
from gate.refusal_book import refusal_by_id, refusal_record
from gate.visit import Visitor
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of

_NOBODY: Final = Visitor(name="", host="", reason="")


def refusal_routes(routes: APIRouter, deps: VisitDeps) -> None:
    """/visits/refuse, /visits/ID/refuse with what was typed so far, /visits/refused/ID."""

    @routes.get("/refuse")
    def whom(request: Request) -> Response:
        return _ask(request, new_id(), values_of(_NOBODY))

    @routes.post("/{refusal_id}/refuse")
    def with_form(request: Request, refusal_id: str, form: FormTexts) -> Response:
        check(refusal_id)
        return _ask(request, refusal_id, shown_again(form, visitor_of(form)))

    @routes.post("/{refusal_id}/refused/{reason}")
    def refuse(request: Request, refusal_id: str, reason: str, form: FormTexts) -> Response:
        check(refusal_id)
        if reason not in set(RefusalReason):
            raise HTTPException(404)
        station, visitor = station_of(request), typed_visitor(deps.book, form)
        try:
            with book_words():
                deps.book.refusals.refuse(
                    refusal_id=refusal_id,
                    gate_id=deps.gate_of(station).id,
                    guard=deps.guard_of(station),
                    visitor=visitor,
                    reason=RefusalReason(reason),
                    words=form.get("words", ""),
                    still_point=deps.gate_of(station).point,
                )
        except RecordRefusedError:
            return _ask(request, refusal_id, shown_again(form, visitor), wrong=True)
        deps.drafts.drop(station.id, refusal_id)
        notices_of(deps, request, visitor, refusal_record(refusal_id))
        return RedirectResponse(f"/visits/refused/{refusal_id}", status_code=303)

    @routes.get("/refused/{refusal_id}")
    def done(request: Request, refusal_id: str, seen: str = "") -> Response:
        """After it was written down; or `seen` from a form, to which the guard goes back."""
        check(refusal_id)
        refusal = refusal_by_id(deps.book.path, refusal_id)
        if refusal is None:
            raise HTTPException(404)
        return page(request, "visit/refused.html", refusal=refusal, names=_names(refusal), words=REFUSALS, seen=seen)

    @routes.post("/refused/{refusal_id}/undo")
    def undo(request: Request, refusal_id: str) -> Response:
        check(refusal_id)
        with book_words():
            deps.book.refusals.undo(refusal_id=refusal_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/visits/refused/{refusal_id}", status_code=303)


def _names(refusal: Refusal) -> list[str]:
    if refusal.visitor is None:
        return []
    along = companions_in(refusal.visitor.companion_names)
    return [name for name in (refusal.visitor.name, *(one.name for one in along)) if name]


def _ask(request: Request, refusal_id: str, values: dict[str, str], *, wrong: bool = False) -> Response:
    texts = texts_of(request)
    errors = {"words": texts(mark("请用几个字写明原因，最多 200 字"))} if wrong else {}
    return page(
        request,
        "visit/refuse.html",
        status=422 if wrong else 200,
        refusal_id=refusal_id,
        hidden=[(name, values.get(name, "")) for name in (*FIELDS, FILLED_FROM) if name != "name"],
        name=values.get("name", ""),
        said=values.get("words", ""),
        errors=errors,
        reasons=[(reason.value, texts(word)) for reason, word in REFUSALS.items() if reason is not RefusalReason.OTHER],
    )
