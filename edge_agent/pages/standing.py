"""What holds at the gate now and comes next (校门现状), for the line that every idle screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.pages.record_words import POLICIES
from gate.admission import Standing, read_standing
from gate.hours import Change
from gate.overstay import agreed_times, overstayers
from gate.query import inside_now
from gate.roll_call import running_roll_call
from gate.visit import Visit
from web.language import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNow:
    """The next line (下一件事)."""

    closed: bool
    """Outside the gate's hours: a reason and a named approver are asked for."""
    change: Change | None
    overstayed: int
    policies: tuple[str, ...]
    """In words."""
    roll_call: str
    """Id of the one that is going on."""


def overstayed_now(book: Path, standing: Standing, now_utc_ns: int) -> tuple[Visit, ...]:
    """Visitors who should have left. Raises DatabaseError, RecordKeysError."""
    inside: Sequence[Visit] = inside_now(book)
    return overstayers(inside, agreed_times(book, inside), standing.hours, now_utc_ns)


def gate_now(book: Path, orders: Path, now_utc_ns: int, texts: Catalogue) -> GateNow:
    """How the gate stands. Raises DatabaseError, RecordKeysError."""
    standing = read_standing(orders, now_utc_ns)
    running = running_roll_call(book)
    return GateNow(
        closed=standing.demand.closed,
        change=standing.hours.next_change(now_utc_ns),
        overstayed=len(overstayed_now(book, standing, now_utc_ns)),
        policies=tuple(texts(POLICIES[kind]) for kind in standing.demand.policies),
        roll_call=running.id if running else "",
    )
