"""The alarm on the gate page (一键报警): taking the press and showing each step.

Asyncio only carries the words: a press runs at once on a thread kept for presses, never behind other pages' work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from edge_agent.pages.station import station_of
from edge_agent.pages.status_model import AlarmStatus
from foundation.ids import RecordId, is_id
from gate.stations import Station
from web.page import page
from web.stream import events

_STEP_POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeps:
    """The alarm line as the pages need it; all may be called from any thread."""

    press: Callable[[str, str], str]
    """press(press_id, input_id): the alarm's id, once it is on its way; the same press again is the same alarm."""
    alarm: Callable[[str], AlarmStatus | None]
    """How far an alarm got."""
    call_off: Callable[[str], object] | None = None
    """call_off(alarm_id): 误报, told to the center; it decides. None where the line cannot do it."""


class PressBody(BaseModel):
    """What the button sends: an id that the page made, repeated until answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: RecordId


def alarm_routes(deps: AlarmDeps, input_of: Callable[[Station], str]) -> APIRouter:
    """Routes of the alarm; `input_of` names the alarm input that a screen's button is."""
    routes = APIRouter()
    presses = ThreadPoolExecutor(max_workers=4, thread_name_prefix="press")

    async def pressed(request: Request, press_id: str) -> str:
        input_id = input_of(station_of(request))
        return await asyncio.get_running_loop().run_in_executor(presses, deps.press, press_id, input_id)

    @routes.post("/api/alarm/press")
    async def press(request: Request, body: PressBody) -> Response:
        return JSONResponse({"alarm_id": await pressed(request, body.id)}, status_code=202)

    @routes.post("/alarm/{press_id}")
    async def press_without_script(request: Request, press_id: str) -> Response:
        if not is_id(press_id):
            raise HTTPException(404)
        return RedirectResponse(f"/alarm/{await pressed(request, press_id)}", status_code=303)

    @routes.get("/alarm/{alarm_id}")
    def steps_without_script(request: Request, alarm_id: str) -> Response:
        return page(request, "alarm.html", alarm=_known(deps, alarm_id))

    @routes.get("/api/alarm/{alarm_id}")
    def steps(alarm_id: str) -> Response:
        return Response(_known(deps, alarm_id).model_dump_json(), media_type="application/json")

    @routes.get("/api/alarm/{alarm_id}/steps")
    async def step_events(request: Request, alarm_id: str) -> Response:
        if not is_id(alarm_id):
            raise HTTPException(404)

        def produce() -> str:
            alarm = deps.alarm(alarm_id)
            return alarm.model_dump_json() if alarm else "null"

        return events(request, produce, every_s=_STEP_POLL_S)

    @routes.post("/api/alarm/{alarm_id}/call-off")
    def call_off(alarm_id: str) -> Response:
        if deps.call_off is None:
            raise HTTPException(404)
        _known(deps, alarm_id)
        deps.call_off(alarm_id)
        return JSONResponse({"id": alarm_id}, status_code=202)

    return routes


def _known(deps: AlarmDeps, alarm_id: str) -> AlarmStatus:
    alarm = deps.alarm(alarm_id) if is_id(alarm_id) else None
    if alarm is None:
        raise HTTPException(404)
    return alarm
