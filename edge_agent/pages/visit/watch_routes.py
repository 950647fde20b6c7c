"""Comparing somebody with the watchlist (核对): a page the guard opens by a touch, with the silent alarm on it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.visit.deps import VisitDeps, check
from edge_agent.pages.visit.words import CERTAINTIES
from foundation.ids import new_id
from gate.watch import Certainty
from gate.watch_book import watch_picture, watched_by_id
from web.page import page, texts_of


def watch_routes(routes: APIRouter, deps: VisitDeps) -> None:
    """/visits/check/ID and the silent press."""

    @routes.get("/check/{watch_id}")
    def one(request: Request, watch_id: str, how: str = "", along: str = "", back: str = "") -> Response:
        check(watch_id, *([back] if back else []))
        entry = watched_by_id(deps.orders, watch_id)
        if entry is None:
            raise HTTPException(404)
        certainty = CERTAINTIES[Certainty(how)] if how in set(Certainty) else ""
        return page(
            request,
            "visit/check.html",
            entry=entry,
            how=texts_of(request)(certainty) if certainty else "",
            along=along,
            back=back,
            silent_id=new_id() if deps.has_silent(station_of(request)) else "",
        )

    @routes.get("/check/{watch_id}/picture.jpg")
    def picture(watch_id: str) -> Response:
        check(watch_id)
        found = watch_picture(deps.orders, watch_id)
        if found is None:
            raise HTTPException(404)
        return Response(found, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @routes.post("/silent/{press_id}")
    def silent(request: Request, press_id: str) -> Response:
        check(press_id)
        if not deps.silent_press(station_of(request), press_id):
            raise HTTPException(404)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"pressed": press_id}, status_code=202)
        return RedirectResponse("/", status_code=303)  # nothing that could be read from outside
