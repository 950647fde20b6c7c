"""Evacuation drills on the office pages (应急疏散演练): the year, one drill, each step of it, the record to print."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from config.every import Every
from edge_agent.pages.as_json import wants_json
from edge_agent.pages.drill.evacuation_form import (
    WHOLE,
    carried_of,
    evacuation_refusals,
    form_id_of,
    marks_of,
    mend_of,
    plan_of,
    plan_values,
    said_by,
)
from edge_agent.pages.drill.evacuation_model import evacuation_file_view, year_view
from edge_agent.pages.drill.evacuation_plan import EvacuationBook
from edge_agent.pages.drill.evacuation_report import evacuation_record, evacuation_register
from edge_agent.pages.drill.evacuation_words import (
    DAY_OR_NIGHT,
    MONTH_MARKS,
    MONTH_STATES,
    NIGHT_STATES,
    NIGHT_WORDS,
    POINTS,
    RATING_STATES,
    RATINGS,
    lines_of,
    minutes_words,
    stage_sign,
)
from edge_agent.pages.drill.words import EVERY
from edge_agent.pages.fault.form import UPLOAD_LIMIT_BYTES, FieldError, UploadForm, photo_of
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.incident.form import OvertakenError
from edge_agent.pages.incident.routes import attachment, may_handle
from edge_agent.pages.paper import pdf_response
from foundation.clock import beijing_day
from foundation.ids import is_id, new_id
from foundation.sqlite import DatabaseError
from safety.evacuation import EvacuationFile, EvacuationOrder, EvacuationStage, GateRollCall
from safety.evacuation_ledger import EvacuationLedger
from safety.evacuation_query import evacuation_file, evacuation_photo_belongs, evacuations_version
from safety.photo import PhotoShelf
from web.document.comma_separated import render_csv
from web.document.spreadsheet import render_spreadsheet
from web.document.word import render_word
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.stream import live

BASE: Final = "/drills/evacuation"
EVACUATION_BODY_LIMITS: Final[Mapping[str, int]] = {f"{BASE}/photo": UPLOAD_LIMIT_BYTES}
_NOTHING: Final[Mapping[str, str]] = {}
_ACTIONS: Final = frozenset({"file", "cancel", "note", "correct", "mend"})
_FOR_ALL: Final = frozenset({"note"})
"""Whoever is logged in may add a word or a photo; the rest is for who answers for incidents and drills."""
_YEAR: Final = re.compile(r"20\d\d")
_HANDLES: Final = [needs(Right.HANDLE_INCIDENTS)]
_UNREADABLE: Final = Words(mark("读不到演练记录"), mark("请再试一次；还不行就请技术人员看本机硬盘。"))
_SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_USUAL_DUE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationDeps:
    """What the pages of evacuation drills are made of."""

    ledger: EvacuationLedger
    book: EvacuationBook
    photos: PhotoShelf
    roll_calls: Callable[[], Sequence[GateRollCall]]
    """Roll calls that the gate made as drills, latest first."""


def evacuation_routes(deps: EvacuationDeps) -> APIRouter:
    """/drills/evacuation for everybody who may see how the campus stands; before the line tests, whose path takes any
    name."""
    routes = APIRouter(prefix=BASE, dependencies=[needs(Right.SEE_STATUS)])
    _year(routes, deps)
    _new(routes, deps)
    _order(routes, deps)
    _photos(routes, deps)
    _carry_out(routes, deps)
    _evaluate(routes, deps)
    _one(routes, deps)  # last, for its path takes any name
    return routes


def _frame(deps: EvacuationDeps, request: Request) -> dict[str, object]:
    now_utc_ns = deps.book.clock.utc_ns()
    return {
        "handles": may_handle(request),
        "stage_sign": lambda drill: stage_sign(drill, now_utc_ns),
        "day_or_night": DAY_OR_NIGHT,
        "points": POINTS,
        "ratings": RATINGS,
        "rating_states": RATING_STATES,
        "every_words": EVERY,
        "minutes": minutes_words,
        "today": beijing_day(now_utc_ns).isoformat(),
        "new_id": new_id,
        "errors": _NOTHING,
        "values": _NOTHING,
    }


def _file_or_404(deps: EvacuationDeps, evacuation_id: str) -> EvacuationFile:
    file = evacuation_file(deps.ledger.path, evacuation_id) if is_id(evacuation_id) else None
    if file is None:
        raise HTTPException(404)
    return file


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
            _frame(deps, request),
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
        name = f"evacuation-drills-{shown.year}.{form}"
        match form:
            case "pdf":
                return pdf_response(report, name)
            case "xlsx":
                return attachment(render_spreadsheet(report), _SPREADSHEET, name)
            case "csv":
                return attachment(render_csv(report.tables[0]), "text/csv; charset=utf-8", name)
        raise HTTPException(404)


def _new(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(request: Request, evacuation_id: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return page(
            request,
            "drill/evacuation_new.html",
            _frame(deps, request) | {"errors": errors, "values": values},
            status=422 if errors else 200,
            evacuation_id=evacuation_id,
            kinds=deps.book.order().kinds,
        )

    @routes.get("/new", dependencies=_HANDLES)
    def empty(request: Request, like: str = "") -> Response:
        values: Mapping[str, str] = {"responsible": deps.book.settings.responsible}
        if like:
            values = plan_values(_file_or_404(deps, like).evacuation.plan)
        return show(request, new_id(), values, {})

    @routes.post("/new", dependencies=_HANDLES)
    def plan(request: Request, form: FormTexts) -> Response:
        texts, said = texts_of(request), said_by(form, signer(request))
        try:
            with evacuation_refusals(texts):
                deps.ledger.plan(said.form_id, plan_of(form, texts), said=said)
        except FieldError as wrong:
            return show(request, said.form_id, form, {wrong.field: wrong.text})
        return RedirectResponse(f"{BASE}/{said.form_id}", 303)


def _order(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        order = deps.book.order()
        kept = {
            "every": order.every.value,
            "boarders": "yes" if order.boarders else "no",
            "kinds": "\n".join(order.kinds),
        }
        return page(
            request,
            "drill/evacuation_order.html",
            _frame(deps, request) | {"errors": errors, "values": {**kept, **values}},
            status=422 if errors else 200,
            order=order,
            source_text=deps.book.settings.source_text,
        )

    @routes.get("/order", dependencies=_HANDLES)
    def standing(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("/order", dependencies=_HANDLES)
    def lay_down(request: Request, form: FormTexts) -> Response:
        every = form.get("every", "")
        if every not in (Every.MONTH, Every.QUARTER) or form.get("boarders") not in ("yes", "no"):
            raise HTTPException(400)
        order = EvacuationOrder(
            every=Every(every),
            boarders=form["boarders"] == "yes",
            kinds=tuple(line.strip() for line in form.get("kinds", "").splitlines()),
            person=signer(request),
            why=form.get("why", ""),
        )
        try:
            with evacuation_refusals(texts_of(request)):
                deps.ledger.lay_down(order)
        except FieldError as wrong:
            return show(request, form, {wrong.field: wrong.text})
        return RedirectResponse(BASE, 303)


def _photos(routes: APIRouter, deps: EvacuationDeps) -> None:
    @routes.post("/photo")
    def add(request: Request, upload: UploadForm) -> Response:
        texts, said = texts_of(request), said_by(upload.texts, signer(request))
        file = _file_or_404(deps, upload.texts.get("id", ""))
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


def _carry_out(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(
        request: Request,
        file: EvacuationFile,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        status: int = 422,
    ) -> Response:
        return page(
            request,
            "drill/evacuation_carry_out.html",
            _frame(deps, request) | {"errors": errors, "values": values},
            status=status if errors else 200,
            drill=file.evacuation,
            roll_calls=deps.roll_calls(),
        )

    @routes.get("/{evacuation_id}/carry-out", dependencies=_HANDLES)
    def empty(request: Request, evacuation_id: str) -> Response:
        file = _file_or_404(deps, evacuation_id)
        if file.evacuation.stage is not EvacuationStage.PLANNED:
            return RedirectResponse(f"{BASE}/{evacuation_id}", 303)
        planned = beijing_day(file.evacuation.plan.planned_utc_ns)
        day = min(planned, beijing_day(deps.book.clock.utc_ns()))
        return show(request, file, {"began_day": day.isoformat()}, {})

    @routes.post("/{evacuation_id}/carry-out", dependencies=_HANDLES)
    def carry_out(request: Request, evacuation_id: str, form: FormTexts) -> Response:
        file, texts, said = _file_or_404(deps, evacuation_id), texts_of(request), said_by(form, signer(request))
        try:
            with evacuation_refusals(texts):
                deps.ledger.carry_out(evacuation_id, carried_of(form, deps.roll_calls(), texts), said=said)
        except FieldError as wrong:
            return show(request, file, form, {wrong.field: wrong.text})
        except OvertakenError as overtaken:
            return show(request, file, form, {WHOLE: str(overtaken)}, 409)
        return RedirectResponse(f"{BASE}/{evacuation_id}", 303)


def _evaluate(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(
        request: Request,
        file: EvacuationFile,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        status: int = 422,
    ) -> Response:
        return page(
            request,
            "drill/evacuation_evaluate.html",
            _frame(deps, request) | {"errors": errors, "values": values},
            status=status if errors else 200,
            drill=file.evacuation,
        )

    @routes.get("/{evacuation_id}/evaluate", dependencies=_HANDLES)
    def start(request: Request, evacuation_id: str) -> Response:
        file = _file_or_404(deps, evacuation_id)
        if file.evacuation.stage is not EvacuationStage.DONE:
            return RedirectResponse(f"{BASE}/{evacuation_id}", 303)
        values: dict[str, str] = {}
        if file.evaluation is not None:
            values["words"] = file.evaluation.summary
            for one in file.evaluation.marks:
                values |= {f"rating-{one.point}": one.rating.value, f"mend-{one.point}": one.mend}
        return show(request, file, values, {})

    @routes.post("/{evacuation_id}/evaluate", dependencies=_HANDLES)
    def evaluate(request: Request, evacuation_id: str, form: FormTexts) -> Response:
        file, said = _file_or_404(deps, evacuation_id), said_by(form, signer(request))
        try:
            with evacuation_refusals(texts_of(request)):
                deps.ledger.evaluate(evacuation_id, marks_of(form), said=said)
        except FieldError as wrong:
            return show(request, file, form, {wrong.field: wrong.text})
        except OvertakenError as overtaken:
            return show(request, file, form, {WHOLE: str(overtaken)}, 409)
        return RedirectResponse(f"{BASE}/{evacuation_id}", 303)


def _one(routes: APIRouter, deps: EvacuationDeps) -> None:
    @routes.get("/{evacuation_id}", response_model=None)
    def one(request: Request, evacuation_id: str) -> Response:
        file = _file_or_404(deps, evacuation_id)
        if wants_json(request):
            return JSONResponse(evacuation_file_view(file).model_dump(mode="json"))
        return _file_page(deps, request, file)

    @routes.get("/{evacuation_id}/record.{form}")
    def record(evacuation_id: str, form: str) -> Response:
        file = _file_or_404(deps, evacuation_id)
        made_at_utc_ns = deps.book.clock.utc_ns()
        report = evacuation_record(file, campus=deps.book.campus, made_at_utc_ns=made_at_utc_ns)
        name = f"evacuation-drill-{file.evacuation.number}.{form}"
        match form:
            case "pdf":
                return pdf_response(report, name)
            case "docx":
                return attachment(render_word(report), _WORD, name)
        raise HTTPException(404)

    @routes.post("/{evacuation_id}/{action}")
    def act(request: Request, evacuation_id: str, action: str, form: FormTexts) -> Response:
        if action not in _ACTIONS:
            raise HTTPException(404)
        if person_of(request) is not None and action not in _FOR_ALL and not may_handle(request):
            raise PageProblem(403, NOT_ALLOWED)
        file = _file_or_404(deps, evacuation_id)
        shown = f"{action}-{form.get('point', '')}" if action == "mend" else action
        try:
            with evacuation_refusals(texts_of(request)):
                _act(deps, request, evacuation_id, action, form)
        except FieldError as wrong:
            return _file_page(deps, request, file, {f"{shown}-{wrong.field}": wrong.text}, form, shown)
        except OvertakenError as overtaken:
            fresh = _file_or_404(deps, evacuation_id)
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
        _frame(deps, request) | {"errors": errors, "values": typed},
        status=status if errors else 200,
        file=file,
        drill=file.evacuation,
        lines=lines_of(file.history, texts_of(request)),
        usual_due=(beijing_day(deps.book.clock.utc_ns()) + _USUAL_DUE).isoformat(),
        live_url=f"{BASE}/live",
    )
