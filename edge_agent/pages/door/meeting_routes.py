"""Parents' meetings at the door (家长会签到) on a gate screen: touch a name."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.screen.station import station_of
from foundation.ids import new_id
from gate.initials import initials_of
from gate.meeting import Attendee, meetings_near, read_attendance, read_meeting
from web.page import page


def meeting_door_routes(deps: DoorDeps) -> APIRouter:
    """/meetings for gate screens."""
    routes = APIRouter(prefix="/meetings")

    @routes.get("")
    def near(request: Request) -> Response:
        meetings = meetings_near(deps.orders, deps.clock.utc_ns())
        if len(meetings) == 1:
            return RedirectResponse(f"/meetings/{meetings[0].id}", 303)
        return page(request, "door/meeting_choose.html", meetings=meetings)

    @routes.get("/{meeting_id}")
    def door(request: Request, meeting_id: str, done: str = "") -> Response:
        check(meeting_id)
        found = read_meeting(deps.orders, meeting_id)
        if found is None:
            raise HTTPException(404)
        meeting, people = found
        attendance = read_attendance(deps.book.path, meeting_id)
        just = next((one for one in people if one.id in attendance.ticks and attendance.ticks[one.id].id == done), None)
        came = [(one, attendance.ticks[one.id]) for one in people if one.id in attendance.ticks]
        return page(
            request,
            "door/meeting.html",
            meeting=meeting,
            awaited=[(one, _finds(one)) for one in people if one.id not in attendance.ticks],
            came=sorted(came, key=lambda pair: pair[1].at_utc_ns, reverse=True),
            all_count=len(people),
            over_id=attendance.over_id,
            just=just,
            just_tick=done if just else "",
            new_id=new_id,
        )

    @routes.post("/{meeting_id}/tick/{attendee_id}/{tick_id}")
    def tick(request: Request, meeting_id: str, attendee_id: str, tick_id: str) -> Response:
        check(meeting_id, attendee_id, tick_id)
        found, station = read_meeting(deps.orders, meeting_id), station_of(request)
        if found is None or attendee_id not in {one.id for one in found[1]}:
            raise HTTPException(404)
        deps.door.meetings.tick(
            tick_id=tick_id,
            meeting_id=meeting_id,
            attendee_id=attendee_id,
            gate_id=deps.gate_of(station).id,
            guard=deps.guard_of(station),
        )
        return RedirectResponse(f"/meetings/{meeting_id}?done={tick_id}", 303)

    @routes.post("/{meeting_id}/undo/{tick_id}")
    def undo(request: Request, meeting_id: str, tick_id: str) -> Response:
        check(meeting_id, tick_id)
        with record_words():
            deps.door.meetings.undo_tick(tick_id=tick_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/meetings/{meeting_id}", 303)

    @routes.post("/{meeting_id}/over/{over_id}")
    def over(request: Request, meeting_id: str, over_id: str) -> Response:
        check(meeting_id, over_id)
        guard = deps.guard_of(station_of(request))
        deps.door.meetings.over(over_id=over_id, meeting_id=meeting_id, guard=guard)
        return RedirectResponse(f"/meetings/{meeting_id}", 303)

    @routes.post("/{meeting_id}/on/{over_id}")
    def goes_on(request: Request, meeting_id: str, over_id: str) -> Response:
        check(meeting_id, over_id)
        with record_words():
            deps.door.meetings.undo_over(over_id=over_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/meetings/{meeting_id}", 303)

    return routes


def _finds(one: Attendee) -> str:
    """What a filter compares with: parent and pupil by name and initials, the last four of the phone."""
    initials = initials_of(one.name) | (initials_of(one.pupil) if one.pupil else frozenset())
    return " ".join([one.name.casefold(), one.pupil.casefold(), one.class_name, one.phone[-4:], *sorted(initials)])
