"""Expected visitors (预约来访) in the office: any member of staff enters one and sends the QR on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.record_words import NO_TIME, errors_of, moment_of_form
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.school_gate.patrol_point_routes import qr
from edge_agent.pages.visit.form import REASONS
from foundation.clock import NS_PER_S
from foundation.ids import is_id, new_id
from gate.expected import Expected, Guest, expected_by_id, read_expected, used_ids
from gate.host import is_for, staff_of_account
from gate.host_ask import HostAsk, open_asks
from gate.record import RecordRefusedError, UnknownRecordError
from gate.staff import StaffMember, read_staff
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.people import Person
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.stream import live

_PASSED: Final = Words(mark("门卫已经不等这个回答了"), mark("来访人已经登记或离开；要紧就打门卫电话。"))
_SHOWN_NS: Final = 7 * 24 * 3600 * NS_PER_S


def expected_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/expected."""
    routes = APIRouter(prefix="/gate/expected", dependencies=[needs(Right.EXPECT_VISITORS)])

    def own(request: Request, expected: Expected) -> bool:
        person = person_of(request)
        return person is None or person.id == expected.by_person or person.duty.may(Right.ARRANGE_GATE)

    def one_of(request: Request, expected_id: str) -> Expected:
        found = expected_by_id(deps.orders.path, expected_id) if is_id(expected_id) else None
        if found is None:
            raise HTTPException(404)
        if not own(request, found):
            raise PageProblem(403, NOT_ALLOWED)
        return found

    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str], expected_id: str = "") -> Response:
        now, texts = deps.clock.utc_ns(), texts_of(request)
        invited = tuple(
            one for one in read_expected(deps.orders.path, now - _SHOWN_NS, now + _SHOWN_NS) if own(request, one)
        )
        used = used_ids(deps.book, tuple(one.id for one in invited)) if deps.book.exists() else frozenset()
        person = person_of(request)
        return page(
            request,
            "school_gate/expected.html",
            status=422 if errors else 200,
            invited=[(one, one.id in used, one.until_utc_ns <= now) for one in reversed(invited)],
            values={"host": person.name if person else "", **values},
            errors=errors,
            asks=asks(request),
            own_staff=staff_of(person),
            staff_listed=bool(read_staff(deps.orders.path)),
            live_url="/gate/expected/live",
            reasons=[(reason, texts(reason)) for reason in REASONS],
            expected_id=expected_id or new_id(),
        )

    def asks(request: Request) -> tuple[HostAsk, ...]:
        """What the gate asks this person; whoever arranges the gate sees all."""
        person = person_of(request)
        every = open_asks(deps.book, deps.orders.path, deps.clock.utc_ns())
        if person is None or person.duty.may(Right.ARRANGE_GATE):
            return every
        own_staff = staff_of(person)
        return tuple(ask for ask in every if _asks(ask, person, own_staff))

    def staff_of(person: Person | None) -> StaffMember | None:
        """Who of the staff list this account is."""
        if person is None:
            return None
        return staff_of_account(read_staff(deps.orders.path), login=person.login, name=person.name)

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: str(hash(asks(request))))

    @routes.post("/asks/{ask_id}/{answer}")
    def answer_gate(request: Request, ask_id: str, answer: Literal["yes", "no"]) -> Response:
        if ask_id not in {ask.id for ask in asks(request)}:
            raise PageProblem(409, _PASSED)
        deps.orders.answers.answer(ask_id, welcome=answer == "yes", by=by_of(request))
        return RedirectResponse("/gate/expected", 303)

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("/{expected_id}")
    def invite(request: Request, expected_id: str, form: FormTexts) -> Response:
        if not is_id(expected_id):
            raise HTTPException(404)
        texts, person = texts_of(request), person_of(request)
        begins, until = moment_of_form(form, "day", "begins"), moment_of_form(form, "day", "until")
        if begins is None or until is None:
            return show(request, form, {"day": texts(NO_TIME)}, expected_id)
        names = ("name", "host", "reason", "phone", "organisation", "plate")
        try:
            deps.orders.expected.invite(
                expected_id=expected_id,
                guest=Guest(**{name: form.get(name, "") for name in names}),
                begins_utc_ns=begins,
                until_utc_ns=until,
                by_person=person.id if person else "",
                by=by_of(request),
            )
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts), expected_id)
        return RedirectResponse(f"/gate/expected/{expected_id}", 303)

    @routes.get("/{expected_id}")
    def code(request: Request, expected_id: str) -> Response:
        found = one_of(request, expected_id)
        return page(request, "school_gate/expected_code.html", expected=found, drawing=qr(found.code, scale=10))

    @routes.post("/{expected_id}/cancel")
    def cancel(request: Request, expected_id: str) -> Response:
        found = one_of(request, expected_id)
        try:
            deps.orders.expected.cancel(found.id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/expected", 303)

    return routes


def _asks(ask: HostAsk, person: Person, own_staff: StaffMember | None) -> bool:
    """Whether a question is for this person: for that member of staff, or by name where the host is on no list."""
    if ask.staff_id:
        return own_staff is not None and own_staff.id == ask.staff_id
    return is_for(ask.host, person.name)
