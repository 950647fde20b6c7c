"""The gate page (门卫页面): one touch for the alarm, a few for a visitor, readable at arm's length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import Response

from config.alarm_input import AlarmInput
from config.campus import Campus
from config.gate import Gate
from edge_agent.pages import PACKAGE
from edge_agent.pages.alarm.false_alarm import alarm_false_routes
from edge_agent.pages.alarm.routes import AlarmDeps, alarm_routes
from edge_agent.pages.door.deps import DoorDeps
from edge_agent.pages.door.duty_routes import DutyDeps, duty_routes
from edge_agent.pages.door.pin import PinCheck
from edge_agent.pages.door.routes import door_routes
from edge_agent.pages.door.standing import GateNow, gate_now
from edge_agent.pages.screen.enrol_routes import enrol_routes
from edge_agent.pages.screen.enrolment import Enrolment
from edge_agent.pages.screen.station import Doorkeeper, StationsOnly
from edge_agent.pages.status.model import CenterStatus
from edge_agent.pages.vehicle.routes import vehicle_routes
from edge_agent.pages.visit.admission_form import AdmissionForm
from edge_agent.pages.visit.deps import VisitDeps
from edge_agent.pages.visit.routes import visit_routes
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from gate.book import GateBook
from gate.draft import Draft, DraftBox
from gate.duty import Duty
from gate.host_ask import answers_version
from gate.query import inside_count, inside_version, longest_inside
from gate.stations import Station
from gate.vehicle_book import vehicles_to_write_up
from gate.visit import Visit
from gate.watch_book import WatchView
from web.app import make_app
from web.guessing import GuessCounter
from web.language import mark
from web.page import Theme, page, texts_of
from web.people import PinHolder
from web.stream import live

TITLE = mark("门卫")
NOBODY: Final = "未签到"
"""Stands in the book where no guard has signed on: the visit is still written down."""

_log = structlog.get_logger("gate-page")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatehouseDeps:
    """What the gate page is made of; every rule lies behind one of these."""

    clock: Clock
    campus: Campus
    gates: tuple[Gate, ...]
    button: Callable[[str], AlarmInput]
    """button(gate_id): the alarm input that the button of a screen at that gate is."""
    book: GateBook
    doorkeeper: Doorkeeper
    center: Callable[[], CenterStatus | None]
    alarms: AlarmDeps
    pin_holders: Callable[[], tuple[PinHolder, ...]] = tuple
    """Who may sign on at a screen."""
    take_code: Callable[[str], Enrolment | None] = lambda _code: None
    """What a one-time code stands for, taken."""
    enrol: Callable[[Enrolment], str] | None = None
    """The token of a newly enrolled screen."""
    further: tuple[APIRouter, ...] = ()
    """Routes that are not the gate's own (the box's certificate authority)."""
    orders: Path = Path("gate_orders.sqlite")
    """What the office lays down for the gate; may not be there yet."""
    open_faults: Callable[[], tuple[str, ...]] = tuple
    """Titles of open faults, for a handover."""
    silent_button: Callable[[str], AlarmInput | None] = lambda _gate: None
    """silent_button(gate_id): the silent alarm input (无声报警) of a gate; None if the school has none."""
    press_port: int | None = None
    """Port of the press door, which needs no asyncio; the page presses there too."""


def gatehouse_app(deps: GatehouseDeps) -> FastAPI:
    """The app that the gatehouse serves."""
    gates = {gate.id: gate for gate in deps.gates}
    guesses = GuessCounter(deps.clock)

    def gate_of(station: Station) -> Gate:
        return gates.get(station.gate_id, deps.gates[0])

    def input_of(station: Station) -> AlarmInput:
        return deps.button(gate_of(station).id)

    def duty_of(station: Station) -> Duty | None:
        try:
            return deps.book.duty.on_duty(station.id)
        except DatabaseError as error:  # then a name is chosen from the list
            _log.error("the gate book does not say who is on duty", error=str(error))
            return None

    def name_of(station: Station) -> str | None:
        duty = duty_of(station)
        return duty.name if duty else None

    def guard_of(station: Station) -> str:
        return name_of(station) or NOBODY

    def silent_press(station: Station, press_id: str) -> bool:
        silent = deps.silent_button(gate_of(station).id)
        if silent is not None:
            deps.alarms.press(press_id, silent.id)
        return silent is not None

    drafts = deps.book.drafts
    visits = VisitDeps(
        clock=deps.clock,
        book=deps.book,
        gate_of=gate_of,
        guard_of=guard_of,
        admission=AdmissionForm(deps.orders),
        drafts=drafts,
        watch=WatchView(deps.orders),
        orders=deps.orders,
        silent_press=silent_press,
        has_silent=lambda station: deps.silent_button(gate_of(station).id) is not None,
    )
    pins = PinCheck(holders=deps.pin_holders, guesses=guesses)
    routers = [
        _home(deps),
        alarm_routes(deps.alarms, input_of, name_of),
        alarm_false_routes(deps.alarms, pins, duty_of),
        visit_routes(visits),
        vehicle_routes(visits),
        duty_routes(DutyDeps(duty=deps.book.duty, pins=pins)),
        *door_routes(
            DoorDeps(
                clock=deps.clock,
                book=deps.book,
                orders=deps.orders,
                gate_of=gate_of,
                guard_of=guard_of,
                pins=pins,
                drafts=drafts.drafts,
                open_faults=deps.open_faults,
            )
        ),
    ]
    routers.extend(deps.further)
    if deps.enrol is not None:
        routers.append(enrol_routes(take=deps.take_code, enrol=deps.enrol, guesses=guesses))
    return make_app(
        title=TITLE,
        theme=Theme.GATE,
        clock=deps.clock,
        packages=(PACKAGE,),
        routers=routers,
        frame=_Frame(deps, gate_of, input_of, drafts),
        connect_ports=() if deps.press_port is None else (deps.press_port,),
        never_limited=("/api/alarm/", "/alarm/"),
        middleware=(Middleware(StationsOnly, doorkeeper=deps.doorkeeper),),
    )


class _Frame:
    """What every gate page shows around its own matter: top line and alarm. A gate book that cannot be read costs the
    figures, never the button."""

    def __init__(
        self,
        deps: GatehouseDeps,
        gate_of: Callable[[Station], Gate],
        input_of: Callable[[Station], AlarmInput],
        drafts: DraftBox,
    ) -> None:
        self._deps = deps
        self._drafts = drafts
        self._gate_of = gate_of
        self._input_of = input_of

    def __call__(self, request: Request) -> dict[str, object]:
        station = getattr(request.state, "station", None)
        if not isinstance(station, Station):
            return {}  # a page for somebody who is not a screen
        deps = self._deps
        on_campus: int | None = None
        on_duty = None
        next_up: GateNow | None = None
        drafts: tuple[Draft, ...] = ()
        to_write_up = 0
        try:
            on_campus = inside_count(deps.book.path)
            on_duty = deps.book.duty.on_duty(station.id)
            next_up = gate_now(deps.book.path, deps.orders, deps.clock.utc_ns(), texts_of(request))
            to_write_up = len(vehicles_to_write_up(deps.book.path))
            drafts = self._drafts.drafts(station.id)
        except (DatabaseError, OSError) as error:
            _log.error("the gate book cannot be read", error=str(error))
        return {
            "own_layout": "gate_layout.html",
            "campus": deps.campus,
            "gate": self._gate_of(station),
            "alarm_input": self._input_of(station),
            "press_id": new_id(),
            "press_port": deps.press_port,
            "on_duty": on_duty,
            "center": deps.center(),
            "on_campus": on_campus,
            "next_up": next_up,
            "drafts": drafts,
            "to_write_up": to_write_up,
            "live_url": "/api/live",
        }


def _home(deps: GatehouseDeps) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def home(request: Request) -> Response:
        longest: Visit | None = None
        try:
            longest = longest_inside(deps.book.path)
        except DatabaseError as error:  # the frame says so; the page must come all the same
            _log.error("the gate book does not say who has been inside longest", error=str(error))
        return page(request, "gate.html", longest=longest)

    @router.get("/api/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            center = deps.center()
            try:
                visits = inside_version(deps.book.path) + answers_version(deps.orders)
            except DatabaseError:
                visits = "?"
            return f"{center.state if center else '-'} {visits}"

        return live(request, version)

    return router
