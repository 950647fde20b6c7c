"""Visitors who should have left (超时未离校)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from foundation.clock import beijing_day
from foundation.sqlite import open_read_only
from gate.hours import MINUTE_NS, GateHours, moment_of
from gate.visit import Visit


def leave_by_utc_ns(in_utc_ns: int, said_utc_ns: int | None, hours: GateHours) -> int:
    """When a visitor should have left: as agreed, else after the usual stay, but not after the gate closes."""
    due = said_utc_ns if said_utc_ns is not None else in_utc_ns + hours.stay_minutes * MINUTE_NS
    spans = hours.spans_of(beijing_day(in_utc_ns))
    closes = moment_of(beijing_day(in_utc_ns), spans[-1].closes_minute) if spans else None
    return due if closes is None or closes <= in_utc_ns or said_utc_ns is not None else min(due, closes)


def overstayers(
    inside: Sequence[Visit], said: Mapping[str, int], hours: GateHours, now_utc_ns: int
) -> tuple[Visit, ...]:
    """Who is inside though they should have left, longest over time first."""
    due = {visit.id: leave_by_utc_ns(visit.in_utc_ns, said.get(visit.id), hours) for visit in inside}
    return tuple(sorted((one for one in inside if due[one.id] <= now_utc_ns), key=lambda one: due[one.id]))


def agreed_times(book: Path, visits: Sequence[Visit]) -> dict[str, int]:
    """When each visitor is to leave, where that was agreed (UTC ns, by visit). Raises DatabaseError."""
    with open_read_only(book) as reader:
        found = {}
        for visit in visits:
            row = reader.row("SELECT leave_by_utc_ns FROM admission WHERE visit_id = ?", (visit.id,))
            if row is not None and row[0] is not None:
                found[visit.id] = int(row[0])
    return found
