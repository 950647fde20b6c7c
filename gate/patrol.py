"""Patrol rounds (巡查): checkpoints with a QR on the wall, at least five rounds a day, missed ones named."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.ids import new_id
from foundation.sqlite import Transaction, open_read_only
from gate.hours import DAY_MINUTES, MINUTE_NS, moment_of
from gate.record import RecordBook, UnknownRecordError, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble

LEAST_ROUNDS: Final = 5
"""GB/T 29315-2022: at least 5 patrols a day."""
DUE_MINUTES: Final = (7 * 60, 10 * 60, 13 * 60, 17 * 60, 21 * 60)
"""When rounds are due if the office laid down nothing else."""
HALF_WINDOW_MINUTES: Final = 60
"""How much earlier or later a round may be, unless the next one is nearer."""
_CODE_BYTES: Final = 12


class RoundState(StrEnum):
    """How a round stands."""

    COMING = "coming"
    OPEN = "open"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolPoint:
    """A checkpoint (巡查点)."""

    id: str
    name: str
    code: str
    added_utc_ns: int
    ended_utc_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolScan:
    """Somebody stood at a checkpoint."""

    id: str
    point_id: str
    person_id: str
    name: str
    at_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a day: who was where in time, and what is missing."""

    due_utc_ns: int
    begins_utc_ns: int
    ends_utc_ns: int
    scans: tuple[PatrolScan, ...]
    """The first at each point, in order."""
    missing: tuple[PatrolPoint, ...]

    def state(self, now_utc_ns: int) -> RoundState:
        """Done as soon as nothing is missing; missed when its time is over and something is."""
        if self.scans and not self.missing:
            return RoundState.DONE
        if now_utc_ns < self.begins_utc_ns:
            return RoundState.COMING
        return RoundState.OPEN if now_utc_ns < self.ends_utc_ns else RoundState.MISSED


