"""What holds at the gate now and comes next (校门现状), for the line that every idle screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_agent.pages.record_words import POLICIES
from gate.admission import read_standing
from gate.hours import Change
from gate.overstay import overstays
from gate.roll_call import running_roll_call
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


def gate_now(book: Path, orders: Path, now_utc_ns: int, texts: Catalogue) -> GateNow:
    """How the gate stands. Raises DatabaseError."""
    standing = read_standing(orders, now_utc_ns)
    running = running_roll_call(book)
    return GateNow(
        closed=standing.demand.closed,
        change=standing.hours.next_change(now_utc_ns),
        overstayed=len(overstays(book, standing.hours, now_utc_ns)),
        policies=tuple(texts(POLICIES[kind]) for kind in standing.demand.policies),
        roll_call=running.id if running else "",
    )
