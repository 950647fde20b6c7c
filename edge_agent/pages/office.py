"""The office pages (值班室页面): how the campus stands, on one screen and as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from edge_agent.pages import PACKAGE
from edge_agent.pages.answers import evidence_text, five_answers, verdict_state
from edge_agent.pages.finding_words import words_of
from edge_agent.pages.status_model import CampusStatus
from foundation.clock import Clock
from web.app import make_app
from web.language import mark
from web.page import Theme, page, texts_of
from web.stream import live

TITLE = mark("值班室")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDeps:
    """What the office pages are made of."""

    clock: Clock
    status: Callable[[], CampusStatus]
    """How everything stands; called from worker threads."""


def office_app(deps: OfficeDeps) -> FastAPI:
    """The app that the office serves."""
    return make_app(title=TITLE, theme=Theme.OFFICE, clock=deps.clock, packages=(PACKAGE,), routers=(_today(deps),))


def _today(deps: OfficeDeps) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def today(request: Request) -> Response:
        status = deps.status()
        return page(
            request,
            "office_today.html",
            {"status": status},
            answers=five_answers(status, texts_of(request)),
            words_of=words_of,
            verdict_state=verdict_state,
            evidence_text=evidence_text,
            live_url="/api/live",
        )

    @router.get("/api/status")
    def status_json() -> CampusStatus:
        return deps.status()

    @router.get("/api/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            status = deps.status().model_copy(update={"taken_at_utc_ns": 0})
            return hashlib.sha256(status.model_dump_json().encode()).hexdigest()[:16]

        return live(request, version, every_s=2.0)

    return router