def windows(day: date, due_minutes: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    """When each round is due, begins and ends, UTC ns; no moment belongs to two rounds."""
    ordered = sorted(set(due_minutes))
    found = []
    for place, due in enumerate(ordered):
        # Half way to the round before and after, also over midnight: the last of yesterday has the same times.
        before = ordered[place - 1] - (DAY_MINUTES if place == 0 else 0)
        after = ordered[(place + 1) % len(ordered)] + (DAY_MINUTES if place + 1 == len(ordered) else 0)
        begins = max(due - HALF_WINDOW_MINUTES, (before + due + 1) // 2)
        ends = min(due + HALF_WINDOW_MINUTES, (due + after + 1) // 2)
        found.append((moment_of(day, due), moment_of(day, 0) + begins * MINUTE_NS, moment_of(day, ends)))
    return tuple(found)


def rounds_of_day(
    day: date, due_minutes: Sequence[int], points: Sequence[PatrolPoint], scans: Sequence[PatrolScan]
) -> tuple[Round, ...]:
    """The day's rounds; a point counts for those that began after it was put up and before it was taken down."""
    found = []
    for due, begins, ends in windows(day, due_minutes):
        due_points = [
            point
            for point in points
            if point.added_utc_ns <= begins and (point.ended_utc_ns is None or point.ended_utc_ns >= ends)
        ]
        first: dict[str, PatrolScan] = {}
        for scan in sorted(scans, key=lambda one: (one.at_utc_ns, one.id)):
            if begins <= scan.at_utc_ns < ends:
                first.setdefault(scan.point_id, scan)
        missing = tuple(point for point in due_points if point.id not in first)
        found.append(
            Round(due_utc_ns=due, begins_utc_ns=begins, ends_utc_ns=ends, scans=tuple(first.values()), missing=missing)
        )
    return tuple(found)


def due_troubles(due_minutes: Sequence[int]) -> dict[str, Trouble]:
    """What keeps times from being a day's rounds: fewer than five, out of the day, nearer than half an hour."""
    ordered = sorted(due_minutes)
    if len(ordered) < LEAST_ROUNDS:
        return {"due": Trouble.MISSING}
    if any(not 0 <= minute < DAY_MINUTES for minute in ordered):
        return {"due": Trouble.OUT_OF_RANGE}
    near = any(after - one < 30 for one, after in itertools.pairwise(ordered))
    return {"due": Trouble.WRONG_FORM} if near or ordered[0] + DAY_MINUTES - ordered[-1] < 30 else {}


class PatrolPoints:
    """The office's checkpoints and times; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def put_up(self, name: str, *, by: str) -> PatrolPoint:
        """A new checkpoint with its code. Raises RecordRefusedError, DatabaseError."""
        name = tidy_text(name)
        refuse({} if 0 < len(name) <= 40 else {"name": Trouble.TOO_LONG if name else Trouble.MISSING})
        now = self._records.clock.utc_ns()
        point = PatrolPoint(id=new_id(), name=name, code=secrets.token_urlsafe(_CODE_BYTES), added_utc_ns=now)
        with self._records.writing() as transaction:
            transaction.execute(
                "INSERT INTO patrol_point (id, name, code, added_utc_ns) VALUES (?, ?, ?, ?)",
                (point.id, name, point.code, now),
            )
            body = {"name": name, "by": by}
            self._records.note(transaction, f"patrol_point:{point.id}", "patrol_point.added", body)
        return point

    def take_down(self, point_id: str, *, by: str) -> None:
        """A checkpoint is no longer walked to; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM patrol_point WHERE id = ?", (point_id,)) is None:
                raise UnknownRecordError(f"there is no checkpoint {point_id}")
            ended = transaction.execute(
                "UPDATE patrol_point SET ended_utc_ns = ? WHERE id = ? AND ended_utc_ns IS NULL",
                (self._records.clock.utc_ns(), point_id),
            )
            if ended:
                self._records.note(transaction, f"patrol_point:{point_id}", "patrol_point.ended", {"by": by})

    def lay_down(self, due_minutes: Sequence[int], *, by: str) -> None:
        """When rounds are due. Raises RecordRefusedError, DatabaseError."""
        refuse(due_troubles(due_minutes))
        with self._records.writing() as transaction:
            transaction.execute("DELETE FROM patrol_due")
            transaction.execute_many("INSERT INTO patrol_due VALUES (?)", [(one,) for one in sorted(due_minutes)])
            body = {"due_minutes": sorted(due_minutes), "by": by}
            self._records.note(transaction, "patrol_due", "patrol.laid_down", body)


class PatrolBook:
    """Who stood at which checkpoint; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def scan(self, *, scan_id: str, point_id: str, person_id: str, name: str) -> None:
        """Somebody read a checkpoint's code; the same id again adds nothing. Raises DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM patrol_scan WHERE id = ?", (scan_id,)):
                return
            transaction.execute(
                "INSERT INTO patrol_scan (id, point_id, person_id, name, at_utc_ns) VALUES (?, ?, ?, ?, ?)",
                (scan_id, point_id, person_id, name, self._records.clock.utc_ns()),
            )
            body = {"point": point_id, "person": person_id, "name": name}
            self._records.note(transaction, f"patrol_scan:{scan_id}", "patrol.scanned", body)


def read_points(orders: Path, *, since_utc_ns: int | None = None) -> tuple[PatrolPoint, ...]:
    """Checkpoints in use, or those in use since a moment; none before the file exists. Raises DatabaseError."""
    if not orders.exists():
        return ()
    with open_read_only(orders) as reader:
        rows = reader.rows(
            "SELECT id, name, code, added_utc_ns, ended_utc_ns FROM patrol_point "
            "WHERE ended_utc_ns IS NULL OR ended_utc_ns > ? ORDER BY name",
            (since_utc_ns,),
        )
    return tuple(
        PatrolPoint(id=row[0], name=row[1], code=row[2], added_utc_ns=row[3], ended_utc_ns=row[4]) for row in rows
    )


def read_due(orders: Path) -> tuple[int, ...]:
    """When rounds are due, in minutes of the Beijing day. Raises DatabaseError."""
    if not orders.exists():
        return DUE_MINUTES
    with open_read_only(orders) as reader:
        return _due(reader)


def _due(reader: Transaction) -> tuple[int, ...]:
    return tuple(row[0] for row in reader.rows("SELECT minute FROM patrol_due ORDER BY minute")) or DUE_MINUTES


def read_rounds(orders: Path, book: Path, day: date) -> tuple[Round, ...]:
    """A day's rounds as they stand. Raises DatabaseError."""
    begins, ends = moment_of(day, -HALF_WINDOW_MINUTES), moment_of(day, DAY_MINUTES + HALF_WINDOW_MINUTES)
    with open_read_only(book) as reader:
        rows = reader.rows(
            "SELECT id, point_id, person_id, name, at_utc_ns FROM patrol_scan WHERE at_utc_ns >= ? AND at_utc_ns < ?",
            (begins, ends),
        )
    scans = [PatrolScan(id=row[0], point_id=row[1], person_id=row[2], name=row[3], at_utc_ns=row[4]) for row in rows]
    return rounds_of_day(day, read_due(orders), read_points(orders, since_utc_ns=begins), scans)
