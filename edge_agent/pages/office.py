"""The office pages (值班室页面): how the campus stands, on one screen and as JSON; who may see it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse, Response

from edge_agent.pages import PACKAGE
from edge_agent.pages.incident.routes import RunningIncident
from edge_agent.pages.incident.words import REPORTS, TIMELINESS, TIMELINESS_STATES, countdown
from edge_agent.pages.navigation import navigation
from edge_agent.pages.people.routes import IMPORT_PATH, people_routes
from edge_agent.pages.status.answers import five_answers, verdict_state
from edge_agent.pages.status.evidence import evidence_text
from edge_agent.pages.status.model import CampusStatus, VisitsStatus
from edge_agent.pages.status.remedy import remedy_of
from edge_agent.pages.status.words import ROLES
from foundation.clock import Clock
from web.app import make_app
from web.document.reading.upload import MOST_BYTES
from web.duty import Right
from web.finding_words import words_of
from web.language import mark
from web.login import LoginRequired, login_routes, needs, person_of
from web.page import Theme, page, texts_of
from web.people import PeopleBook, Person
from web.stream import live

TITLE = mark("值班室")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDeps:
    """What the office pages are made of."""

    clock: Clock
    campus_name: str
    status: Callable[[], CampusStatus]
    """How everything stands; called from worker threads."""
    people: PeopleBook
    incidents: Callable[[], Sequence[RunningIncident]] = tuple
    """Open incidents with their deadlines, for the Today page."""
    further: Sequence[APIRouter] = ()
    """Pages of other rooms."""
    hears_alarms: bool = False
    """Whether `further` has the alarms, whose calls every page then shows."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Paths that take more than a form: uploads."""


def office_app(deps: OfficeDeps) -> FastAPI:
    """The app that the office serves."""
    return make_app(
        title=TITLE,
        theme=Theme.OFFICE,
        clock=deps.clock,
        packages=(PACKAGE,),
        routers=(_today(deps), people_routes(deps.people), login_routes(deps.people), *deps.further),
        middleware=(Middleware(LoginRequired, people=deps.people),),
        frame=_frame(deps),
        body_limit_by_path={IMPORT_PATH: MOST_BYTES + 10_000, **deps.body_limits},
    )


def _frame(deps: OfficeDeps) -> Callable[[Request], dict[str, object]]:
    """What every office page shows around its own matter."""

    def frame(request: Request) -> dict[str, object]:
        person = person_of(request)

        def may(right: Right) -> bool:
            return _may(person, right)

        return ({} if person is None else {"own_layout": "office_layout.html"}) | {
            "campus_name": deps.campus_name,
            "person": person,
            "navigation": navigation(request.url.path, may),
            "hears_alarms": deps.hears_alarms,
            "may_see_status": may(Right.SEE_STATUS),
            "may_export": may(Right.EXPORT_FOOTAGE),
            "managing": may(Right.MANAGE_PEOPLE),
        }

    return frame


def _may(person: Person | None, right: Right) -> bool:
    # Nobody is logged in only on the box before the first account; accounts are then made by command.
    return right is not Right.MANAGE_PEOPLE if person is None else person.duty.may(right)


def _today(deps: OfficeDeps) -> APIRouter:
    router = APIRouter()
    seeing = [needs(Right.SEE_STATUS)]

    def status_for(request: Request) -> CampusStatus:
        status, person = deps.status(), person_of(request)
        if person is not None and not person.duty.may(Right.SEE_VISITS):
            return status.model_copy(update={"visits": VisitsStatus()})
        return status

    @router.get("/")
    def today(request: Request) -> Response:
        person = person_of(request)
        if person is not None and not person.duty.may(Right.SEE_STATUS):
            return RedirectResponse("/gate/expected", 303)  # a teacher's first page is the one with their work
        status = status_for(request)
        names = {point.id: point.name for point in status.points} | {one.id: one.name for one in status.devices}
        point_of = {point.device_id: point.id for point in reversed(status.points)}
        return page(
            request,
            "office_today.html",
            {"status": status},
            answers=five_answers(status, texts_of(request)),
            words_of=words_of,
            incidents=deps.incidents(),
            countdown=countdown,
            timeliness=TIMELINESS,
            timeliness_states=TIMELINESS_STATES,
            reports=REPORTS,
            verdict_state=verdict_state,
            evidence_of=lambda finding: evidence_text(finding.evidence, texts_of(request), names),
            remedy_of=lambda finding: remedy_of(finding, point_of, lambda right: _may(person, right)),
            role_words=ROLES,
            with_visits=person is None or person.duty.may(Right.SEE_VISITS),
            live_url="/api/live",
        )

    @router.get("/api/status", dependencies=seeing)
    def status_json(request: Request) -> CampusStatus:
        return status_for(request)

    @router.get("/api/live", dependencies=seeing)
    async def beats(request: Request) -> Response:
        def version() -> str:
            status = deps.status().model_copy(update={"taken_at_utc_ns": 0})
            late = [(one.id, [each.timeliness for each in both]) for one, both in deps.incidents()]
            return hashlib.sha256(f"{status.model_dump_json()}{late}".encode()).hexdigest()[:16]

        return live(request, version, every_s=2.0)

    return router
