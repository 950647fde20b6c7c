"""The fault ledger on the office pages (隐患台账): list, one fault with its history, what persons do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from edge_agent.pages.fault.form import (
    UPLOAD_LIMIT_BYTES,
    FieldError,
    UploadForm,
    due_of,
    grade_of,
    ledger_words,
    photo_of,
)
from edge_agent.pages.fault.rules import rule_routes
from edge_agent.pages.fault.words import (
    DONE,
    DONE_STATES,
    GRADES,
    HALVES,
    SOURCES,
    STAGES,
    FaultWords,
    state_of,
)
from foundation.clock import Clock, beijing_day
from foundation.ids import is_id, new_id
from safety.ledger import FaultLedger
from safety.photo import PhotoShelf
from safety.query import (
    closed_faults,
    fault_file,
    fault_looks,
    fault_of,
    ledger_counts,
    ledger_version,
    open_faults,
    photo_belongs,
)
from web.duty import Right
from web.form import FormTexts
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem
from web.stream import live

UPLOAD_PATHS: Final = ("/faults/new", "/faults/photo")
BODY_LIMITS: Final[Mapping[str, int]] = dict.fromkeys(UPLOAD_PATHS, UPLOAD_LIMIT_BYTES)
"""For web.app.make_app: these take a photo."""
_NOTHING: Final[Mapping[str, str]] = {}
_EITHER: Final = frozenset({Right.MEND_FAULTS, Right.CLOSE_FAULTS})
_CLOSING: Final = frozenset({Right.CLOSE_FAULTS})
_ANYBODY: Final = frozenset({Right.SEE_STATUS})
_ALLOWED: Final = {
    "look": _ANYBODY,
    "photo": _ANYBODY,
    "repair": _EITHER,
    "assign": _EITHER,
    "recheck": _CLOSING,
    "grade": _CLOSING,
    "close": _CLOSING,
    "reopen": _CLOSING,
    "reply": _CLOSING,
}
"""Who may do what: everybody may look and photograph; who repairs does not judge the repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultDeps:
    """What the fault pages are made of."""

    clock: Clock
    ledger: FaultLedger
    photos: PhotoShelf
    name_of: Callable[[str], str]
    """Names a finding's subject."""


def fault_routes(deps: FaultDeps) -> APIRouter:
    """/faults for everybody who may see how the campus stands."""
    routes = APIRouter(prefix="/faults", dependencies=[needs(Right.SEE_STATUS)])
    _list(routes, deps)
    _new(routes, deps)
    _photos(routes, deps)
    rule_routes(routes, deps.ledger, signer)
    _one(routes, deps)  # last, for its path takes any name
    return routes


def signer(request: Request) -> str:
    """Who signs (签字): the person who is logged in, by name and login."""
    person = person_of(request)
    if person is None:
        raise HTTPException(401)  # before the first account a browser on the box may look, not sign
    return f"{person.name}（{person.login}）"


def _may(request: Request, action: str) -> bool:
    person = person_of(request)
    return person is not None and any(person.duty.may(right) for right in _ALLOWED[action])


def _check(request: Request, action: str) -> None:
    if person_of(request) is not None and not _may(request, action):
        raise PageProblem(403, NOT_ALLOWED)


def _frame(deps: FaultDeps, request: Request) -> dict[str, object]:
    now_utc_ns = deps.clock.utc_ns()
    return {
        "say": FaultWords(texts_of(request), deps.name_of),
        "grades": GRADES,
        "stages": STAGES,
        "sources": SOURCES,
        "state_of": lambda fault: state_of(fault, now_utc_ns),
        "can": {action for action in _ALLOWED if _may(request, action)},
        "errors": _NOTHING,
        "values": _NOTHING,
    }


def _list(routes: APIRouter, deps: FaultDeps) -> None:
    @routes.get("")
    def everything(request: Request) -> Response:
        now_utc_ns, path = deps.clock.utc_ns(), deps.ledger.path
        return page(
            request,
            "fault/list.html",
            _frame(deps, request),
            rows=open_faults(path, now_utc_ns),
            closed=closed_faults(path, now_utc_ns),
            counts=ledger_counts(path, now_utc_ns),
            live_url="/faults/live",
        )

    @routes.get("/of/{finding_id}")
    def of_finding(finding_id: str) -> Response:
        """The fault that a finding on Today is worked on in."""
        return RedirectResponse(f"/faults/{fault_of(deps.ledger.path, finding_id) or ''}".rstrip("/"), 303)

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: ledger_version(deps.ledger.path), every_s=2.0)


