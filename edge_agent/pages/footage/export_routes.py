"""Exports on the office pages (录像导出): ask for one, watch it grow, take it away; each file that leaves is logged."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from edge_agent.access_log import AccessKind
from edge_agent.export_zip import zip_of
from edge_agent.exports import KEPT_DAYS, ExportState, NoRoomError, NothingThereError
from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.footage.deps import NO_CATALOGUE, NOT_NOTED, FootageDeps, reason_of, span_of, who_of
from edge_agent.pages.footage.film import answer_range, unreadable
from edge_agent.pages.footage.words import EXPORT_SIGNS, EXPORT_STATES, trouble_word
from foundation.clock import NS_PER_S, beijing
from foundation.ids import is_id
from foundation.sqlite import DatabaseError
from storage.days import NS_PER_MS, day_of
from web import figures
from web.duty import Right
from web.form import FormTexts
from web.language import Catalogue, mark
from web.login import needs
from web.page import page, texts_of
from web.problem import PageProblem
from web.stream import live

_POINT: Final = "point-"
_NOTHING: Final[Mapping[str, str]] = {}
_ONE_DOWNLOAD_S: Final = 3600
_PIECE_BYTES: Final = 256 * 1024
_TYPES: Final = {".mp4": "video/mp4", ".json": "application/json", ".html": "text/html; charset=utf-8"}
_WAITING: Final = frozenset({ExportState.WAITING, ExportState.WORKING})


def export_routes(deps: FootageDeps) -> APIRouter:
    """/exports for those who may take footage away."""
    routes = APIRouter(prefix="/exports", dependencies=[needs(Right.EXPORT_FOOTAGE)])
    downloads = _Downloads(deps)

    @routes.get("")
    def everything(request: Request) -> Response:
        return _page(deps, request)

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, deps.desk.version)

    @routes.post("")
    def order(request: Request, form: FormTexts) -> Response:
        texts = texts_of(request)
        try:
            points = _points(deps, form, texts)
            _order(deps, request, points, span_of(form, texts), reason_of(form, texts), texts)
        except FieldError as wrong:
            return _page(deps, request, errors={wrong.field: wrong.text}, form=form)
        except DatabaseError as error:
            raise PageProblem(503, NOT_NOTED) from error
        return RedirectResponse("/exports", 303)

    @routes.post("/{export_id}/stop")
    def stop(export_id: str) -> Response:
        deps.desk.stop(export_id)
        return RedirectResponse("/exports", 303)

    @routes.get("/{export_id}/all.zip")
    def whole(request: Request, export_id: str) -> Response:
        access = deps.log.find(export_id) if is_id(export_id) else None
        row = next((each for each in deps.desk.rows() if each.access.id == export_id), None)
        if access is None or row is None or row.state is not ExportState.READY:
            raise HTTPException(404)
        files = [path for name in row.files if (path := deps.desk.file(export_id, name))]
        name = f"footage-{beijing(access.from_ms * NS_PER_MS):%Y%m%d-%H%M%S}"
        downloads.note(request, export_id, "all.zip")
        return StreamingResponse(
            zip_of(files, name, access.at_utc_ns),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
        )

    @routes.get("/{export_id}/{name}")
    @routes.head("/{export_id}/{name}")
    def one(request: Request, export_id: str, name: str) -> Response:
        path = deps.desk.file(export_id, name) if is_id(export_id) else None
        if path is None:
            raise HTTPException(404)
        downloads.note(request, export_id, name)
        size = path.stat().st_size
        return answer_range(
            request,
            size=size,
            etag=f'"{export_id}-{size}"',
            read=lambda start, end: _pieces(path, start, end),
            media_type=_TYPES.get(path.suffix, "application/octet-stream"),
            name=name,
        )

    return routes


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_PIECE_BYTES, end - start))):
            start += len(piece)
            yield piece


class _Downloads:
    """Writes down who takes which file; the pieces in which a browser fetches one are one download."""

    def __init__(self, deps: FootageDeps) -> None:
        self._deps = deps
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str, str], int] = {}

    def note(self, request: Request, export_id: str, name: str) -> None:
        """Returns once it is on the disk. Raises PageProblem."""
        who, now_ns = who_of(request), self._deps.clock.running_ns()
        key = (who.login, export_id, name)
        with self._lock:
            self._noted = {each: at for each, at in self._noted.items() if now_ns - at < _ONE_DOWNLOAD_S * NS_PER_S}
            if key in self._noted:
                return
        export = self._deps.log.find(export_id)
        assert export is not None
        try:
            self._deps.log.note(
                AccessKind.DOWNLOAD, who, export.points, (export.from_ms, export.to_ms), name, about=export_id
            )
        except DatabaseError as error:
            raise PageProblem(503, NOT_NOTED) from error
        with self._lock:
            self._noted[key] = now_ns


def _points(deps: FootageDeps, form: Mapping[str, str], texts: Catalogue) -> list[str]:
    chosen = [point for point in deps.points() if _POINT + point in form]
    if not chosen:
        raise FieldError("points", texts(mark("请选择点位")))
    return chosen


def _order(
    deps: FootageDeps, request: Request, points: list[str], span_ms: tuple[int, int], reason: str, texts: Catalogue
) -> None:
    try:
        deps.desk.order(who_of(request), points, span_ms, reason)
    except NothingThereError as none:
        raise FieldError("from", texts(mark("这段时间没有可以导出的录像"))) from none
    except NoRoomError as error:
        text = mark("磁盘空间不够：需要 %(needed)s，还有 %(free)s。请缩短时段，或等旧的导出到期删除。")
        needed, free = figures.size(error.needed_bytes), figures.size(error.free_bytes)
        raise FieldError("points", texts(text, needed=needed, free=free)) from error
    except OSError as error:
        raise unreadable(error) from error


def _page(
    deps: FootageDeps,
    request: Request,
    *,
    errors: Mapping[str, str] = _NOTHING,
    form: Mapping[str, str] = _NOTHING,
) -> Response:
    try:
        rows, points = deps.desk.rows(), deps.points()
    except DatabaseError as error:
        raise PageProblem(503, NO_CATALOGUE) from error
    today = day_of(deps.now_ms()).isoformat()
    day = form.get("day", "")
    values = {
        name: f"{day} {form[name]}" if day and form.get(name) else form.get(name, f"{today} {hour}")
        for name, hour in (("from", "07:00:00"), ("to", "08:00:00"))
    }
    return page(
        request,
        "footage/exports.html",
        status=422 if errors else 200,
        rows=rows,
        points=points,
        chosen={point for point in points if _POINT + point in form},
        values={**values, "reason": form.get("reason", "")},
        errors=errors,
        states=EXPORT_STATES,
        signs=EXPORT_SIGNS,
        waiting=_WAITING,
        trouble_word=trouble_word,
        kept_days=KEPT_DAYS,
        gone_ns=KEPT_DAYS * 86_400 * NS_PER_S,
        live_url="/exports/live",
    )
