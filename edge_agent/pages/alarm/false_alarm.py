"""误报 at the gate: a second act of the person on duty, with a reason and the person's PIN. The sending goes on.

With the duress PIN (胁迫密码) every word and every way of this page is the same, and the center is called for help.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from alarms.amendment import NotStoredError
from edge_agent.pages.alarm.routes import AlarmDeps, known
from edge_agent.pages.door.pin import PinCheck, PinRefused
from edge_agent.pages.screen.station import station_of
from gate.duty import Duty
from gate.stations import Station
from web.form import FormTexts
from web.language import mark
from web.page import page, texts_of
from web.people import PinHolder

REASONS: Final = (mark("误碰按钮"), mark("学生误按"), mark("试按，忘了先报演练"), mark("情况已解除"))
_REASON_LIMIT: Final = 200


def alarm_false_routes(deps: AlarmDeps, pins: PinCheck, duty_of: Callable[[Station], Duty | None]) -> APIRouter:
    """/alarm/ID/false: first the reason, then name and PIN."""
    routes = APIRouter(prefix="/alarm/{alarm_id}/false")

    def person_of(request: Request, wanted: str) -> PinHolder | None:
        if wanted:
            return pins.holder(wanted)
        duty = duty_of(station_of(request))
        return pins.holder(duty.person_id) if duty else None

    def show(
        request: Request, alarm_id: str, reason: str, person: str, *, status: int = 200, error: str = ""
    ) -> Response:
        holder = person_of(request, "" if person == "other" else person)
        return page(
            request,
            "alarm/false_alarm.html",
            status=status,
            alarm=known(deps, alarm_id),
            reasons=REASONS,
            reason=reason,
            holder=None if person == "other" else holder,
            holders=pins.holders(),
            error=error,
        )

    @routes.get("")
    def ask(request: Request, alarm_id: str, reason: str = "", other: str = "", person: str = "") -> Response:
        return show(request, alarm_id, _one_line(other) or _one_line(reason), person)

    @routes.post("")
    def call_off(request: Request, alarm_id: str, form: FormTexts) -> Response:
        texts, station = texts_of(request), station_of(request)
        known(deps, alarm_id)
        reason, person, pin = _one_line(form.get("reason", "")), form.get("person", ""), form.get("pin", "")
        holder = pins.holder(person)
        if holder is None or not reason:
            return show(request, alarm_id, reason, "other", status=422, error=texts(mark("请先点自己的名字")))
        refused: PinRefused | None = None
        try:
            pins.check(holder, station, pin, texts, also=deps.is_duress)
        except PinRefused as error:
            refused = error
        forced = deps.is_duress(pin)  # also while the screen makes a guesser wait: that call goes out all the same
        if refused is None or forced:
            try:
                deps.call_off(alarm_id, holder.name, reason, pin if forced else "")
            except NotStoredError:
                later = texts(mark("暂时存不下来，请再按一次。报警照常在发送。"))
                return show(request, alarm_id, reason, person, status=503, error=later)
        if refused is not None:
            return show(request, alarm_id, reason, person, status=refused.status, error=str(refused))
        return RedirectResponse(f"/alarm/{alarm_id}", 303)

    return routes


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_REASON_LIMIT]
