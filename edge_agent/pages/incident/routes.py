"""Incidents on the office pages (突发事件): list, one with its countdowns and timeline, what persons do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from config.campus import Campus
from config.incident_reports import IncidentReports
from edge_agent.pages.as_json import wants_json
from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.incident.form import OvertakenError, grade_of, incident_words, kind_of, number_of, said_of
from edge_agent.pages.incident.model import file_view, incident_view
from edge_agent.pages.incident.report import incident_register
from edge_agent.pages.incident.words import (
    GRADES,
    KINDS,
    REPORTS,
    SORTS,
    SOURCES,
    STAGES,
    TIMELINESS,
    TIMELINESS_STATES,
    IncidentWords,
    countdown,
    incident_state,
)
from edge_agent.pages.paper import sheet_response
from foundation.clock import NS_PER_S, Clock, beijing
from foundation.ids import is_id, new_id
from safety.incident import Incident, IncidentFile, IncidentGrade, IncidentKind
from safety.incident_deadline import Deadline, Limits, Moment, deadlines
from safety.incident_ledger import IncidentLedger
from safety.incident_query import (
    closed_incidents,
    incident_file,
    incidents_between,
    incidents_version,
    open_incidents,
)
from web.duty import Right
from web.form import FormTexts
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem
from web.stream import live

_NOTHING: Final[Mapping[str, str]] = {}
_FOR_ALL: Final = frozenset({"note"})
_ACTIONS: Final = frozenset({"classify", "note", "correct", "phone", "submit", "close", "false-alarm", "reopen"})
"""Whoever is logged in may add to the timeline; the rest is for who answers for incidents."""


RunningIncident = tuple[Incident, tuple[Deadline, Deadline]]
"""An open incident and how it stands with its two deadlines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDeps:
    """What the incident pages are made of."""

    clock: Clock
    ledger: IncidentLedger
    limits: Limits
    reports: IncidentReports
    campus: Campus

    def deadlines(self, incident: Incident) -> tuple[Deadline, Deadline]:
        """Both deadlines as they stand now."""
        return deadlines(incident, self.limits, Moment.of(self.clock))

    def running(self) -> tuple[RunningIncident, ...]:
        """Open incidents with their deadlines, for the Today page; quiet ones stand on no page by themselves."""
        found = (incident for incident in open_incidents(self.ledger.path) if not incident.quiet)
        return tuple((incident, self.deadlines(incident)) for incident in found)


def incident_routes(deps: IncidentDeps) -> APIRouter:
    """/incidents for everybody who may see how the campus stands."""
    routes = APIRouter(prefix="/incidents", dependencies=[needs(Right.SEE_STATUS)])
    _list(routes, deps)
    _export(routes, deps)
    _new(routes, deps)
    _one(routes, deps)  # last, for its path takes any name
    return routes


def may_handle(request: Request) -> bool:
    """Whether this person grades, reports and closes incidents."""
    person = person_of(request)
    return person is not None and person.duty.may(Right.HANDLE_INCIDENTS)


def incident_frame(deps: IncidentDeps, request: Request) -> dict[str, object]:
    """What every incident page shows with."""
    return {
        "say": IncidentWords(texts_of(request), may_handle(request)),
        "grades": GRADES,
        "kinds": KINDS,
        "stages": STAGES,
        "sources": SOURCES,
        "sorts": SORTS,
        "reports": REPORTS,
        "timeliness": TIMELINESS,
        "timeliness_states": TIMELINESS_STATES,
        "countdown": countdown,
        "due_ms": lambda one: (deps.clock.utc_ns() + one.left_ns) // 1_000_000,
        "deadlines_of": deps.deadlines,
        "state_of": lambda incident: incident_state(incident, deps.deadlines(incident)),
        "rules": deps.reports,
        "handles": may_handle(request),
        "errors": _NOTHING,
        "values": _NOTHING,
        "new_id": new_id,
    }


def file_or_404(deps: IncidentDeps, incident_id: str) -> IncidentFile:
    """Everything about one incident."""
    file = incident_file(deps.ledger.path, incident_id) if is_id(incident_id) else None
    if file is None:
        raise HTTPException(404)
    return file


def _list(routes: APIRouter, deps: IncidentDeps) -> None:
    @routes.get("", response_model=None)
    def everything(request: Request, silent: bool = False) -> Response:
        path = deps.ledger.path
        opened = [one for one in open_incidents(path) if silent or not one.quiet]
        closed = closed_incidents(path)
        if wants_json(request):
            views = [incident_view(one, deps.deadlines(one)) for one in (*opened, *closed)]
            return JSONResponse([view.model_dump(mode="json") for view in views])
        return page(
            request,
            "incident/list.html",
            incident_frame(deps, request),
            opened=opened,
            closed=closed,
            silent=silent,
            live_url="/incidents/live",
        )

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: incidents_version(deps.ledger.path), every_s=1.0)


