"""Everyone inside (在校名单) and roll calls (点名) on a gate screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.screen.station import station_of
from foundation.ids import new_id
from gate.admission import read_standing
from gate.meeting import attendee_by_id, meetings_near, read_attendance, read_meeting
from gate.overstay import overstays
from gate.query import inside_now, visit_by_id
from gate.roll_call import Present, read_roll_call, running_roll_call
from gate.staff import read_staff, staff_inside
from gate.vehicle_book import vehicle_by_id, vehicles_inside
from web.form import FormTexts
from web.language import Catalogue, mark
from web.page import page, texts_of


class Kind(StrEnum):
    """Who somebody on the list is."""

    VISIT = "visit"
    STAFF = "staff"
    ATTENDEE = "attendee"
    VEHICLE = "vehicle"


KINDS: Final = {
    Kind.VISIT: mark("来访人员"),
    Kind.STAFF: mark("教职工"),
    Kind.ATTENDEE: mark("家长会"),
    Kind.VEHICLE: mark("车辆司乘"),
}
_ERASED: Final = mark("（已删除）")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCampus:
    """Somebody on the campus, as the list shows them."""

    subject: str
    kind: Kind
    name: str
    detail: str
    badge: int | None
    since_utc_ns: int
    companions: int
    late: bool

    @property
    def heads(self) -> int:
        """How many people this is."""
        return 1 + self.companions


def on_campus(book: Path, orders: Path, now_utc_ns: int, texts: Catalogue) -> tuple[OnCampus, ...]:
    """Everybody who came in and has not left: visitors, staff, parents at a meeting, who is in vehicles.

    Raises DatabaseError, RecordKeysError.
    """
    visits = inside_now(book)
    hours = read_standing(orders, now_utc_ns).hours
    late = {one.visit_id for one in overstays(book, hours, now_utc_ns)}
    found = [
        OnCampus(
            subject=f"visit:{visit.id}",
            kind=Kind.VISIT,
            name=visit.visitor.name if visit.visitor else texts(_ERASED),
            detail=texts(mark("找 %(host)s"), host=visit.visitor.host) if visit.visitor else "",
            badge=visit.badge,
            since_utc_ns=visit.in_utc_ns,
            companions=visit.visitor.companions if visit.visitor else 0,
            late=visit.id in late,
        )
        for visit in visits
    ]
    since = staff_inside(book)
    found.extend(
        _plain(Kind.STAFF, member.id, member.name, member.department, since[member.id])
        for member in read_staff(orders, with_ended=True)
        if member.id in since
    )
    for meeting in meetings_near(orders, now_utc_ns):
        attendance, known = read_attendance(book, meeting.id), read_meeting(orders, meeting.id)
        if known is None or attendance.over_id:
            continue
        found.extend(
            _plain(Kind.ATTENDEE, one.id, one.name, meeting.title, attendance.ticks[one.id].at_utc_ns)
            for one in known[1]
            if one.id in attendance.ticks
        )
    for entry in vehicles_inside(book):
        vehicle = entry.vehicle
        name = " ".join(part for part in (vehicle.plate, vehicle.driver) if part) if vehicle else ""
        found.append(
            OnCampus(
                subject=f"vehicle:{entry.id}",
                kind=Kind.VEHICLE,
                name=name or texts(mark("先放行的车，待补登记")),
                detail=vehicle.cargo if vehicle else "",
                badge=None,
                since_utc_ns=entry.in_utc_ns,
                companions=vehicle.people if vehicle else 0,
                late=False,
            )
        )
    return tuple(found)


def named(book: Path, orders: Path, present: Present, texts: Catalogue) -> OnCampus:
    """Somebody of an earlier list, as far as they can still be named. Raises DatabaseError, RecordKeysError."""
    kind, _, row_id = present.subject.partition(":")
    name, detail, badge = "", "", None
    if kind == Kind.VISIT and (visit := visit_by_id(book, row_id)) is not None:
        name, badge = (visit.visitor.name if visit.visitor else ""), visit.badge
        detail = texts(mark("找 %(host)s"), host=visit.visitor.host) if visit.visitor else ""
    elif kind == Kind.STAFF:
        member = next((one for one in read_staff(orders, with_ended=True) if one.id == row_id), None)
        name, detail = (member.name, member.department) if member else ("", "")
    elif kind == Kind.ATTENDEE:
        attendee = attendee_by_id(orders, row_id)
        name, detail = (attendee.name, attendee.class_name) if attendee else ("", "")
    elif kind == Kind.VEHICLE and (entry := vehicle_by_id(book, row_id)) is not None and entry.vehicle:
        name, detail = f"{entry.vehicle.plate} {entry.vehicle.driver}".strip(), entry.vehicle.cargo
    return OnCampus(
        subject=present.subject,
        kind=Kind(kind) if kind in set(Kind) else Kind.VISIT,
        name=name or texts(_ERASED),
        detail=detail,
        badge=badge,
        since_utc_ns=present.since_utc_ns,
        companions=present.companions,
        late=False,
    )


def roll_call_routes(deps: DoorDeps) -> APIRouter:
    """/roll for gate screens."""
    routes = APIRouter(prefix="/roll")

    @routes.get("")
    def everyone(request: Request) -> Response:
        texts = texts_of(request)
        people = on_campus(deps.book.path, deps.orders, deps.clock.utc_ns(), texts)
        running = running_roll_call(deps.book.path)
        return page(
            request,
            "door/roll.html",
            groups=[(kind, texts(word), [one for one in people if one.kind is kind]) for kind, word in KINDS.items()],
            heads=sum(one.heads for one in people),
            running=running.id if running else "",
            roll_call_id=new_id(),
            live_url="/api/live",
        )

    @routes.post("/begin/{roll_call_id}")
    def begin(request: Request, roll_call_id: str, form: FormTexts) -> Response:
        check(roll_call_id)
        station, texts = station_of(request), texts_of(request)
        people = on_campus(deps.book.path, deps.orders, deps.clock.utc_ns(), texts)
        running = deps.door.roll_calls.begin(
            roll_call_id=roll_call_id,
            drill=form.get("real", "") != "yes",
            people=[
                Present(subject=one.subject, since_utc_ns=one.since_utc_ns, companions=one.companions) for one in people
            ],
            gate_id=deps.gate_of(station).id,
            guard=deps.guard_of(station),
        )
        return RedirectResponse(f"/roll/{running}", 303)

    @routes.get("/{roll_call_id}")
    def calling(request: Request, roll_call_id: str) -> Response:
        check(roll_call_id)
        call = read_roll_call(deps.book.path, roll_call_id)
        if call is None:
            raise HTTPException(404)
        texts = texts_of(request)
        listed = {one.subject: one for one in on_campus(deps.book.path, deps.orders, deps.clock.utc_ns(), texts)}
        people = [listed.get(one.subject) or named(deps.book.path, deps.orders, one, texts) for one in call.people]
        return page(
            request,
            "door/roll_call.html",
            call=call,
            missing=[one for one in people if one.subject not in call.found],
            found=[(one, call.found[one.subject]) for one in people if one.subject in call.found],
            kinds={kind: texts(word) for kind, word in KINDS.items()},
            new_id=new_id,
            live_url="/api/live",
        )

    @routes.post("/{roll_call_id}/found/{tick_id}")
    def found(request: Request, roll_call_id: str, tick_id: str, form: FormTexts) -> Response:
        check(roll_call_id, tick_id)
        with record_words():
            deps.door.roll_calls.tick(
                roll_call_id=roll_call_id,
                subject=form.get("subject", ""),
                tick_id=tick_id,
                guard=deps.guard_of(station_of(request)),
            )
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    @routes.post("/{roll_call_id}/undo/{tick_id}")
    def undo(request: Request, roll_call_id: str, tick_id: str) -> Response:
        check(roll_call_id, tick_id)
        with record_words():
            deps.door.roll_calls.undo_tick(tick_id=tick_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    @routes.post("/{roll_call_id}/end")
    def end(request: Request, roll_call_id: str) -> Response:
        check(roll_call_id)
        with record_words():
            deps.door.roll_calls.end(roll_call_id=roll_call_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    return routes


def _plain(kind: Kind, row_id: str, name: str, detail: str, since_utc_ns: int) -> OnCampus:
    return OnCampus(
        subject=f"{kind}:{row_id}",
        kind=kind,
        name=name,
        detail=detail,
        badge=None,
        since_utc_ns=since_utc_ns,
        companions=0,
        late=False,
    )
