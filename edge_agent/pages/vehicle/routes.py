"""Vehicles in and out (车辆) on the gate page; an emergency vehicle passes at one touch and is written up later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.vehicle.form import ENDINGS, PROVINCES, SIGNS, values_of
from edge_agent.pages.vehicle.typed import masked_values, shown_again, typed_vehicle
from edge_agent.pages.visit.deps import VisitDeps, book_words, check
from edge_agent.pages.visit.form import errors_of
from edge_agent.pages.visit.notice import NONE, Notices, notices_of
from edge_agent.pages.visit.words import VEHICLES
from foundation.ids import new_id
from gate.record import RecordRefusedError
from gate.vehicle import Vehicle, VehicleEntry, VehicleKind, tidy_vehicle, vehicle_troubles
from gate.vehicle_book import (
    VehicleInsideError,
    recent_vehicles,
    vehicle_by_id,
    vehicle_record,
    vehicles_inside,
    vehicles_to_write_up,
)
from gate.visit import Visitor
from web.form import FormTexts
from web.page import page, texts_of

_LONGEST_SEARCH: Final = 20
_NOTHING: Final[Mapping[str, str]] = {}
_NEW: Final = Vehicle(kind=VehicleKind.DELIVERY)


def vehicle_routes(deps: VisitDeps) -> APIRouter:
    """/vehicles."""
    routes = APIRouter(prefix="/vehicles")
    _coming(routes, deps)
    _afterwards(routes, deps)
    return routes


def _coming(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("")
    def home(request: Request, q: str = "") -> Response:
        path, asked = deps.book.path, q.strip()[:_LONGEST_SEARCH]
        return page(
            request,
            "vehicle/home.html",
            asked=asked,
            found=deps.book.vehicles.search(asked) if asked else recent_vehicles(path),
            inside_vehicles=vehicles_inside(path),
            unwritten=vehicles_to_write_up(path),
            words=VEHICLES,
            new_id=new_id,
        )

    @routes.get("/form")
    def empty_form(request: Request, again: str = "", typed: str = "") -> Response:
        vehicle = replace(_NEW, plate=typed[:_LONGEST_SEARCH])
        if again:
            entry = _known(deps, again)
            if entry.vehicle is not None:
                vehicle = replace(
                    entry.vehicle, cargo="" if entry.kind is VehicleKind.DELIVERY else entry.vehicle.cargo
                )
        values = masked_values(vehicle, again) if again else values_of(vehicle)
        return _form(request, deps, new_id(), vehicle, values, again=bool(again))

    @routes.post("/{vehicle_id}/pass")
    def pass_first(request: Request, vehicle_id: str) -> Response:
        check(vehicle_id)
        station = station_of(request)
        with book_words():
            deps.book.vehicles.pass_first(
                vehicle_id=vehicle_id,
                gate_id=deps.gate_of(station).id,
                guard=deps.guard_of(station),
                still_point=deps.gate_of(station).point,
            )
        return RedirectResponse(f"/vehicles/{vehicle_id}/done", status_code=303)

    @routes.post("/{vehicle_id}")
    def enter(request: Request, vehicle_id: str, form: FormTexts) -> Response:
        check(vehicle_id)
        vehicle, station, now = typed_vehicle(deps.book.path, form), station_of(request), deps.clock.utc_ns()
        admission = deps.admission.admission(_own(form), now)
        # A request that comes twice, after the gate has closed meanwhile, is answered as the first time.
        written = vehicle_by_id(deps.book.path, vehicle_id) is not None
        asked = {} if written else deps.admission.errors(admission, now, texts_of(request))
        try:
            if asked:
                raise RecordRefusedError(vehicle_troubles(tidy_vehicle(vehicle)))
            with book_words():
                deps.book.vehicles.enter(
                    vehicle_id=vehicle_id,
                    gate_id=deps.gate_of(station).id,
                    guard=deps.guard_of(station),
                    vehicle=vehicle,
                    still_point=deps.gate_of(station).point,
                    admission=admission,
                )
        except RecordRefusedError as refused:
            errors = errors_of(refused.troubles, texts_of(request)) | asked
            return _form(request, deps, vehicle_id, vehicle, shown_again(form, vehicle), errors=errors)
        except VehicleInsideError as inside:
            return page(request, "vehicle/already_inside.html", status=409, entry=inside.entry, new_id=new_id)
        return RedirectResponse(f"/vehicles/{vehicle_id}/done", status_code=303)


def _afterwards(routes: APIRouter, deps: VisitDeps) -> None:
    @routes.get("/{vehicle_id}/write-up")
    def write_up_form(request: Request, vehicle_id: str) -> Response:
        entry = _known(deps, vehicle_id)
        vehicle = entry.vehicle or Vehicle(kind=entry.kind)
        return _form(request, deps, vehicle_id, vehicle, masked_values(vehicle, vehicle_id), entry=entry)

    @routes.post("/{vehicle_id}/write-up")
    def write_up(request: Request, vehicle_id: str, form: FormTexts) -> Response:
        vehicle, entry = typed_vehicle(deps.book.path, form), _known(deps, vehicle_id)
        try:
            with book_words():
                guard = deps.guard_of(station_of(request))
                deps.book.vehicles.write_up(vehicle_id=vehicle_id, guard=guard, vehicle=vehicle)
        except RecordRefusedError as refused:
            errors = errors_of(refused.troubles, texts_of(request))
            return _form(request, deps, vehicle_id, vehicle, shown_again(form, vehicle), errors=errors, entry=entry)
        return RedirectResponse(f"/vehicles/{vehicle_id}/done", status_code=303)

    @routes.post("/{vehicle_id}/leave/{exit_id}")
    def leave(request: Request, vehicle_id: str, exit_id: str) -> Response:
        check(vehicle_id, exit_id)
        station = station_of(request)
        with book_words():
            deps.book.vehicles.leave(
                vehicle_id=vehicle_id,
                exit_id=exit_id,
                gate_id=deps.gate_of(station).id,
                guard=deps.guard_of(station),
            )
        return RedirectResponse(f"/vehicles/{vehicle_id}/done", status_code=303)

    @routes.post("/{vehicle_id}/undo/{what}")
    def undo(request: Request, vehicle_id: str, what: Literal["in", "out"]) -> Response:
        check(vehicle_id)
        guard = deps.guard_of(station_of(request))
        with book_words():
            if what == "out":
                deps.book.vehicles.undo_exit(vehicle_id=vehicle_id, guard=guard)
            else:
                deps.book.vehicles.undo_entry(vehicle_id=vehicle_id, guard=guard)
        return RedirectResponse(f"/vehicles/{vehicle_id}/done", status_code=303)

    @routes.get("/{vehicle_id}/done")
    def done(request: Request, vehicle_id: str) -> Response:
        entry = _known(deps, vehicle_id)
        return page(request, "vehicle/done.html", entry=entry, words=VEHICLES, notices=_notices(deps, request, entry))


def _known(deps: VisitDeps, vehicle_id: str) -> VehicleEntry:
    check(vehicle_id)
    entry = vehicle_by_id(deps.book.path, vehicle_id)
    if entry is None:
        raise HTTPException(404)
    return entry


def _notices(deps: VisitDeps, request: Request, entry: VehicleEntry) -> Notices:
    if entry.vehicle is None or not entry.inside:
        return NONE
    return _matching(deps, request, entry.vehicle, entry.id)


def _matching(deps: VisitDeps, request: Request, vehicle: Vehicle, vehicle_id: str) -> Notices:
    driver = Visitor(name=vehicle.driver, host="", reason="", phone=vehicle.phone, plate=vehicle.plate)
    return notices_of(deps, request, driver, vehicle_record(vehicle_id))


def _form(
    request: Request,
    deps: VisitDeps,
    vehicle_id: str,
    vehicle: Vehicle,
    values: Mapping[str, str],
    *,
    errors: Mapping[str, str] = _NOTHING,
    again: bool = False,
    entry: VehicleEntry | None = None,
) -> Response:
    texts = texts_of(request)
    return page(
        request,
        "vehicle/form.html",
        status=422 if errors else 200,
        vehicle_id=vehicle_id,
        values=values,
        errors=errors,
        again=again,
        entry=entry,
        notices=_matching(deps, request, vehicle, vehicle_id),
        kinds=[(kind.value, texts(word)) for kind, word in VEHICLES.items()],
        provinces=PROVINCES,
        signs=SIGNS,
        endings=ENDINGS,
        admission=None if entry else deps.admission.asked(_own(values), deps.clock.utc_ns()),
    )


def _own(form: Mapping[str, str]) -> Mapping[str, str]:
    """Without an invitation: those are for persons."""
    return {name: text for name, text in form.items() if name != "expected"}
