"""Visitors who should have left (超时未离校)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundation.clock import beijing_day
from foundation.sqlite import open_read_only
from gate.hours import MINUTE_NS, GateHours, moment_of


@dataclass(frozen=True, slots=True, order=True)
class Overstay:
    """A visit that should have ended; who it is stays sealed, since every gate page counts these."""

    due_utc_ns: int
    visit_id: str
    badge: int
    in_utc_ns: int


def leave_by_utc_ns(in_utc_ns: int, said_utc_ns: int | None, hours: GateHours) -> int:
    """When a visitor should have left: as agreed, else after the usual stay, but not after the gate closes."""
    if said_utc_ns is not None:
        return said_utc_ns
    due = in_utc_ns + hours.stay_minutes * MINUTE_NS
    day = beijing_day(in_utc_ns)
    spans = hours.spans_of(day)
    closes = moment_of(day, spans[-1].closes_minute) if spans else due
    return min(due, closes) if closes > in_utc_ns else due


def overstays(book: Path, hours: GateHours, now_utc_ns: int) -> tuple[Overstay, ...]:
    """Who is inside though they should have left, longest over time first. Raises DatabaseError."""
    with open_read_only(book) as reader:
        rows = reader.rows(
            "SELECT v.id, v.badge, v.in_utc_ns, a.leave_by_utc_ns FROM inside i JOIN visit v ON v.id = i.visit_id "
            "LEFT JOIN admission a ON a.entry_id = v.id"
        )
    found = [Overstay(leave_by_utc_ns(row[2], row[3], hours), row[0], row[1], row[2]) for row in rows]
    return tuple(sorted(one for one in found if one.due_utc_ns <= now_utc_ns))
