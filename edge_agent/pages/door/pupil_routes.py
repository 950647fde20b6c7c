"""Pupils who leave in school time (学生离校) on a gate screen: by a slip, or with a named approver."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.approvers import approver_names
from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.record_words import errors_of
from edge_agent.pages.screen.station import station_of
from foundation.clock import beijing_day
from foundation.ids import new_id
from gate.hours import DAY_MINUTES, moment_of
from gate.leave_slip import (
    Fetching,
    pupil_out_by_id,
    read_pupils_out,
    read_slips,
    slip_by_id,
    used_slips,
)
from gate.record import RecordRefusedError
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of

RELATIONS = (mark("父亲"), mark("母亲"), mark("爷爷奶奶"), mark("外公外婆"), mark("老师"), mark("本人"))


def pupil_door_routes(deps: DoorDeps) -> APIRouter:
    """/pupils for gate screens."""
    routes = APIRouter(prefix="/pupils")

    def form_page(request: Request, values: Mapping[str, str], errors: Mapping[str, str], out_id: str) -> Response:
        texts = texts_of(request)
        return page(
            request,
            "door/pupil_form.html",
            status=422 if errors else 200,
            values=values,
            errors=errors,
            out_id=out_id,
            relations=[(word, texts(word)) for word in RELATIONS],
            approvers=approver_names(deps.orders, deps.clock.utc_ns()),
        )

    @routes.get("")
    def slips(request: Request) -> Response:
        now = deps.clock.utc_ns()
        day = beijing_day(now)
        first, last = moment_of(day, 0), moment_of(day, DAY_MINUTES)
        todays = read_slips(deps.orders, first, last)
        used = used_slips(deps.book.path, todays)
        return page(
            request,
            "door/pupil_slips.html",
            slips=[(slip, slip.opens_at(now)) for slip in todays if slip.id not in used],
            left=read_pupils_out(deps.book.path, first, last),
            new_id=new_id,
        )

    @routes.get("/without")
    def without_slip(request: Request) -> Response:
        return form_page(request, {}, {}, new_id())

    @routes.post("/without/{out_id}")
    def leave_by_word(request: Request, out_id: str, form: FormTexts) -> Response:
        check(out_id)
        station = station_of(request)
        names = ("pupil", "class_name", "adult", "relation", "phone", "reason")
        fetching = Fetching(**{name: form.get(name, "") for name in names})
        approver = form.get("approver_other", "").strip() or form.get("approver", "")
        try:
            deps.door.pupils.leave_by_word(
                out_id=out_id,
                fetching=fetching,
                approver=approver,
                gate_id=deps.gate_of(station).id,
                guard=deps.guard_of(station),
            )
        except RecordRefusedError as refused:
            return form_page(request, form, errors_of(refused, texts_of(request)), out_id)
        return RedirectResponse(f"/pupils/{out_id}/done", 303)

    @routes.post("/{slip_id}/leave/{out_id}")
    def leave(request: Request, slip_id: str, out_id: str) -> Response:
        check(slip_id, out_id)
        station, slip = station_of(request), slip_by_id(deps.orders, slip_id)
        if slip is None:
            raise HTTPException(404)
        with record_words():
            deps.door.pupils.leave_with_slip(
                out_id=out_id, slip=slip, gate_id=deps.gate_of(station).id, guard=deps.guard_of(station)
            )
        return RedirectResponse(f"/pupils/{out_id}/done", 303)

    @routes.get("/{out_id}/done")
    def done(request: Request, out_id: str) -> Response:
        check(out_id)
        left = pupil_out_by_id(deps.book.path, out_id)
        if left is None:
            raise HTTPException(404)
        return page(request, "door/pupil_done.html", left=left)

    @routes.post("/{out_id}/undo")
    def undo(request: Request, out_id: str) -> Response:
        check(out_id)
        with record_words():
            deps.door.pupils.undo(out_id=out_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/pupils/{out_id}/done", 303)

    return routes
