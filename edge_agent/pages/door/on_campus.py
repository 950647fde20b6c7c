"""Everyone on the campus (在校人员): visitors and who came along, staff, parents, vehicles; pupils by class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gate.admission import read_standing
from gate.class_size import pupils_in_school
from gate.meeting import attendee_by_id, meetings_near, read_attendance, read_meeting
from gate.overstay import overstays
from gate.query import inside_now, visit_by_id
from gate.roll_call import Present, visitor_subject
from gate.staff import read_staff, staff_inside
from gate.vehicle_book import vehicle_by_id, vehicles_inside
from gate.visit import Visit
from web.language import Catalogue, mark


class Kind(StrEnum):
    """Who somebody on the list is."""

    VISIT = "visit"
    STAFF = "staff"
    ATTENDEE = "attendee"
    VEHICLE = "vehicle"
    CLASS = "class"
    """Pupils are counted, not named."""


KINDS: Final = {
    Kind.VISIT: mark("来访人员"),
    Kind.STAFF: mark("教职工"),
    Kind.ATTENDEE: mark("家长会"),
    Kind.VEHICLE: mark("车辆司乘"),
    Kind.CLASS: mark("学生（按班计数）"),
}
_ERASED: Final = mark("（已删除）")
_PUT_RIGHT: Final = mark("（更正后已不在登记里）")
_COMPANION: Final = "companion"
"""One of a visitor's party (`gate.roll_call.visitor_subject`); listed with the visitors."""


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
    """Everybody who came in and has not left: visitors, staff, parents at a meeting, who is in vehicles; in school
    hours each class with how many pupils it should have.

    Raises DatabaseError, RecordKeysError.
    """
    visits = inside_now(book)
    hours = read_standing(orders, now_utc_ns).hours
    pupils = pupils_in_school(book, orders, hours, now_utc_ns)
    late = {one.visit_id for one in overstays(book, hours, now_utc_ns)}
    found = [one for visit in visits for one in _visitors(visit, visit.id in late, texts)]
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
    found.extend(
        OnCampus(
            subject=f"class:{one.class_name}",
            kind=Kind.CLASS,
            name=one.class_name,
            detail=texts(mark("应在校 %(n)s 人，已减去今天离校 %(left)s 人"), n=one.pupils, left=one.left),
            badge=None,
            since_utc_ns=now_utc_ns,
            companions=one.pupils - 1,
            late=False,
        )
        for one in pupils.classes
        if one.pupils
    )
    return tuple(found)


def named(book: Path, orders: Path, present: Present, texts: Catalogue) -> OnCampus:
    """Somebody of an earlier list, as far as they can still be named. Raises DatabaseError, RecordKeysError."""
    kind, _, row_id = present.subject.partition(":")
    name, detail, badge = "", "", None
    if kind in (_COMPANION, Kind.VISIT) and (visit := visit_by_id(book, row_id.partition(".")[0])) is not None:
        badge = visit.badge
        found = {one.subject: one for one in _visitors(visit, late=False, texts=texts)}.get(present.subject)
        if found is not None:
            name, detail = found.name, found.detail
        elif visit.visitor is not None:
            name, detail = texts(_PUT_RIGHT), texts(mark("与 %(name)s 同来"), name=visit.visitor.name)
    elif kind == Kind.STAFF:
        member = next((one for one in read_staff(orders, with_ended=True) if one.id == row_id), None)
        name, detail = (member.name, member.department) if member else ("", "")
    elif kind == Kind.ATTENDEE:
        attendee = attendee_by_id(orders, row_id)
        name, detail = (attendee.name, attendee.class_name) if attendee else ("", "")
    elif kind == Kind.CLASS:
        name, detail = row_id, texts(mark("点名开始时应在校 %(n)s 人"), n=present.companions + 1)
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


def _visitors(visit: Visit, late: bool, texts: Catalogue) -> list[OnCampus]:
    """A visitor and each who is named to have come along; who is not named stays a number beside the visitor."""

    def one(key: str, name: str, detail: str, companions: int) -> OnCampus:
        return OnCampus(
            subject=visitor_subject(visit.id, key),
            kind=Kind.VISIT,
            name=name,
            detail=detail,
            badge=visit.badge,
            since_utc_ns=visit.in_utc_ns,
            companions=companions,
            late=late,
        )

    if visit.visitor is None:
        return [one("", texts(_ERASED), "", 0)]
    (key, first), *along = visit.party
    together = texts(mark("与 %(name)s 同来"), name=first.name)
    return [
        one(key, first.name, texts(mark("找 %(host)s"), host=visit.visitor.host), visit.unnamed),
        *(one(key, other.name, together, 0) for key, other in along),
    ]


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
