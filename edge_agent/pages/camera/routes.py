"""Camera files on the office pages (一机一档): the list, one device whole, what people write, accept and try again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from camera.camera_file import DATES, LONGEST, TITLES, CameraFile, CameraFileError, CameraFiles, Field, photo
from camera.camera_file import file_changes as changes_of
from camera.device_findings import REFUSED, SWAPPED
from camera.device_state import DeviceState
from camera.facts import DeviceAccepted, LoginRetryAsked
from camera.query import DeviceStatus, HeldReport, StreamMeasure
from camera.stream_change import CODEC_CHANGED
from edge_agent.pages.camera.sheet import camera_report, read_camera_sheet
from edge_agent.pages.camera.words import change_words, changed_by_words
from edge_agent.pages.fault.form import UPLOAD_LIMIT_BYTES, FieldError, UploadForm, photo_of
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.paper import spreadsheet_response
from edge_agent.pages.status.evidence import evidence_text
from foundation.clock import Clock
from foundation.finding import Finding
from foundation.journal import Journal
from web.document.reading.mistake import UploadRefused
from web.document.reading.upload import MOST_BYTES
from web.duty import Right
from web.finding_words import words_of
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.signs import State
from web.stream import live

PHOTO_PATH: Final = "/cameras/photo"
SHEET_PATH: Final = "/cameras/sheet"
CAMERA_BODY_LIMITS: Final[Mapping[str, int]] = {PHOTO_PATH: UPLOAD_LIMIT_BYTES, SHEET_PATH: MOST_BYTES + 10_000}
"""For web.app.make_app: these take files."""
_LIVE: Final = "/cameras/live"
_STATES: Final = {
    DeviceState.OK: State.OK,
    DeviceState.FAILING: State.FAILING,
    DeviceState.UNKNOWN: State.UNKNOWN,
}
_NOTHING: Final[Mapping[str, str]] = {}
_NOT_SWAPPED: Final = Words(mark("这台设备没有被更换的提示"), mark("可能别人刚确认过。请看最新的状态。"))
_NOT_REFUSED: Final = Words(mark("这台设备没有拒绝登录"), mark("可能已经恢复。请看最新的状态。"))


@dataclass(frozen=True, slots=True)
class _Acceptable:
    kind: str
    act: str
    """What the file calls it when a person accepted it."""
    evidence: str


_ACCEPTABLE: Final = (
    _Acceptable(SWAPPED, "device_accepted", "serial"),
    _Acceptable(CODEC_CHANGED, "codec_accepted", "codec"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDeps:
    """What the camera pages are made of."""

    clock: Clock
    campus_name: str
    book: CameraFiles
    files: Callable[[], Sequence[CameraFile]]
    """Of every point. Raises DatabaseError."""
    findings: Callable[[], Mapping[str, Sequence[Finding]]]
    """Open ones of each point and its device, oldest first, by the point's id."""
    measures: Callable[[], Mapping[str, StreamMeasure]]
    """How streams really come, by point."""
    held: Callable[[], Mapping[str, HeldReport]]
    """What devices said lately that they hold themselves, by device."""
    journal: Journal
    """The office's own: what people accept and ask for is told there."""


def camera_routes(deps: CameraDeps) -> APIRouter:
    """/cameras for everybody who may see how the campus stands; writing is for those who mend."""
    routes = APIRouter(prefix="/cameras", dependencies=[needs(Right.SEE_STATUS)])
    _list(routes, deps)
    _live(routes, deps)
    _sheet(routes, deps)
    _photo(routes, deps)
    _acts(routes, deps)
    _one(routes, deps)  # last, for its path takes any name
    return routes


def _may_write(request: Request) -> bool:
    person = person_of(request)
    return person is not None and person.duty.may(Right.MEND_FAULTS)


def _writer(request: Request) -> str:
    by = signer(request)
    if not _may_write(request):
        raise PageProblem(403, NOT_ALLOWED)
    return by


def _state(device: DeviceStatus | None) -> State:
    return _STATES[device.state] if device is not None else State.UNKNOWN


