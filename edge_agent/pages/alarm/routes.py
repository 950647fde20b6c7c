"""The alarm on the gate page (一键报警): taking the press, showing each step, calling other screens in the school.

Asyncio only carries the words: a press runs at once on a thread kept for presses, never behind other pages' work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from alarms.amendment import NotStoredError
from config.alarm_input import AlarmInput
from edge_agent.pages.screen.station import station_of
from edge_agent.pages.status.model import AlarmStatus, StatusModel
from foundation.ids import RecordId, is_id
from gate.stations import Station
from web.language import mark
from web.page import page
from web.problem import PageProblem, Words
from web.stream import events

STEP_POLL_S = 0.2
CALL_POLL_S = 0.4
_NOT_KEPT = Words(mark("暂时存不下来"), mark("请过一会儿再按一次。报警照常在发送，不受影响。"))


class SchoolCall(StatusModel):
    """An alarm that calls for people in the school now (校内呼叫)."""

    alarm: AlarmStatus
    louder: bool
    """Nobody in the school has acknowledged it for a minute."""
    call_police: bool
    """拨打110: no receipt for 15 s."""


CALLS = TypeAdapter(tuple[SchoolCall, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeps:
    """The alarm line as the pages need it; all may be called from any thread."""

    press: Callable[[str, str], str]
    """press(press_id, input_id): the alarm's id, once it is on its way; the same press again is the same alarm."""
    alarm: Callable[[str], AlarmStatus | None]
    """How far an alarm got."""
    calls: Callable[[], tuple[SchoolCall, ...]]
    """Alarms that call for people, newest first; never a silent one."""
    acknowledge: Callable[[str, str], object]
    """acknowledge(alarm_id, person): 校内确认. Raises NotStoredError."""
    call_off: Callable[[str, str, str, str], object]
    """call_off(alarm_id, person, reason, pin): 误报, told to the center; it decides. Raises NotStoredError."""
    is_duress: Callable[[str], bool]
    """Whether a PIN is the duress PIN (胁迫密码)."""


class PressBody(BaseModel):
    """What the button sends: an id that the page made, repeated until answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: RecordId


def alarm_routes(
    deps: AlarmDeps, input_of: Callable[[Station], AlarmInput], guard_of: Callable[[Station], str | None]
) -> APIRouter:
    """Routes of the alarm; `input_of` gives the alarm input that a screen's button is, `guard_of` who is on duty."""
    routes = APIRouter()
    presses = ThreadPoolExecutor(max_workers=4, thread_name_prefix="press")

    async def pressed(request: Request, press_id: str) -> str:
        input_id = input_of(station_of(request)).id
        return await asyncio.get_running_loop().run_in_executor(presses, deps.press, press_id, input_id)

    @routes.post("/api/alarm/press")
    async def press(request: Request, body: PressBody) -> Response:
        return JSONResponse({"alarm_id": await pressed(request, body.id)}, status_code=202)

    @routes.post("/alarm/{press_id}")
    async def press_without_script(request: Request, press_id: str) -> Response:
        if not is_id(press_id):
            raise HTTPException(404)
        alarm_id = await pressed(request, press_id)
        silent = input_of(station_of(request)).silent
        return RedirectResponse("/" if silent else f"/alarm/{alarm_id}", status_code=303)

    @routes.get("/alarm/{alarm_id}")
    def steps_without_script(request: Request, alarm_id: str) -> Response:
        return page(request, "alarm/alarm.html", alarm=known(deps, alarm_id))

    @routes.get("/api/alarm/calls")
    async def calls(request: Request) -> Response:
        def produce() -> str:
            return CALLS.dump_json(deps.calls(), by_alias=True).decode()

        return events(request, produce, every_s=CALL_POLL_S)

    @routes.get("/api/alarm/{alarm_id}")
    def steps(alarm_id: str) -> Response:
        return Response(known(deps, alarm_id).model_dump_json(), media_type="application/json")

    @routes.get("/api/alarm/{alarm_id}/steps")
    async def step_events(request: Request, alarm_id: str) -> Response:
        if not is_id(alarm_id):
            raise HTTPException(404)

        def produce() -> str:
            alarm = deps.alarm(alarm_id)
            return alarm.model_dump_json() if alarm else "null"

        return events(request, produce, every_s=STEP_POLL_S)

    @routes.post("/alarm/{alarm_id}/acknowledge")
    def acknowledge(request: Request, alarm_id: str) -> Response:
        known(deps, alarm_id)
        guard = guard_of(station_of(request))
        if guard is None:
            return RedirectResponse("/duty", status_code=303)  # a named act: sign on first
        try:
            deps.acknowledge(alarm_id, guard)
        except NotStoredError as error:
            raise PageProblem(503, _NOT_KEPT) from error
        return RedirectResponse(f"/alarm/{alarm_id}", status_code=303)

    return routes


def known(deps: AlarmDeps, alarm_id: str) -> AlarmStatus:
    """An alarm that there is. Raises HTTPException 404."""
    alarm = deps.alarm(alarm_id) if is_id(alarm_id) else None
    if alarm is None:
        raise HTTPException(404)
    return alarm
