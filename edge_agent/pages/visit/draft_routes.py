"""Forms that are not finished (草稿): kept while the guard types, found again after a restart of page or agent."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.visit.deps import VisitDeps, check
from edge_agent.pages.visit.notice import notices_of
from edge_agent.pages.visit.typed import typed_visitor
from gate.query import record_of, visit_by_id
from gate.refusal_book import refusal_by_id
from web.form import FormTexts
from web.page import page

_log = structlog.get_logger("gate-draft")


def draft_routes(routes: APIRouter, deps: VisitDeps) -> None:
    """/visits/ID/draft: keeps what was typed and answers with what should be known of that person."""

    @routes.post("/{visit_id}/draft")
    def keep(request: Request, visit_id: str, form: FormTexts) -> Response:
        check(visit_id)
        station = station_of(request)
        if not _finished(deps, visit_id):
            try:
                deps.drafts.keep(station.id, visit_id, "visit", form)
                if _finished(deps, visit_id):  # while the disk took its time
                    deps.drafts.drop(station.id, visit_id)
            except OSError as error:  # a full disk: the form itself goes on
                _log.error("a draft was not kept", error=str(error))
        return page(
            request,
            "visit/visit_notices.html",
            notices=notices_of(deps, request, typed_visitor(deps.book, form), record_of(visit_id)),
        )

    @routes.post("/{visit_id}/draft/drop")
    def drop(request: Request, visit_id: str) -> Response:
        check(visit_id)
        deps.drafts.drop(station_of(request).id, visit_id)
        return RedirectResponse("/", status_code=303)


def _finished(deps: VisitDeps, visit_id: str) -> bool:
    """Whether whom the form names has come in or was refused."""
    path = deps.book.path
    return visit_by_id(path, visit_id) is not None or refusal_by_id(path, visit_id) is not None
