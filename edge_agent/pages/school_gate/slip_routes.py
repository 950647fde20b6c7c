"""Pupils' leave slips (请假条) in the office: a teacher writes one, the gate has it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.pupil_routes import RELATIONS
from edge_agent.pages.record_words import NO_TIME, errors_of, moment_of_form
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from foundation.clock import NS_PER_S
from foundation.ids import is_id, new_id
from gate.leave_slip import Fetching, Slip, read_slips, slip_by_id, used_slips
from gate.record import RecordRefusedError, UnknownRecordError
from web.duty import Right
from web.form import FormTexts
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem

_SHOWN_NS: Final = 7 * 24 * 3600 * NS_PER_S


def slip_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/slips."""
    routes = APIRouter(prefix="/gate/slips", dependencies=[needs(Right.EXPECT_VISITORS)])

    def own(request: Request, slip: Slip) -> bool:
        person = person_of(request)
        return person is None or person.id == slip.by_person or person.duty.may(Right.ARRANGE_GATE)

    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str], slip_id: str = "") -> Response:
        now, texts = deps.clock.utc_ns(), texts_of(request)
        slips = tuple(
            one for one in read_slips(deps.orders.path, now - _SHOWN_NS, now + _SHOWN_NS) if own(request, one)
        )
        used = used_slips(deps.book, slips) if deps.book.exists() else frozenset()
        return page(
            request,
            "school_gate/slips.html",
            status=422 if errors else 200,
            slips=[(one, one.id in used, one.until_utc_ns <= now) for one in reversed(slips)],
            values=values,
            errors=errors,
            relations=[(word, texts(word)) for word in RELATIONS],
            slip_id=slip_id or new_id(),
        )

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("/{slip_id}")
    def write(request: Request, slip_id: str, form: FormTexts) -> Response:
        if not is_id(slip_id):
            raise HTTPException(404)
        texts, person = texts_of(request), person_of(request)
        begins, until = moment_of_form(form, "day", "begins"), moment_of_form(form, "day", "until")
        if begins is None or until is None:
            return show(request, form, {"day": texts(NO_TIME)}, slip_id)
        names = ("pupil", "class_name", "adult", "relation", "phone", "reason")
        try:
            deps.orders.slips.write(
                slip_id=slip_id,
                fetching=Fetching(**{name: form.get(name, "") for name in names}),
                begins_utc_ns=begins,
                until_utc_ns=until,
                by_person=person.id if person else "",
                by=by_of(request),
            )
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts), slip_id)
        return RedirectResponse("/gate/slips", 303)

    @routes.post("/{slip_id}/cancel")
    def cancel(request: Request, slip_id: str) -> Response:
        found = slip_by_id(deps.orders.path, slip_id) if is_id(slip_id) else None
        if found is None:
            raise HTTPException(404)
        if not own(request, found):
            raise PageProblem(403, NOT_ALLOWED)
        try:
            deps.orders.slips.cancel(slip_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/slips", 303)

    return routes
