"""Alarms on the office pages (报警): all of them, each as a whole, what a person in the school says of one.

The office only reads alarms.sqlite; what a person says goes to the gatehouse by its socket, as from the command line.
Silent alarms that are not closed stand on no page that shows them by itself: the button may be under this very desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alarms.drill_rows import InputProof, input_proofs
from alarms.escalation import shown_by_itself, urging
from alarms.inputs.call import AcknowledgeCall, Call, CancelCall, Reply
from alarms.inputs.socket_client import NoAnswerError
from alarms.query import find_alarm, recent_alarms
from alarms.record import AlarmRecord
from config.alarm_input import AlarmInput
from config.campus import Campus
from edge_agent.pages.alarm.false_alarm import REASONS
from edge_agent.pages.alarm.routes import CALL_POLL_S, CALLS
from edge_agent.pages.alarm.wiring import school_calls
from edge_agent.pages.alarm.words import standing, step_word, wiring_words
from edge_agent.pages.fault.routes import signer
from foundation.clock import Clock
from foundation.ids import is_id
from foundation.sqlite import DatabaseError
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.nearby import address_of
from web.page import page, texts_of
from web.password import BusyError
from web.people import LockedOutError, PeopleBook, WrongLoginError
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.stream import events, live

_MOST: Final = 100
_REASON_LIMIT: Final = 200
_NO_ERRORS: Final[Mapping[str, str]] = {}
_UNREADABLE: Final = Words(mark("报警记录读不出来"), mark("报警照常发出。请稍后再试；仍不行时请技术员检查硬盘。"))
_NO_GATEHOUSE: Final = Words(mark("门卫室程序没有回答"), mark("请到门卫室屏幕上操作，或拨打 110。报警按钮另有通路。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOfficeDeps:
    """What the pages are made of; every callable is asked from worker threads."""

    clock: Clock
    campus: Campus
    alarms: Path
    inputs: tuple[AlarmInput, ...]
    points: Mapping[str, str]
    """Names of points by id."""
    people: PeopleBook
    ask: Callable[[Call], Reply]
    """Asks the gatehouse. Raises NoAnswerError."""
    is_duress: Callable[[str], bool]
    """Whether what was typed for a password is the duress PIN (胁迫密码)."""


@dataclass(frozen=True, slots=True)
class InputLine:
    """One button as the page lists it."""

    item: AlarmInput
    wiring: str
    proof: InputProof | None
    """When a press of it last reached the center."""


def alarm_office_routes(deps: AlarmOfficeDeps) -> APIRouter:
    """/alarms and the stream of calls that every office page listens to."""
    routes = APIRouter(dependencies=[needs(Right.SEE_STATUS)])
    _calls(routes, deps)
    _list(routes, deps)
    _one(routes, deps)
    _said(routes, deps)
    return routes


def _read(deps: AlarmOfficeDeps) -> Sequence[AlarmRecord]:
    try:
        return recent_alarms(deps.alarms, limit=_MOST) if deps.alarms.exists() else ()
    except DatabaseError as error:
        raise PageProblem(503, _UNREADABLE) from error


def _known(deps: AlarmOfficeDeps, alarm_id: str) -> AlarmRecord:
    try:
        found = find_alarm(deps.alarms, alarm_id) if is_id(alarm_id) and deps.alarms.exists() else None
    except DatabaseError as error:
        raise PageProblem(503, _UNREADABLE) from error
    if found is None:
        raise HTTPException(404)
    return found


def _may_call_off(request: Request) -> bool:
    person = person_of(request)
    return person is not None and (person.duty.may(Right.WORK_AT_GATE) or person.duty.may(Right.ARM_DRILL))


def _calls(routes: APIRouter, deps: AlarmOfficeDeps) -> None:
    def calls() -> str:
        try:
            return CALLS.dump_json(school_calls(_read(deps), deps.clock), by_alias=True).decode()
        except PageProblem:
            return "[]"  # the page that shows alarms says what is wrong

    @routes.get("/api/alarms/calls")
    async def call_events(request: Request) -> Response:
        return events(request, calls, every_s=CALL_POLL_S)

    @routes.get("/api/alarms/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            now_ns, boot_id = deps.clock.running_ns(), deps.clock.boot_id()
            return ",".join(
                f"{one.id[-6:]}{len(one.steps)}{urging(one, now_running_ns=now_ns, boot_id=boot_id)}"
                for one in _read(deps)
                if shown_by_itself(one)
            )

        return live(request, version)


def _list(routes: APIRouter, deps: AlarmOfficeDeps) -> None:
    @routes.get("/alarms")
    def everything(request: Request, silent: bool = False) -> Response:
        records, proofs, texts = _read(deps), _proofs(deps), texts_of(request)
        shown = [(one, standing(one, deps.clock, texts)) for one in records if silent or shown_by_itself(one)]
        lines = [InputLine(item, wiring_words(item, texts), proofs.get(item.id)) for item in deps.inputs]
        return page(request, "alarm/list.html", shown=shown, inputs=lines, silent=silent, live_url="/api/alarms/live")


def _proofs(deps: AlarmOfficeDeps) -> Mapping[str, InputProof]:
    try:
        return input_proofs(deps.alarms, [item.id for item in deps.inputs]) if deps.alarms.exists() else {}
    except DatabaseError as error:
        raise PageProblem(503, _UNREADABLE) from error


def _one(routes: APIRouter, deps: AlarmOfficeDeps) -> None:
    @routes.get("/alarms/{alarm_id}")
    def whole(request: Request, alarm_id: str) -> Response:
        return _whole(request, deps, alarm_id)


def _whole(
    request: Request, deps: AlarmOfficeDeps, alarm_id: str, *, status: int = 200, errors: Mapping[str, str] = _NO_ERRORS
) -> Response:
    alarm, texts, person = _known(deps, alarm_id), texts_of(request), person_of(request)
    return page(
        request,
        "alarm/one.html",
        status=status,
        alarm=alarm,
        standing=standing(alarm, deps.clock, texts),
        word_of=lambda kind: step_word(kind, alarm.purpose),
        campus=deps.campus,
        points=[(point, deps.points.get(point, point)) for point in alarm.nearest_points],
        reasons=[(texts(reason), texts(reason)) for reason in REASONS],
        errors=errors,
        may_call_off=_may_call_off(request),
        sees_pictures=person is not None and person.duty.may(Right.SEE_FOOTAGE),
        live_url="/api/alarms/live",
    )


def _said(routes: APIRouter, deps: AlarmOfficeDeps) -> None:
    def tell(call: Call) -> None:
        try:
            reply = deps.ask(call)
        except NoAnswerError as error:
            raise PageProblem(503, _NO_GATEHOUSE) from error
        if not reply.ok:
            raise PageProblem(503, _UNREADABLE)

    @routes.post("/alarms/{alarm_id}/acknowledge")
    def acknowledge(request: Request, alarm_id: str) -> Response:
        _known(deps, alarm_id)
        tell(AcknowledgeCall(alarm_id=alarm_id, person=signer(request)))
        return RedirectResponse(f"/alarms/{alarm_id}", 303)

    @routes.post("/alarms/{alarm_id}/false")
    def call_off(request: Request, alarm_id: str, form: FormTexts) -> Response:
        who, texts, errors = signer(request), texts_of(request), dict[str, str]()
        if not _may_call_off(request):
            raise PageProblem(403, NOT_ALLOWED)
        reason = " ".join((form.get("other") or form.get("reason", "")).split())[:_REASON_LIMIT]
        if not reason:
            errors["reason"] = texts(mark("请选原因，或写明原因"))
        forced = deps.is_duress(form.get("password", ""))
        wrong = _password_error(request, deps, form.get("password", ""))
        if wrong and not forced:
            errors["password"] = wrong
        if errors:
            return _whole(request, deps, alarm_id, status=422, errors=errors)
        pin = form.get("password", "") if forced else ""
        tell(CancelCall(alarm_id=alarm_id, person=who, reason=reason, pin=pin))
        return RedirectResponse(f"/alarms/{alarm_id}", 303)


def _password_error(request: Request, deps: AlarmOfficeDeps, password: str) -> str:
    # Asked again: a computer left open must not call an alarm off.
    texts, person = texts_of(request), person_of(request)
    assert person is not None, "signer has refused before"
    try:
        deps.people.log_out(deps.people.log_in(person.login, password, address=address_of(request)))
    except WrongLoginError:
        return texts(mark("密码不对"))
    except (LockedOutError, BusyError):
        return texts(mark("试错太多次，请稍后再试，或到门卫室屏幕上操作"))
    return ""
