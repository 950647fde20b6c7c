"""Badges (胸牌): printed by the browser, with a QR that a scanner types at the gate for leaving."""

from __future__ import annotations

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from edge_agent.pages.visit.deps import VisitDeps, known
from web.page import page


def badge_routes(routes: APIRouter, deps: VisitDeps) -> None:
    """/visits/ID/badge."""

    @routes.get("/{visit_id}/badge")
    def badge(request: Request, visit_id: str) -> Response:
        visit = known(deps.book, visit_id)
        code = segno.make(deps.book.badge_code(visit), error="m")
        drawing = Markup(code.svg_inline(omitsize=True))  # noqa: S704 - segno's own drawing
        return page(request, "visit/badge.html", visit=visit, drawing=drawing)
