"""What other roles may ask the catalogue; read-only, briefly, one snapshot each. Raises DatabaseError."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from foundation.sqlite import Transaction, open_read_only
from storage.catalogue import FROM_SEGMENT, Segment, segment_of
from storage.days import day_of, day_span_ms

LONGEST_SEGMENT_MS: Final = 600_000
"""A segment is cut each minute; without keyframes it may run on, but hardly so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRecording:
    """How a point's recording stands (录像状态)."""

    point: str
    state: str
    """'recording', 'connecting', 'waiting', 'refused', 'stopped', or 'unknown' if the recorder never spoke of it."""
    since_ms: int | None
    last_fragment_ms: int | None
    bits_per_s: int
    bytes: int
    end_cause: str | None
    told_ms: int | None
    """When the recorder last wrote this: an old one says that the recorder itself is down."""
    first_ms: int | None
    """Start of the oldest footage on the disks."""
    segments: int
    """Whole segments of the latest day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfFootage:
    """One Beijing day of a point."""

    day: date
    segments: int
    recorded_ms: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch that was due and was not recorded (缺失时段)."""

    point: str
    start_ms: int
    end_ms: int
    cause: str


def recordings(path: Path) -> list[PointRecording]:
    """The state of every point in the settings, by its id."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT p.no, p.id, r.state, r.since_ms, r.last_fragment_ms, r.bits_per_s, r.bytes, r.end_cause, r.told_ms "
            "FROM point p LEFT JOIN recording r ON r.point_no = p.no WHERE p.retired_ms IS NULL ORDER BY p.id"
        )
        result = []
        for no, point, state, since_ms, last_ms, rate, size, cause, told_ms in rows:
            first = reader.row(
                "SELECT start_ms FROM segment WHERE point_no = ? AND state = 1 ORDER BY start_ms LIMIT 1", (no,)
            )
            last = reader.row("SELECT max(start_ms) FROM segment WHERE point_no = ?", (no,))
            count = 0
            if last and last[0] is not None:
                start_ms, end_ms = day_span_ms(day_of(last[0]))
                found = reader.row(
                    "SELECT count(*) FROM segment WHERE point_no = ? AND start_ms >= ? AND start_ms < ? AND state = 1",
                    (no, start_ms, end_ms),
                )
                count = found[0] if found else 0
            result.append(
                PointRecording(
                    point=point,
                    state=state or "unknown",
                    since_ms=since_ms,
                    last_fragment_ms=last_ms,
                    bits_per_s=rate or 0,
                    bytes=size or 0,
                    end_cause=cause,
                    told_ms=told_ms,
                    first_ms=first[0] if first else None,
                    segments=count,
                )
            )
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """An unbroken stretch of recording."""

    start_ms: int
    end_ms: int | None
    end_cause: str | None
    codec: str
    width_px: int
    height_px: int
    packets_lost: int


def runs(path: Path, point: str, start_ms: int = 0, end_ms: int = 2**53) -> list[RecordedRun]:
    """Runs that began in a stretch, in order."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT r.start_ms, r.end_ms, r.end_cause, r.codec, r.width_px, r.height_px, r.packets_lost FROM run r "
            "JOIN point p ON p.no = r.point_no WHERE p.id = ? AND r.start_ms >= ? AND r.start_ms < ? "
            "ORDER BY r.start_ms",
            (point, start_ms, end_ms),
        )
    return [
        RecordedRun(
            start_ms=row[0],
            end_ms=row[1],
            end_cause=row[2],
            codec=row[3],
            width_px=row[4],
            height_px=row[5],
            packets_lost=row[6],
        )
        for row in rows
    ]


def segments_between(path: Path, point: str, start_ms: int, end_ms: int) -> list[Segment]:
    """Segments that hold any of a stretch, in order, one copy of each moment's row per volume."""
    with open_read_only(path) as reader:
        return read_segments(reader, point, start_ms, end_ms)