def _new(routes: APIRouter, deps: FaultDeps) -> None:
    def form_page(request: Request, fault_id: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return page(
            request,
            "fault/new.html",
            _frame(deps, request) | {"errors": errors, "values": values},
            status=422 if errors else 200,
            fault_id=fault_id,
        )

    @routes.get("/new")
    def empty(request: Request) -> Response:
        return form_page(request, new_id(), {}, {})

    @routes.post("/new")
    def write_down(request: Request, upload: UploadForm) -> Response:
        texts, form, person = texts_of(request), upload.texts, signer(request)
        fault_id = form.get("id", "")
        if not is_id(fault_id):
            raise HTTPException(400)
        try:
            photo = photo_of(upload.file, texts) if upload.file else None
            with ledger_words(texts):
                deps.ledger.write_down(
                    fault_id=fault_id,
                    title=form.get("title", ""),
                    place=form.get("place", ""),
                    grade=grade_of(form.get("grade", ""), texts),
                    words=form.get("words", ""),
                    person=person,
                )
        except FieldError as wrong:
            return form_page(request, fault_id, form, {wrong.field: wrong.text})
        if photo is not None:
            _add_photo(deps, fault_id, photo, person)
        return RedirectResponse(f"/faults/{fault_id}", 303)


def _photos(routes: APIRouter, deps: FaultDeps) -> None:
    @routes.post("/photo")
    def add(request: Request, upload: UploadForm) -> Response:
        _check(request, "photo")
        fault_id, person = upload.texts.get("id", ""), signer(request)
        if not is_id(fault_id):
            raise HTTPException(400)
        texts = texts_of(request)
        try:
            photo = photo_of(upload.file, texts)
        except FieldError as wrong:
            return _file_page(deps, request, fault_id, errors={wrong.field: wrong.text})
        with ledger_words(texts):
            _add_photo(deps, fault_id, photo, person)
        return RedirectResponse(f"/faults/{fault_id}", 303)

    @routes.get("/photos/{sha256}.jpg")
    def show(sha256: str) -> Response:
        found = deps.photos.find(sha256) if photo_belongs(deps.ledger.path, sha256) else None
        if found is None:
            raise HTTPException(404)
        return FileResponse(found, media_type="image/jpeg")


def _add_photo(deps: FaultDeps, fault_id: str, jpeg: bytes, person: str) -> None:
    kept = deps.photos.keep(jpeg)
    deps.ledger.add_photo(fault_id, sha256=kept.sha256, size_bytes=kept.size_bytes, person=person)


def _one(routes: APIRouter, deps: FaultDeps) -> None:
    @routes.get("/{fault_id}")
    def one(request: Request, fault_id: str) -> Response:
        return _file_page(deps, request, fault_id)

    @routes.post("/{fault_id}/{action}")
    def act(request: Request, fault_id: str, action: str, form: FormTexts) -> Response:
        if action not in _ALLOWED:
            raise HTTPException(404)
        _check(request, action)
        texts = texts_of(request)
        try:
            with ledger_words(texts):
                _act(request, deps.ledger, fault_id, action, form)
        except FieldError as wrong:
            return _file_page(
                deps, request, fault_id, errors={f"{action}-{wrong.field}": wrong.text}, values=form, action=action
            )
        return RedirectResponse(f"/faults/{fault_id}", 303)


def _act(request: Request, ledger: FaultLedger, fault_id: str, action: str, form: Mapping[str, str]) -> None:
    texts, person, words = texts_of(request), signer(request), form.get("words", "")
    match action:
        case "assign":
            due = due_of(form.get("due", ""), texts)
            ledger.assign(fault_id, owner=form.get("owner", ""), due_utc_ns=due, person=person, words=words)
        case "grade":
            grade = grade_of(form.get("grade", ""), texts)
            ledger.regrade(fault_id, grade=grade, person=person, words=words)
        case "repair":
            ledger.repair(fault_id, person=person, words=words)
        case "recheck":
            ledger.recheck(fault_id, passed=form.get("passed") == "yes", person=person, words=words)
        case "close":
            ledger.close_fault(fault_id, person=person, words=words)
        case "reopen":
            ledger.reopen(fault_id, person=person, words=words)
        case "look":
            ledger.look(fault_id, person=person, words=words)
        case "reply":
            ledger.reply(fault_id, person=person, words=words)
        case _:
            raise HTTPException(404)


def _file_page(
    deps: FaultDeps,
    request: Request,
    fault_id: str,
    *,
    errors: Mapping[str, str] = _NOTHING,
    values: Mapping[str, str] = _NOTHING,
    action: str = "",
) -> Response:
    file = fault_file(deps.ledger.path, fault_id) if is_id(fault_id) else None
    if file is None:
        raise HTTPException(404)
    frame = _frame(deps, request)
    say = frame["say"]
    assert isinstance(say, FaultWords)
    return page(
        request,
        "fault/file.html",
        frame | {"errors": errors, "values": {f"{action}-{name}": text for name, text in values.items()}},
        status=422 if errors else 200,
        file=file,
        fault=file.fault,
        lines=[say.line(entry) for entry in reversed(file.history)],
        looks=fault_looks(deps.ledger.path, fault_id, deps.clock.utc_ns()),
        halves=HALVES,
        done_words=DONE,
        done_states=DONE_STATES,
        due_day=beijing_day(file.fault.due_utc_ns).isoformat(),
        live_url="/faults/live",
    )