def _list(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.get("")
    def everything(request: Request) -> Response:
        return _list_page(deps, request)


def _list_page(deps: CameraDeps, request: Request, refused: UploadRefused | None = None) -> Response:
    texts, files = texts_of(request), deps.files()
    mistakes = refused.mistakes if refused else ()
    return page(
        request,
        "camera/list.html",
        files=files,
        complete=sum(file.complete for file in files),
        measures=deps.measures(),
        state_of=_state,
        mistakes=[(one.row, one.column, one.what.said(texts), one.right.said(texts)) for one in mistakes],
        mistake_count=refused.count if refused else 0,
        may_write=_may_write(request),
        status=422 if refused else 200,
        live_url=_LIVE,
    )


def _live(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: _version(deps), every_s=5.0)


def _version(deps: CameraDeps) -> str:
    """Another one when a device, a stream, a finding or a file became another; ages of words renew themselves."""
    shown = []
    measures, held, findings = deps.measures(), deps.held(), deps.findings()
    for file in deps.files():
        point, device = file.point, file.device
        told = (device.state, device.serial, device.firmware, device.mac, device.model) if device is not None else None
        wrong = [one.id for one in findings.get(point.id, ())]
        written = sorted(file.values.items()), file.has_photo
        shown.append((point.id, told, file.streams, measures.get(point.id), held.get(point.device), wrong, written))
    return f"{hash(repr(shown)):x}"


def _sheet(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.get("/sheet.xlsx")
    def out(request: Request) -> Response:
        report = camera_report(deps.files(), school=deps.campus_name, made_at_utc_ns=deps.clock.utc_ns())
        return spreadsheet_response(report, "cameras.xlsx")

    @routes.post("/sheet")
    def back(request: Request, upload: UploadForm) -> Response:
        by = _writer(request)
        known = {file.point.id for file in deps.files()}
        try:
            deps.book.write_many(read_camera_sheet(upload.file, known.__contains__), by=by)
        except UploadRefused as refused:
            return _list_page(deps, request, refused)
        return RedirectResponse("/cameras", 303)


def _photo(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.post("/photo")
    def add(request: Request, upload: UploadForm) -> Response:
        by, file = _writer(request), _file(deps, upload.texts.get("id", ""))
        try:
            deps.book.add_photo(file.point.id, photo_of(upload.file, texts_of(request)), by=by)
        except FieldError as wrong:
            return _file_page(deps, request, file, errors={wrong.field: wrong.text})
        except CameraFileError as wrong:
            return _file_page(deps, request, file, errors={"photo": str(wrong)})
        return RedirectResponse(f"/cameras/{file.point.id}", 303)

    @routes.get("/{point_id}/photo.jpg")
    def show(point_id: str) -> Response:
        found = photo(deps.book.path, point_id)
        if found is None:
            raise HTTPException(404)
        return Response(found, media_type="image/jpeg", headers={"cache-control": "no-cache"})


def _acts(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.post("/{point_id}/accept")
    def accept(request: Request, point_id: str) -> Response:
        by, file = _writer(request), _file(deps, point_id)
        changed = [(what, found) for what in _ACCEPTABLE if (found := _open(deps, file, what.kind)) is not None]
        if not changed:
            raise PageProblem(409, _NOT_SWAPPED)
        deps.journal.append(DeviceAccepted(device_id=file.point.device, by=by))
        for what, found in changed:
            before, after = (str(found.evidence.get(f"{what.evidence}_{when}", "")) for when in ("before", "now"))
            deps.book.note_act(point_id, what.act, before, after, by=by)
        return RedirectResponse(f"/cameras/{point_id}", 303)

    @routes.post("/{point_id}/retry")
    def retry(request: Request, point_id: str) -> Response:
        by, file = _writer(request), _file(deps, point_id)
        if _open(deps, file, REFUSED) is None:
            raise PageProblem(409, _NOT_REFUSED)
        deps.journal.append(LoginRetryAsked(device_id=file.point.device, by=by))
        deps.book.note_act(point_id, "login_retry", "", "", by=by)
        return RedirectResponse(f"/cameras/{point_id}", 303)


def _open(deps: CameraDeps, file: CameraFile, kind: str) -> Finding | None:
    return next((one for one in deps.findings().get(file.point.id, ()) if one.kind == kind), None)


def _one(routes: APIRouter, deps: CameraDeps) -> None:
    @routes.get("/{point_id}")
    def one(request: Request, point_id: str) -> Response:
        return _file_page(deps, request, _file(deps, point_id))

    @routes.post("/{point_id}")
    def write(request: Request, point_id: str, form: FormTexts) -> Response:
        by, file = _writer(request), _file(deps, point_id)
        values = {field: form[field.value] for field in Field if field.value in form}
        try:
            deps.book.write(point_id, values, by=by)
        except CameraFileError as wrong:
            return _file_page(deps, request, file, values=form, errors={wrong.field or "": str(wrong)})
        return RedirectResponse(f"/cameras/{point_id}", 303)


def _file(deps: CameraDeps, point_id: str) -> CameraFile:
    found = next((file for file in deps.files() if file.point.id == point_id), None)
    if found is None:
        raise HTTPException(404)
    return found


def _file_page(
    deps: CameraDeps,
    request: Request,
    file: CameraFile,
    *,
    values: Mapping[str, str] = _NOTHING,
    errors: Mapping[str, str] = _NOTHING,
) -> Response:
    texts = texts_of(request)
    findings = deps.findings().get(file.point.id, ())
    return page(
        request,
        "camera/file.html",
        {"errors": errors},
        status=422 if errors else 200,
        file=file,
        point=file.point,
        device=file.device,
        state=_state(file.device),
        measure=deps.measures().get(file.point.id),
        held=deps.held().get(file.point.device),
        live_url=_LIVE,
        fields=[
            (field.value, title, values.get(field.value, file.values.get(field, "")), field in DATES)
            for field, title in TITLES.items()
        ],
        longest=LONGEST,
        findings=findings,
        kinds={one.kind for one in findings},
        acceptable=any(what.kind == one.kind for what in _ACCEPTABLE for one in findings),
        refused_kind=REFUSED,
        words_of=words_of,
        evidence_of=lambda finding: evidence_text(finding.evidence, texts_of(request)),
        changes=[
            (change, change_words(change.field, texts), changed_by_words(change.changed_by, change.field, texts))
            for change in changes_of(deps.book.path, file.point.id)
        ],
        may_write=_may_write(request),
    )