def read_segments(reader: Transaction, point: str, start_ms: int, end_ms: int) -> list[Segment]:
    """The same inside a snapshot that is already open."""
    row = reader.row("SELECT no FROM point WHERE id = ?", (point,))
    if row is None:
        return []
    rows = reader.rows(
        FROM_SEGMENT + "WHERE s.point_no = ? AND s.start_ms >= ? AND s.start_ms < ? AND s.state IN (0, 1) "
        "ORDER BY s.start_ms",
        (row[0], start_ms - LONGEST_SEGMENT_MS, end_ms),
    )
    return [segment for segment in map(segment_of, rows) if segment.state == 0 or segment.end_ms > start_ms]


def latest_segment(path: Path, point: str) -> Segment | None:
    """The newest segment of a point, which may still be growing."""
    with open_read_only(path) as reader:
        row = reader.row(
            FROM_SEGMENT + "WHERE p.id = ? AND s.state IN (0, 1) ORDER BY s.start_ms DESC LIMIT 1",
            (point,),
        )
    return segment_of(row) if row else None


def days(path: Path, point: str) -> list[DayOfFootage]:
    """Every Beijing day of which a point has whole segments, oldest first (a copy on two volumes counts twice)."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT (start_ms + 28800000) / 86400000, count(*), sum(duration_ms), sum(bytes) FROM segment "
            "WHERE point_no = (SELECT no FROM point WHERE id = ?) AND state = 1 GROUP BY 1 ORDER BY 1",
            (point,),
        )
    return [
        DayOfFootage(day=date.fromordinal(719_163 + number), segments=count, recorded_ms=recorded, bytes=size)
        for number, count, recorded, size in rows
    ]


def gaps(path: Path, point: str, start_ms: int, end_ms: int) -> list[Gap]:
    """What was due in a stretch and lies between runs, each with why the run before it ended."""
    with open_read_only(path) as reader:
        return read_gaps(reader, point, start_ms, end_ms)


def _open_run_end(reader: Transaction, point_no: int, end_ms: int) -> int:
    # A run without an end goes on, or its recorder died and nobody has repaired it yet: its fragments tell.
    row = reader.row("SELECT last_fragment_ms FROM recording WHERE point_no = ?", (point_no,))
    if row is None or row[0] is None or end_ms - row[0] <= PENDING_MS:
        return end_ms
    return int(row[0])


PENDING_MS: Final = 15_000
"""A fragment of two seconds, its sync, and the few seconds until its recorder tells of it."""
GAP_MS: Final = 1_000
"""Shorter ones are not gaps: the ledger counts in seconds."""


def read_gaps(reader: Transaction, point: str, start_ms: int, end_ms: int) -> list[Gap]:
    """The same inside a snapshot that is already open."""
    row = reader.row("SELECT no, since_ms FROM point WHERE id = ?", (point,))
    if row is None:
        return []
    no, since_ms = row
    before = reader.row(
        "SELECT start_ms FROM run WHERE point_no = ? AND start_ms <= ? ORDER BY start_ms DESC LIMIT 1", (no, start_ms)
    )
    runs = reader.rows(
        "SELECT start_ms, coalesce(end_ms, ?4), coalesce(end_cause, 'not_known_yet') FROM run "
        "WHERE point_no = ?1 AND start_ms < ?2 AND start_ms >= ?3 ORDER BY start_ms",
        (no, end_ms, before[0] if before else start_ms, _open_run_end(reader, no, end_ms)),
    )
    found = []
    covered_ms, cause = max(start_ms, min(since_ms, runs[0][0] if runs else since_ms)), "not_started"
    for run_start_ms, run_end_ms, end_cause in runs:
        if run_start_ms - covered_ms >= GAP_MS:
            found.append(Gap(point=point, start_ms=covered_ms, end_ms=run_start_ms, cause=cause))
        if run_end_ms >= covered_ms:
            covered_ms, cause = run_end_ms, end_cause
    if end_ms - covered_ms >= GAP_MS:
        found.append(Gap(point=point, start_ms=covered_ms, end_ms=end_ms, cause=cause))
    return found
