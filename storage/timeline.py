"""The timeline of a point as data (时间轴): where there is footage, where not and why, what is held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundation.sqlite import open_read_only
from storage.ledger import Span, due_span, every_gap
from storage.query import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSpan:
    """A stretch that a hold covers."""

    id: str
    start_ms: int
    end_ms: int
    reason: str
    person: str
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is to be drawn of a stretch; alarms and findings are added by who knows them."""

    point: str
    span: Span
    footage: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    holds: tuple[HeldSpan, ...]


def timeline(path: Path, point: str, start_ms: int, end_ms: int, now_ms: int) -> Timeline:
    """A stretch of a point; costs the runs and losses in it, not the segments. Raises DatabaseError."""
    asked = Span(start_ms, end_ms)
    with open_read_only(path) as reader:
        due = due_span(reader, point, Span(start_ms, min(end_ms, now_ms)))
        gaps = every_gap(reader, point, due) if due else []
        holds = reader.rows(
            "SELECT h.id, h.from_ms, h.to_ms, h.reason, h.person, h.until_ms FROM hold h JOIN point p "
            "ON p.no = h.point_no WHERE p.id = ? AND h.ended_ms IS NULL AND h.from_ms < ? AND h.to_ms > ?",
            (point, end_ms, start_ms),
        )
    footage = []
    at_ms = due.start_ms if due else start_ms
    for gap in gaps:
        if gap.start_ms > at_ms:
            footage.append(Span(at_ms, gap.start_ms))
        at_ms = gap.end_ms
    if due and due.end_ms > at_ms:
        footage.append(Span(at_ms, due.end_ms))
    return Timeline(
        point=point,
        span=asked,
        footage=tuple(footage),
        gaps=tuple(gaps),
        holds=tuple(
            HeldSpan(id=row[0], start_ms=row[1], end_ms=row[2], reason=row[3], person=row[4], until_ms=row[5])
            for row in holds
        ),
    )
