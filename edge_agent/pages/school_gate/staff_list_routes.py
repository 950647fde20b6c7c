"""Staff and hosts (教职工名册) in the office: from a spreadsheet, mended one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import UploadForm
from edge_agent.pages.record_words import errors_of
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.upload_mistakes import ShownMistakes, shown_mistakes
from foundation.ids import is_id
from gate.record import RecordRefusedError
from gate.staff import ListChange, NewStaff, read_staff
from web.document.reading.header import Field
from web.document.reading.mistake import UploadRefused
from web.document.reading.parse import phone, text
from web.document.reading.upload import read_upload
from web.duty import Right
from web.form import FormTexts
from web.login import needs
from web.page import page, texts_of

STAFF_PATH: Final = "/gate/staff/import"
_NUMBER: Final[Field[str]] = Field(name="工号", parse=text(longest=40), aliases=("编号", "教工号"), unique=True)
_NAME: Final[Field[str]] = Field(name="姓名", parse=text(longest=100), aliases=("教师", "教职工"))
_DEPARTMENT: Final[Field[str]] = Field(
    name="部门", parse=text(longest=100), aliases=("年级", "科室", "处室", "岗位"), required=False
)
_PHONE: Final[Field[str]] = Field(name="电话", parse=phone(), aliases=("手机", "手机号", "联系电话"), required=False)
_FIELDS: Final[Sequence[Field[Any]]] = (_NUMBER, _NAME, _DEPARTMENT, _PHONE)


def read_staff_list(data: bytes) -> list[NewStaff]:
    """The rows of a spreadsheet. Raises UploadRefused with every mistake."""
    return [
        NewStaff(
            number=row[_NUMBER], name=row[_NAME], department=row.get(_DEPARTMENT) or "", phone=row.get(_PHONE) or ""
        )
        for row in read_upload(data, _FIELDS).rows
    ]


def staff_list_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/staff."""
    routes = APIRouter(prefix="/gate/staff", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(
        request: Request,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        *,
        mistakes: ShownMistakes | None = None,
        change: ListChange | None = None,
    ) -> Response:
        return page(
            request,
            "school_gate/staff_list.html",
            status=422 if errors or mistakes else 200,
            staff=read_staff(deps.orders.path),
            values=values,
            errors=errors,
            mistakes=mistakes,
            change=change,
        )

    @routes.get("")
    def everybody(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("")
    def keep(request: Request, form: FormTexts) -> Response:
        names = ("number", "name", "department", "phone")
        new = NewStaff(**{name: form.get(name, "") for name in names})
        try:
            deps.orders.staff.keep(new, by=by_of(request))
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts_of(request)))
        return RedirectResponse("/gate/staff", 303)

    @routes.post("/import")
    def take_list(request: Request, upload: UploadForm) -> Response:
        texts = texts_of(request)
        try:
            change = deps.orders.staff.replace(read_staff_list(upload.file), by=by_of(request))
        except UploadRefused as refused:
            return show(request, {}, {}, mistakes=shown_mistakes(refused, texts))
        except RecordRefusedError as refused_record:
            return show(request, {}, {"file": next(iter(errors_of(refused_record, texts).values()))})
        return show(request, {}, {}, change=change)

    @routes.post("/{staff_id}/end")
    def end(request: Request, staff_id: str) -> Response:
        if not is_id(staff_id):
            raise HTTPException(404)
        deps.orders.staff.end(staff_id, by=by_of(request))
        return RedirectResponse("/gate/staff", 303)

    return routes
