"""Evacuation drills on the office pages (应急疏散演练): the year, one drill, each step of it, the record to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from edge_agent.pages.as_json import wants_json
from edge_agent.pages.drill.evacuation_deps import BASE, EvacuationDeps, drill_or_404, evacuation_frame
from edge_agent.pages.drill.evacuation_form import (
    evacuation_refusals,
    mend_of,
    said_by,
)
from edge_agent.pages.drill.evacuation_form_routes import evacuation_form_routes
from edge_agent.pages.drill.evacuation_model import evacuation_file_view, year_view
from edge_agent.pages.drill.evacuation_report import evacuation_record, evacuation_register
from edge_agent.pages.drill.evacuation_words import (
    MONTH_MARKS,
    MONTH_STATES,
    NIGHT_STATES,
    NIGHT_WORDS,
    lines_of,
)
from edge_agent.pages.fault.form import UPLOAD_LIMIT_BYTES, FieldError, UploadForm, photo_of
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.incident.form import OvertakenError, form_id_of
from edge_agent.pages.incident.routes import may_handle
from edge_agent.pages.paper import pdf_response, sheet_response, word_response
from foundation.clock import beijing_day
from foundation.sqlite import DatabaseError
from safety.evacuation import EvacuationFile
from safety.evacuation_query import evacuation_photo_belongs, evacuations_version
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.stream import live

EVACUATION_BODY_LIMITS: Final[Mapping[str, int]] = {f"{BASE}/photo": UPLOAD_LIMIT_BYTES}
_NOTHING: Final[Mapping[str, str]] = {}
_ACTIONS: Final = frozenset({"file", "cancel", "note", "correct", "mend"})
_FOR_ALL: Final = frozenset({"note"})
"""Whoever is logged in may add a word or a photo; the rest is for who answers for incidents and drills."""
_YEAR: Final = re.compile(r"20\d\d")
_UNREADABLE: Final = Words(mark("读不到演练记录"), mark("请再试一次；还不行就请技术人员看本机硬盘。"))
_USUAL_DUE: Final = timedelta(days=7)


def evacuation_routes(deps: EvacuationDeps) -> APIRouter:
    """/drills/evacuation for everybody who may see how the campus stands; before the line tests, whose path takes any
    name."""
    routes = APIRouter(prefix=BASE, dependencies=[needs(Right.SEE_STATUS)])
    _year(routes, deps)
    _photos(routes, deps)
    routes.include_router(evacuation_form_routes(deps))
    _one(routes, deps)  # last, for its path takes any name
    return routes


def _year_of(deps: EvacuationDeps, text: str) -> int:
    if text and _YEAR.fullmatch(text) is None:
        raise HTTPException(400)
    return int(text) if text else beijing_day(deps.book.clock.utc_ns()).year


def _year(routes: APIRouter, deps: EvacuationDeps) -> None:
    @routes.get("", response_model=None)
    def the_year(request: Request, year: str = "") -> Response:
        try:
            shown = deps.book.year(_year_of(deps, year))
            missed = deps.book.missed()
        except DatabaseError as error:
            raise PageProblem(503, _UNREADABLE) from error
        if wants_json(request):
            return JSONResponse(year_view(shown).model_dump(mode="json"))
        return page(
            request,
            "drill/evacuation_year.html",
            evacuation_frame(deps, request),
            shown=shown,
            missed=missed,
            source_text=deps.book.settings.source_text,
            month_marks=MONTH_MARKS,
            month_states=MONTH_STATES,
            night_words=NIGHT_WORDS,
            night_states=NIGHT_STATES,
            live_url=f"{BASE}/live",
        )

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            try:
                return evacuations_version(deps.ledger.path)
            except DatabaseError:
                return "unread"

        return live(request, version, every_s=1.0)

    @routes.get("/register.{form}")
    def register(form: str, year: str = "") -> Response:
        shown = deps.book.year(_year_of(deps, year))
        report = evacuation_register(
            shown.drills[::-1],
            year=shown.year,
            campus=deps.book.campus,
            made_at_utc_ns=deps.book.clock.utc_ns(),
        )
        return sheet_response(report, f"evacuation-drills-{shown.year}", form)


def _photos(routes: APIRouter, deps: EvacuationDeps) -> None:
    @routes.post("/photo")
    def add(request: Request, upload: UploadForm) -> Response:
        texts, said = texts_of(request), said_by(upload.texts, signer(request))
        file = drill_or_404(deps, upload.texts.get("id", ""))
        try:
            kept = deps.photos.keep(photo_of(upload.file, texts))
            with evacuation_refusals(texts):
                deps.ledger.add_photo(file.evacuation.id, sha256=kept.sha256, size_bytes=kept.size_bytes, said=said)
        except FieldError as wrong:
            return _file_page(deps, request, file, {f"photo-{wrong.field}": wrong.text}, upload.texts, "photo")
        except OvertakenError as overtaken:
            return _file_page(deps, request, file, {"photo-photo": str(overtaken)}, status=409)
        return RedirectResponse(f"{BASE}/{file.evacuation.id}#evacuation-photos", 303)

    @routes.get("/photos/{sha256}.jpg")
    def show(sha256: str) -> Response:
        found = deps.photos.find(sha256) if evacuation_photo_belongs(deps.ledger.path, sha256) else None
        if found is None:
            raise HTTPException(404)
        return FileResponse(found, media_type="image/jpeg")


def _one(routes: APIRouter, deps: EvacuationDeps) -> None:
    @routes.get("/{evacuation_id}", response_model=None)
    def one(request: Request, evacuation_id: str) -> Response:
        file = drill_or_404(deps, evacuation_id)
        if wants_json(request):
            return JSONResponse(evacuation_file_view(file).model_dump(mode="json"))
        return _file_page(deps, request, file)

    @routes.get("/{evacuation_id}/record.{form}")
    def record(evacuation_id: str, form: str) -> Response:
        file = drill_or_404(deps, evacuation_id)
        made_at_utc_ns = deps.book.clock.utc_ns()
        report = evacuation_record(file, campus=deps.book.campus, made_at_utc_ns=made_at_utc_ns)
        name = f"evacuation-drill-{file.evacuation.number}.{form}"
        match form:
            case "pdf":
                return pdf_response(report, name)
            case "docx":
                return word_response(report, name)
        raise HTTPException(404)

    @routes.post("/{evacuation_id}/{action}")
    def act(request: Request, evacuation_id: str, action: str, form: FormTexts) -> Response:
        if action not in _ACTIONS:
            raise HTTPException(404)
        if person_of(request) is not None and action not in _FOR_ALL and not may_handle(request):
            raise PageProblem(403, NOT_ALLOWED)
        file = drill_or_404(deps, evacuation_id)
        shown = f"{action}-{form.get('point', '')}" if action == "mend" else action
        try:
            with evacuation_refusals(texts_of(request)):
                _act(deps, request, evacuation_id, action, form)
        except FieldError as wrong:
            return _file_page(deps, request, file, {f"{shown}-{wrong.field}": wrong.text}, form, shown)
        except OvertakenError as overtaken:
            fresh = drill_or_404(deps, evacuation_id)
            return _file_page(deps, request, fresh, {"note-words": str(overtaken)}, form, "note", status=409)
        return RedirectResponse(f"{BASE}/{evacuation_id}", 303)


def _act(deps: EvacuationDeps, request: Request, evacuation_id: str, action: str, form: Mapping[str, str]) -> None:
    ledger, said = deps.ledger, said_by(form, signer(request))
    match action:
        case "file":
            ledger.file(evacuation_id, said=said)
        case "cancel":
            ledger.cancel(evacuation_id, said=said)
        case "note" | "correct":
            ledger.note(evacuation_id, said=said, corrects=action == "correct")
        case "mend":
            point, due_utc_ns = mend_of(form, texts_of(request))
            ledger.mend(
                evacuation_id,
                point,
                fault_id=form_id_of(form),
                owner=form.get("owner", ""),
                due_utc_ns=due_utc_ns,
                said=said,
            )
        case _:
            raise HTTPException(404)


def _file_page(
    deps: EvacuationDeps,
    request: Request,
    file: EvacuationFile,
    errors: Mapping[str, str] = _NOTHING,
    form: Mapping[str, str] = _NOTHING,
    action: str = "",
    *,
    status: int = 422,
) -> Response:
    typed = {f"{action}-{name}": text for name, text in form.items()}
    return page(
        request,
        "drill/evacuation_file.html",
        evacuation_frame(deps, request) | {"errors": errors, "values": typed},
        status=status if errors else 200,
        file=file,
        drill=file.evacuation,
        lines=lines_of(file.history, texts_of(request)),
        usual_due=(beijing_day(deps.book.clock.utc_ns()) + _USUAL_DUE).isoformat(),
        live_url=f"{BASE}/live",
    )
