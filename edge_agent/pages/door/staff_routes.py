"""Staff in and out in one touch (教职工进出) on a gate screen."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.screen.station import station_of
from foundation.ids import is_id, new_id
from gate.initials import initials_of
from gate.staff import read_staff, staff_inside
from web.page import page


def staff_door_routes(deps: DoorDeps) -> APIRouter:
    """/staff for gate screens."""
    routes = APIRouter(prefix="/staff")

    @routes.get("")
    def everybody(request: Request, done: str = "", who: str = "") -> Response:
        inside = staff_inside(deps.book.path)
        staff = read_staff(deps.orders)
        just = next((member for member in staff if member.id == who), None)
        return page(
            request,
            "door/staff.html",
            outside=[(one, _finds(one.name)) for one in staff if one.id not in inside],
            inside_staff=[(one, inside[one.id], _finds(one.name)) for one in staff if one.id in inside],
            just=just,
            just_in=just is not None and just.id in inside,
            move_id=done if is_id(done) else "",
            new_id=new_id,
        )

    @routes.post("/{staff_id}/{way}/{move_id}")
    def move(request: Request, staff_id: str, way: str, move_id: str) -> Response:
        check(staff_id, move_id)
        if all(one.id != staff_id for one in read_staff(deps.orders, with_ended=True)):
            raise HTTPException(404)
        station = station_of(request)
        deps.door.staff.move(
            move_id=move_id,
            staff_id=staff_id,
            coming=way == "in",
            gate_id=deps.gate_of(station).id,
            guard=deps.guard_of(station),
        )
        return RedirectResponse(f"/staff?done={move_id}&who={staff_id}", 303)

    @routes.post("/undo/{move_id}")
    def undo(request: Request, move_id: str) -> Response:
        check(move_id)
        with record_words():
            deps.door.staff.undo(move_id=move_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse("/staff", 303)

    return routes


def _finds(name: str) -> str:
    """What a filter compares with: the name and every way to type its initials."""
    return " ".join([name.casefold(), *sorted(initials_of(name))])