def _export(routes: APIRouter, deps: IncidentDeps) -> None:
    @routes.get("/export.{form}")
    def export(form: str) -> Response:
        now_utc_ns = deps.clock.utc_ns()
        everything = incidents_between(deps.ledger.path, 0, now_utc_ns + 86_400 * NS_PER_S)
        report = incident_register(everything, campus=deps.campus, made_at_utc_ns=now_utc_ns)
        if form not in ("xlsx", "csv"):
            raise HTTPException(404)
        return sheet_response(report, f"incidents-{beijing(now_utc_ns):%Y%m%d}", form)


def _new(routes: APIRouter, deps: IncidentDeps) -> None:
    def form_page(request: Request, incident_id: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        frame = incident_frame(deps, request) | {"errors": errors, "values": values}
        return page(request, "incident/new.html", frame, status=422 if errors else 200, incident_id=incident_id)

    @routes.get("/new")
    def empty(request: Request) -> Response:
        return form_page(request, new_id(), {}, {})

    @routes.post("/new")
    def write_down(request: Request, form: FormTexts) -> Response:
        texts, person = texts_of(request), signer(request)
        said_id = form.get("form_id", "")
        try:
            said = said_of(form, person, deps.clock.utc_ns(), texts)
            with incident_words(texts):
                deps.ledger.write_down(said_id, title=form.get("title", ""), place=form.get("place", ""), said=said)
        except FieldError as wrong:
            return form_page(request, said_id, form, {wrong.field: wrong.text})
        return RedirectResponse(f"/incidents/{said_id}", 303)


def _one(routes: APIRouter, deps: IncidentDeps) -> None:
    @routes.get("/{incident_id}", response_model=None)
    def one(request: Request, incident_id: str) -> Response:
        file = file_or_404(deps, incident_id)
        if wants_json(request):
            say = IncidentWords(texts_of(request), may_handle(request))
            return JSONResponse(file_view(file, deps.deadlines(file.incident), say).model_dump(mode="json"))
        return _file_page(deps, request, file)

    @routes.post("/{incident_id}/{action}")
    def act(request: Request, incident_id: str, action: str, form: FormTexts) -> Response:
        if action not in _ACTIONS or not is_id(incident_id):
            raise HTTPException(404)
        if person_of(request) is not None and action not in _FOR_ALL and not may_handle(request):
            raise PageProblem(403, NOT_ALLOWED)
        try:
            with incident_words(texts_of(request)):
                _act(deps, request, incident_id, action, form)
        except FieldError as wrong:
            errors = {f"{action}-{wrong.field}": wrong.text}
            return _file_page(deps, request, file_or_404(deps, incident_id), errors, form, action)
        except OvertakenError as overtaken:
            errors = {"note-words": str(overtaken)}
            return _file_page(deps, request, file_or_404(deps, incident_id), errors, form, "note", status=409)
        return RedirectResponse(f"/incidents/{incident_id}", 303)


def _act(deps: IncidentDeps, request: Request, incident_id: str, action: str, form: Mapping[str, str]) -> None:
    ledger, texts = deps.ledger, texts_of(request)
    said = said_of(form, signer(request), deps.clock.utc_ns(), texts)
    match action:
        case "classify":
            grade, kind = grade_of(form, texts), kind_of(form, texts)
            ledger.classify(incident_id, grade=grade, kind=kind, said=said, seen_entry=number_of(form, "seen"))
        case "note" | "correct":
            ledger.note(incident_id, said=said, corrects=action == "correct")
        case "phone":
            ledger.phone(incident_id, to_whom=form.get("to_whom", ""), said=said)
        case "submit":
            ledger.submit(incident_id, version=number_of(form, "version"), said=said)
        case "close":
            ledger.close_incident(incident_id, said=said)
        case "false-alarm":
            ledger.close_as_false_alarm(incident_id, said=said)
        case "reopen":
            ledger.reopen(incident_id, said=said)
        case _:
            raise HTTPException(404)


def _file_page(
    deps: IncidentDeps,
    request: Request,
    file: IncidentFile,
    errors: Mapping[str, str] = _NOTHING,
    form: Mapping[str, str] = _NOTHING,
    action: str = "",
    *,
    status: int = 422,
) -> Response:
    frame = incident_frame(deps, request)
    say = frame["say"]
    assert isinstance(say, IncidentWords)
    return page(
        request,
        "incident/file.html",
        frame | {"errors": errors, "values": {f"{action}-{name}": text for name, text in form.items()}},
        status=status if errors else 200,
        file=file,
        incident=file.incident,
        both=deps.deadlines(file.incident),
        lines=list(reversed(say.timeline(file.history))),
        choosable_grades=[grade for grade in reversed(IncidentGrade) if grade is not IncidentGrade.UNDECIDED],
        choosable_kinds=[kind for kind in IncidentKind if kind is not IncidentKind.UNDECIDED],
        live_url="/incidents/live",
    )
