"""Parents' meetings (家长会) in the office: called with a whole list from a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import UploadForm
from edge_agent.pages.record_words import NO_TIME, errors_of, moment_of_form
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.upload_mistakes import ShownMistakes, shown_mistakes
from foundation.clock import NS_PER_S
from foundation.ids import is_id, new_id
from gate.meeting import NewAttendee, read_attendance, read_meeting, read_meetings
from gate.record import RecordRefusedError, UnknownRecordError
from web.document.reading.header import Field
from web.document.reading.mistake import UploadRefused
from web.document.reading.parse import phone, text
from web.document.reading.upload import read_upload
from web.duty import Right
from web.login import needs
from web.page import page, texts_of

MEETING_PATH: Final = "/gate/meetings"
_SHOWN_NS: Final = 60 * 24 * 3600 * NS_PER_S
_NAME: Final[Field[str]] = Field(name="家长姓名", parse=text(longest=100), aliases=("姓名", "家长"))
_PUPIL: Final[Field[str]] = Field(name="学生姓名", parse=text(longest=100), aliases=("学生", "孩子"), required=False)
_CLASS: Final[Field[str]] = Field(name="班级", parse=text(longest=40), aliases=("年级班级",), required=False)
_PHONE: Final[Field[str]] = Field(name="电话", parse=phone(), aliases=("手机", "手机号", "联系电话"), required=False)
_FIELDS: Final[Sequence[Field[Any]]] = (_NAME, _PUPIL, _CLASS, _PHONE)


def read_attendees(data: bytes) -> list[NewAttendee]:
    """The rows of a spreadsheet. Raises UploadRefused with every mistake."""
    return [
        NewAttendee(
            name=row[_NAME],
            pupil=row.get(_PUPIL) or "",
            class_name=row.get(_CLASS) or "",
            phone=row.get(_PHONE) or "",
        )
        for row in read_upload(data, _FIELDS).rows
    ]


def meeting_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/meetings."""
    routes = APIRouter(prefix="/gate/meetings", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(
        request: Request,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        mistakes: ShownMistakes | None = None,
    ) -> Response:
        now = deps.clock.utc_ns()
        meetings = read_meetings(deps.orders.path, now - _SHOWN_NS, now + _SHOWN_NS)
        return page(
            request,
            "school_gate/meetings.html",
            status=422 if errors or mistakes else 200,
            meetings=[(one, *_figures(deps, one.id)) for one in reversed(meetings)],
            values=values,
            errors=errors,
            mistakes=mistakes,
            meeting_id=values.get("meeting_id") or new_id(),
        )

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("")
    def call(request: Request, upload: UploadForm) -> Response:
        form, texts = upload.texts, texts_of(request)
        begins, ends = moment_of_form(form, "day", "begins"), moment_of_form(form, "day", "ends")
        meeting_id = form.get("meeting_id", "")
        if not is_id(meeting_id):
            raise HTTPException(422)
        if begins is None or ends is None:
            return show(request, form, {"day": texts(NO_TIME)})
        try:
            deps.orders.meetings.call(
                meeting_id=meeting_id,
                title=form.get("title", ""),
                place=form.get("place", ""),
                begins_utc_ns=begins,
                ends_utc_ns=ends,
                attendees=read_attendees(upload.file),
                by=by_of(request),
            )
        except UploadRefused as refused:
            return show(request, form, {}, shown_mistakes(refused, texts))
        except RecordRefusedError as refused_record:
            return show(request, form, errors_of(refused_record, texts))
        return RedirectResponse("/gate/meetings", 303)

    @routes.post("/{meeting_id}/cancel")
    def cancel(request: Request, meeting_id: str) -> Response:
        try:
            deps.orders.meetings.cancel(meeting_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/meetings", 303)

    return routes


def _figures(deps: SchoolGateDeps, meeting_id: str) -> tuple[int, int]:
    """How many were asked, how many came."""
    found = read_meeting(deps.orders.path, meeting_id)
    came = read_attendance(deps.book, meeting_id).ticks if deps.book.exists() else {}
    return len(found[1]) if found else 0, len(came)
