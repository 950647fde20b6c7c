"""The access log as auditors read it (录像查看记录)."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edge_agent.pages.footage.deps import NO_CATALOGUE, FootageDeps
from edge_agent.pages.footage.words import KINDS
from foundation.sqlite import DatabaseError
from web.duty import Right
from web.login import needs
from web.page import page
from web.problem import PageProblem

_PAGE: Final = 100


def access_routes(deps: FootageDeps) -> APIRouter:
    """/access: who saw or took what, when and why; `check=1` recomputes the chain."""
    routes = APIRouter(prefix="/access", dependencies=[needs(Right.SEE_AUDIT)])

    @routes.get("")
    def entries(
        request: Request,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        point: Annotated[str, Query(max_length=64)] = "",
        check: bool = False,
    ) -> Response:
        try:
            rows = deps.log.latest(limit=_PAGE, before=before, point=point)
            names = deps.points()
            verdict = deps.log.verify() if check else None
        except DatabaseError as error:
            raise PageProblem(503, NO_CATALOGUE) from error
        return page(
            request,
            "footage/access.html",
            rows=rows,
            kinds=KINDS,
            names=names,
            point=point,
            verdict=verdict,
            older=rows[-1].seq if len(rows) == _PAGE else None,
        )

    return routes
