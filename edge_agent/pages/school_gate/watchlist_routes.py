"""The watchlist in the office (布控名单): one by one with a picture, or from a spreadsheet; at the gate at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import UPLOAD_LIMIT_BYTES, FieldError, UploadForm, photo_of
from edge_agent.pages.record_words import errors_of
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.upload_mistakes import ShownMistakes, shown_mistakes
from edge_agent.pages.visit.words import CERTAINTIES
from foundation.clock import beijing_day
from foundation.ids import is_id
from gate.record import RecordRefusedError, UnknownRecordError
from gate.visit import masked
from gate.watch import Watched, tidy_watched, watched_troubles
from gate.watch_book import read_watchlist, recent_hits
from web.document.reading.header import Field
from web.document.reading.mistake import Mistake, Sentence, UploadRefused
from web.document.reading.parse import day, text
from web.document.reading.upload import MOST_BYTES, read_upload
from web.duty import Right
from web.language import mark
from web.login import needs
from web.page import page, texts_of

WATCH_BODY_LIMITS: Final = {
    "/gate/watchlist": UPLOAD_LIMIT_BYTES,
    "/gate/watchlist/import": MOST_BYTES + 10_000,
}
_BETWEEN: Final = re.compile(r"[\n\r,，、;；/]+")
_NAMES: Final[Field[str]] = Field(name="姓名", parse=text(longest=200), required=False)
_ALIASES: Final[Field[str]] = Field(name="别名", parse=text(longest=500), aliases=("曾用名", "绰号"), required=False)
_PHONES: Final[Field[str]] = Field(name="电话", parse=text(longest=500), aliases=("手机", "手机号"), required=False)
_PLATES: Final[Field[str]] = Field(name="车牌", parse=text(longest=500), aliases=("车牌号",), required=False)
_DOCUMENTS: Final[Field[str]] = Field(
    name="证件号码", parse=text(longest=500), aliases=("身份证号", "身份证", "证件号"), required=False
)
_REASON: Final[Field[str]] = Field(name="原因", parse=text(longest=200), aliases=("布控原因", "事由"))
_FROM: Final[Field[date]] = Field(name="开始日期", parse=day(), aliases=("开始",), required=False)
_UNTIL: Final[Field[date]] = Field(name="结束日期", parse=day(), aliases=("结束", "到期"), required=False)
_FIELDS: Final[Sequence[Field[Any]]] = (_NAMES, _ALIASES, _PHONES, _PLATES, _DOCUMENTS, _REASON, _FROM, _UNTIL)


def read_watch_rows(data: bytes, today: date) -> list[Watched]:
    """The rows of a spreadsheet; several numbers in a cell are parted by 、.

    Raises UploadRefused with every mistake.
    """
    found, mistakes = [], []
    for row in read_upload(data, _FIELDS).rows:
        watched = tidy_watched(
            Watched(
                names=(*_parts(row.get(_NAMES)), *_parts(row.get(_ALIASES))),
                phones=_parts(row.get(_PHONES)),
                plates=_parts(row.get(_PLATES)),
                documents=_parts(row.get(_DOCUMENTS)),
                reason=row[_REASON],
                from_day=row.get(_FROM) or today,
                until_day=row.get(_UNTIL),
            )
        )
        found.append(watched)
        mistakes += [
            Mistake(row.number, _COLUMN[field].name, Sentence(_WHAT[field]), Sentence(_RIGHT[field]))
            for field in watched_troubles(watched)
        ]
    if mistakes:
        raise UploadRefused(mistakes)
    return found


_COLUMN: Final[Mapping[str, Field[Any]]] = {
    "names": _NAMES,
    "phones": _PHONES,
    "plates": _PLATES,
    "documents": _DOCUMENTS,
    "reason": _REASON,
    "until_day": _UNTIL,
}
_TOO_LONG: Final = mark("内容太长或太多")
_SHORTER: Final = mark("一格最多 20 个，每个最多 100 字。")
_WHAT: Final = {
    "names": mark("这一行认不出是谁"),
    "phones": mark("电话的位数不对"),
    "plates": _TOO_LONG,
    "documents": _TOO_LONG,
    "reason": mark("没有写原因，或太长"),
    "until_day": mark("结束日期早于开始日期"),
}
_RIGHT: Final = {
    "names": mark("姓名、电话、车牌、证件号码至少写一样，姓名最多 20 个。"),
    "phones": mark("请核对，几个电话用顿号分开。"),
    "plates": _SHORTER,
    "documents": _SHORTER,
    "reason": mark("请写明原因，最多 200 字。"),
    "until_day": mark("请改日期，或把结束日期空着。"),
}


def watchlist_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/watchlist for who may see visitors' numbers."""
    routes = APIRouter(prefix="/gate/watchlist", dependencies=[needs(Right.REVEAL_VISITOR)])

    def today() -> date:
        return beijing_day(deps.clock.utc_ns())

    def show(
        request: Request,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        mistakes: ShownMistakes | None = None,
        taken: int = 0,
    ) -> Response:
        return page(
            request,
            "school_gate/watchlist.html",
            status=422 if errors or mistakes else 200,
            entries=read_watchlist(deps.orders.path),
            today=today(),
            hits=recent_hits(deps.book) if deps.book.exists() else (),
            certainties=CERTAINTIES,
            masked=masked,
            values={"from_day": today().isoformat(), **values},
            errors=errors,
            mistakes=mistakes,
            taken=taken,
        )

    @routes.get("")
    def everybody(request: Request, taken: int = 0) -> Response:
        return show(request, {}, {}, taken=taken)

    @routes.post("")
    def add(request: Request, upload: UploadForm) -> Response:
        texts, form = texts_of(request), upload.texts
        try:
            watched = Watched(
                names=(*_parts(form.get("names")), *_parts(form.get("aliases"))),
                phones=_parts(form.get("phones")),
                plates=_parts(form.get("plates")),
                documents=_parts(form.get("documents")),
                reason=form.get("reason", ""),
                from_day=_day(form, "from_day") or today(),
                until_day=_day(form, "until_day"),
            )
            picture = photo_of(upload.file, texts) if upload.file else None
            deps.orders.watch.add([watched], by=by_of(request), picture=picture)
        except FieldError as wrong:
            return show(request, form, {wrong.field: wrong.text})
        except ValueError:
            return show(request, form, {"until_day": texts(mark("日期写成 2026-11-21 这样"))})
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts))
        return RedirectResponse("/gate/watchlist?taken=1", 303)

    @routes.post("/import")
    def take(request: Request, upload: UploadForm) -> Response:
        try:
            rows = read_watch_rows(upload.file, today())
            ids = deps.orders.watch.add(rows, by=by_of(request))
        except UploadRefused as refused:
            return show(request, {}, {}, shown_mistakes(refused, texts_of(request)))
        return RedirectResponse(f"/gate/watchlist?taken={len(ids)}", 303)

    @routes.post("/{watch_id}/end")
    def end(request: Request, watch_id: str) -> Response:
        if not is_id(watch_id):
            raise HTTPException(404)
        try:
            deps.orders.watch.end(watch_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/watchlist", 303)

    return routes


def _parts(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in _BETWEEN.split(cell or "") if part.strip())


def _day(form: Mapping[str, str], name: str) -> date | None:
    typed = form.get(name, "").strip()
    return date.fromisoformat(typed) if typed else None
