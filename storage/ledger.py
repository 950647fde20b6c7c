"""Every second accounted (promise 3): per point and day what was due, what is on the disks, and every gap's cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from foundation.sqlite import Transaction, open_read_only
from storage.days import DAY_MS, day_number, day_of_number, day_span_ms
from storage.loss import WITHOUT_COPY
from storage.query import GAP_MS, Gap, read_gaps
from storage.verdict import PointFacts, Verdict, judge


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, UTC milliseconds."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEntry:
    """One Beijing day of a point (录像台账)."""

    point: str
    day: date
    due_ms: int
    """24 hours, less what lies before the point's first day or in the future."""
    proven_ms: int
    """Recorded, and still on a disk that is there."""
    gaps: tuple[Gap, ...]
    """Due but not proven, each with its cause; together with `proven_ms` they make up `due_ms`."""
    sealed_hash: str | None
    """Hash of the day's seal, once sealed."""

    @property
    def completeness(self) -> float:
        """录像完整率 of the day: proven seconds / due seconds; 1 where nothing was due."""
        return self.proven_ms / self.due_ms if self.due_ms else 1.0

    @property
    def longest_gap_ms(self) -> int:
        """The longest single gap."""
        return max((gap.end_ms - gap.start_ms for gap in self.gaps), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointVerdict:
    """Whether a point's retention is met (存储达标), and since when that is so."""

    point: str
    verdict: Verdict
    since_ms: int
    keep_days: int
    recorded_days: int
    """Days of proven age of the oldest footage, at most `keep_days`."""
    completeness: float
    """Over the window of promise."""
    reason: str
    """'' or what is lost, away or not verified."""
    verified_ms: int | None
    """When the oldest verification of a day in the window was, None if a day was never read back."""


def day_entry(path: Path, point: str, day: date, now_ms: int) -> DayEntry:
    """The ledger of one point and day. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return read_day(reader, point, day, now_ms)


def read_day(reader: Transaction, point: str, day: date, now_ms: int) -> DayEntry:
    """The same inside a snapshot that is already open."""
    start_ms, end_ms = day_span_ms(day)
    due = due_span(reader, point, Span(start_ms, min(end_ms, now_ms)))
    gaps = every_gap(reader, point, due) if due else []
    seal = reader.row("SELECT hash FROM seal WHERE day = ? AND kind = 'day'", (day_number(start_ms),))
    missing_ms = sum(gap.end_ms - gap.start_ms for gap in gaps)
    return DayEntry(
        point=point,
        day=day,
        due_ms=due.length_ms if due else 0,
        proven_ms=due.length_ms - missing_ms if due else 0,
        gaps=tuple(gaps),
        sealed_hash=bytes(seal[0]).hex() if seal else None,
    )


def due_span(reader: Transaction, point: str, span: Span) -> Span | None:
    """The part of a stretch in which the point was to be recorded."""
    row = reader.row(
        "SELECT min(p.since_ms, coalesce((SELECT min(start_ms) FROM run WHERE point_no = p.no), p.since_ms)), "
        "p.retired_ms FROM point p WHERE p.id = ?",
        (point,),
    )
    if row is None:
        return None
    since_ms, retired_ms = row
    start_ms = max(span.start_ms, since_ms)
    end_ms = span.end_ms if retired_ms is None else min(span.end_ms, retired_ms)
    return Span(start_ms, end_ms) if end_ms > start_ms else None


def every_gap(reader: Transaction, point: str, span: Span) -> list[Gap]:
    """Not recorded, lost or away: all that is missing of a stretch, in order and without overlap."""
    missing = read_gaps(reader, point, span.start_ms, span.end_ms)
    for start_ms, end_ms, cause in reader.rows(
        "SELECT l.start_ms, l.end_ms, l.cause FROM loss l JOIN point p ON p.no = l.point_no "  # noqa: S608 - constants
        "WHERE p.id = ? AND l.start_ms < ? AND l.end_ms > ? AND " + WITHOUT_COPY,
        (point, span.end_ms, span.start_ms),
    ):
        missing.append(Gap(point=point, start_ms=start_ms, end_ms=end_ms, cause=f"lost_{cause}"))
    missing.extend(_away(reader, point, span))
    return without_overlap(missing, span)


def _away(reader: Transaction, point: str, span: Span) -> list[Gap]:
    volumes = [row[0] for row in reader.rows("SELECT volume_no FROM presence WHERE away_ms IS NOT NULL")]
    found: list[Gap] = []
    for volume_no in volumes:
        for start_ms, duration_ms in reader.rows(
            "SELECT s.start_ms, s.duration_ms FROM segment s JOIN point p ON p.no = s.point_no "
            "WHERE p.id = ?1 AND s.start_ms >= ?2 AND s.start_ms < ?3 AND s.volume_no = ?4 AND NOT EXISTS "
            "(SELECT 1 FROM segment o LEFT JOIN presence v ON v.volume_no = o.volume_no WHERE o.point_no = s.point_no "
            "AND o.start_ms = s.start_ms AND o.volume_no <> ?4 AND o.state = 1 AND v.away_ms IS NULL)",
            (point, span.start_ms - 120_000, span.end_ms, volume_no),
        ):
            end_ms = start_ms + duration_ms
            if found and start_ms - found[-1].end_ms < GAP_MS:
                found[-1] = Gap(point=point, start_ms=found[-1].start_ms, end_ms=end_ms, cause="volume_away")
            else:
                found.append(Gap(point=point, start_ms=start_ms, end_ms=end_ms, cause="volume_away"))
    return found


def without_overlap(gaps: Sequence[Gap], span: Span) -> list[Gap]:
    """Gaps of a point cut to a stretch, in order, each moment in one of them; neighbours of one cause are one."""
    result: list[Gap] = []
    covered_ms = span.start_ms
    for gap in sorted(gaps, key=lambda each: (each.start_ms, -each.end_ms)):
        start_ms, end_ms = max(gap.start_ms, covered_ms), min(gap.end_ms, span.end_ms)
        if end_ms <= start_ms:
            continue
        if result and result[-1].cause == gap.cause and start_ms - result[-1].end_ms < GAP_MS:
            result[-1] = Gap(point=gap.point, start_ms=result[-1].start_ms, end_ms=end_ms, cause=gap.cause)
        else:
            result.append(Gap(point=gap.point, start_ms=start_ms, end_ms=end_ms, cause=gap.cause))
        covered_ms = end_ms
    return result


def verdicts(path: Path, now_ms: int) -> list[PointVerdict]:
    """Every point's verdict, with gaps and losses of its whole window looked at. Raises DatabaseError."""
    with open_read_only(path) as reader:
        points = reader.rows("SELECT no, id FROM point WHERE retired_ms IS NULL ORDER BY id")
        return [_verdict(reader, no, point, now_ms) for no, point in points]


def _verdict(reader: Transaction, no: int, point: str, now_ms: int) -> PointVerdict:
    row = reader.row("SELECT keep_days, since_axis_ms, since_ms FROM point WHERE no = ?", (no,))
    assert row is not None
    keep_days, since_axis_ms, since_ms = row
    window = Span(now_ms - keep_days * DAY_MS, now_ms)
    age_ms = _proven_age_ms(reader, since_axis_ms)
    facts = PointFacts(
        keep_days=keep_days,
        since_ms=since_ms,
        proven_age_ms=age_ms,
        losses=tuple(
            (start_ms, noticed_ms, cause)
            for start_ms, noticed_ms, cause in reader.rows(
                "SELECT start_ms, noticed_ms, cause FROM loss l WHERE point_no = ? "  # noqa: S608 - constants
                "AND end_ms > ? AND " + WITHOUT_COPY + " ORDER BY start_ms",
                (no, window.start_ms),
            )
        ),
        away_since_ms=_away_since(reader, no),
        present_ms=_oldest_presence(reader, no),
        now_ms=now_ms,
    )
    judged = judge(facts)
    due = due_span(reader, point, window)
    gaps = every_gap(reader, point, due) if due else []
    missing_ms = sum(gap.end_ms - gap.start_ms for gap in gaps)
    return PointVerdict(
        point=point,
        verdict=judged.verdict,
        since_ms=judged.since_ms,
        keep_days=keep_days,
        recorded_days=min(keep_days, age_ms // DAY_MS),
        completeness=1 - missing_ms / due.length_ms if due else 1.0,
        reason=judged.reason,
        verified_ms=_oldest_verification(reader, no, window),
    )


def _proven_age_ms(reader: Transaction, axis_ms: int) -> int:
    axis = reader.row("SELECT axis_ns FROM running_time WHERE id = 1")
    credited = reader.row("SELECT coalesce(sum(credited_ns), 0) FROM power_off WHERE axis_ns >= ?", (axis_ms * 10**6,))
    now_ns = (axis[0] if axis else 0) + (credited[0] if credited else 0)
    return max(0, now_ns // 10**6 - axis_ms)


def _away_since(reader: Transaction, point_no: int) -> int | None:
    rows = reader.rows("SELECT volume_no, away_ms FROM presence WHERE away_ms IS NOT NULL")
    since = [
        away_ms
        for volume_no, away_ms in rows
        if reader.row("SELECT 1 FROM segment WHERE volume_no = ? AND point_no = ? LIMIT 1", (volume_no, point_no))
    ]
    return min(since, default=None)


def _oldest_presence(reader: Transaction, point_no: int) -> int | None:
    oldest: int | None = None
    for volume_no, checked_ms in reader.rows(
        "SELECT v.no, p.checked_ms FROM volume v LEFT JOIN presence p ON p.volume_no = v.no WHERE v.replaced_ms IS NULL"
    ):
        if reader.row("SELECT 1 FROM segment WHERE volume_no = ? AND point_no = ? LIMIT 1", (volume_no, point_no)):
            if checked_ms is None:
                return None
            oldest = checked_ms if oldest is None else min(oldest, checked_ms)
    return oldest


def _oldest_verification(reader: Transaction, point_no: int, window: Span) -> int | None:
    first, last = day_number(window.start_ms), day_number(window.end_ms)
    rows: dict[int, int] = dict(
        reader.rows(
            "SELECT day, min(verified_ms) FROM verified WHERE point_no = ? AND day BETWEEN ? AND ? GROUP BY day",
            (point_no, first, last),
        )
    )
    sealed = reader.rows(
        "SELECT s.day FROM seal s JOIN seal_point p ON p.seal_no = s.no WHERE p.point_no = ? AND s.day BETWEEN ? AND ?",
        (point_no, first, last),
    )
    if not sealed or any(day not in rows for (day,) in sealed):
        return None
    return min(rows[day] for (day,) in sealed)


def days_of(path: Path, point: str, first: date, last: date, now_ms: int) -> list[DayEntry]:
    """The ledger of a point from one day to another, both included. Raises DatabaseError."""
    with open_read_only(path) as reader:
        numbers = range(day_number(day_span_ms(first)[0]), day_number(day_span_ms(last)[0]) + 1)
        return [read_day(reader, point, day_of_number(number), now_ms) for number in numbers]
