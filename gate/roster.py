"""The duty roster (值班表): who is planned for which post, and where the plan leaves a gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day, rfc3339
from foundation.ids import new_id
from foundation.sqlite import Transaction, open_read_only
from gate.hours import DAY_MINUTES, DayKind, GateHours, moment_of
from gate.record import RecordBook, UnknownRecordError, refuse
from gate.spelling import tidy_text
from gate.visit import NAME_LIMIT, Trouble

_LONGEST_NS: Final = 36 * 3600 * 1_000_000_000
"""A shift that is longer is a slip of the finger: nobody stays awake that long."""


class Post(StrEnum):
    """What somebody is planned for."""

    GUARD = "guard"
    """保安值班: day and night without a gap."""
    LEADER = "leader"
    """带班领导"""
    ESCORT = "escort"
    """护学岗: at the gate when pupils come and go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Somebody planned for a post."""

    id: str
    post: Post
    name: str
    begins_utc_ns: int
    ends_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShift:
    """A shift to be planned."""

    post: Post
    name: str
    begins_utc_ns: int
    ends_utc_ns: int


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A stretch in which nobody is there."""

    begins_utc_ns: int
    ends_utc_ns: int


def shift_moments(day: date, begins_minute: int, ends_minute: int) -> tuple[int, int]:
    """A shift's beginning and end; one that ends before it begins ends on the next day (18:00–07:00)."""
    ends = ends_minute if ends_minute > begins_minute else ends_minute + DAY_MINUTES
    return moment_of(day, begins_minute), moment_of(day, ends)


def gaps(spans: Iterable[tuple[int, int]], begins_utc_ns: int, ends_utc_ns: int) -> tuple[Gap, ...]:
    """What the spans leave open of a stretch, in order."""
    found, covered = [], begins_utc_ns
    for first, last in sorted(spans):
        if last <= covered:
            continue
        if first >= ends_utc_ns:
            break
        if first > covered:
            found.append(Gap(covered, first))
        covered = last
    if covered < ends_utc_ns:
        found.append(Gap(covered, ends_utc_ns))
    return tuple(found)


def roster_gaps(shifts: Sequence[Shift], post: Post, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Gap, ...]:
    """Where nobody is planned for a post."""
    return gaps(
        ((one.begins_utc_ns, one.ends_utc_ns) for one in shifts if one.post is post), begins_utc_ns, ends_utc_ns
    )


def on_shift(shifts: Sequence[Shift], post: Post, utc_ns: int) -> tuple[Shift, ...]:
    """Who is planned for a post at a moment."""
    return tuple(one for one in shifts if one.post is post and one.begins_utc_ns <= utc_ns < one.ends_utc_ns)


def unescorted(shifts: Sequence[Shift], hours: GateHours, day: date) -> tuple[int, ...]:
    """When pupils come or go on a day (first opening, last closing) and nobody is planned at the gate (护学岗)."""
    spans = hours.spans_of(day)
    if not spans or hours.kind_of(day) not in {DayKind.SCHOOL_DAY, DayKind.EXAM_DAY}:
        return ()
    moments = (moment_of(day, spans[0].opens_minute), moment_of(day, spans[-1].closes_minute))
    escorts = [one for one in shifts if one.post is Post.ESCORT]
    return tuple(at for at in moments if not any(one.begins_utc_ns <= at <= one.ends_utc_ns for one in escorts))


class RosterBook:
    """The office's roster; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def plan(self, shifts: Sequence[NewShift], *, by: str) -> None:
        """Add shifts, all or none; one that stands there already is not added again.

        Raises RecordRefusedError, DatabaseError.
        """
        for new in shifts:
            refuse(shift_troubles(new))
        with self._records.writing() as transaction:
            for new in shifts:
                self._plan(transaction, new, by)

    def take_off(self, shift_id: str, *, by: str) -> None:
        """Take a shift off the roster (调班); it stays readable. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM shift WHERE id = ?", (shift_id,)) is None:
                raise UnknownRecordError(f"there is no shift {shift_id}")
            taken = transaction.execute(
                "UPDATE shift SET taken_off_utc_ns = ? WHERE id = ? AND taken_off_utc_ns IS NULL",
                (self._records.clock.utc_ns(), shift_id),
            )
            if taken:
                self._records.note(transaction, f"shift:{shift_id}", "shift.taken_off", {"by": by})

    def _plan(self, transaction: Transaction, new: NewShift, by: str) -> None:
        name = tidy_text(new.name)
        planned = (new.post.value, name, new.begins_utc_ns, new.ends_utc_ns)
        there = transaction.row(
            "SELECT 1 FROM shift WHERE post = ? AND name = ? AND begins_utc_ns = ? AND ends_utc_ns = ? "
            "AND taken_off_utc_ns IS NULL",
            planned,
        )
        if there:
            return
        shift_id = new_id()
        transaction.execute(
            "INSERT INTO shift (id, post, name, begins_utc_ns, ends_utc_ns) VALUES (?, ?, ?, ?, ?)",
            (shift_id, *planned),
        )
        body = {
            "post": new.post.value, "name": name, "begins": rfc3339(new.begins_utc_ns),
            "ends": rfc3339(new.ends_utc_ns), "by": by,
        }  # fmt: skip
        self._records.note(transaction, f"shift:{shift_id}", "shift.planned", body)


def shift_troubles(new: NewShift) -> dict[str, Trouble]:
    """What keeps a shift off the roster."""
    name = tidy_text(new.name)
    found = {} if name else {"name": Trouble.MISSING}
    if len(name) > NAME_LIMIT:
        found["name"] = Trouble.TOO_LONG
    if not 0 < new.ends_utc_ns - new.begins_utc_ns <= _LONGEST_NS:
        found["ends"] = Trouble.OUT_OF_RANGE
    return found


def read_shifts(path: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Shift, ...]:
    """Planned shifts that touch a stretch, in order; none before the file exists. Raises DatabaseError."""
    if not path.exists():
        return ()
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, post, name, begins_utc_ns, ends_utc_ns FROM shift WHERE begins_utc_ns > ? "
            "AND begins_utc_ns < ? AND ends_utc_ns > ? AND taken_off_utc_ns IS NULL ORDER BY begins_utc_ns, post, name",
            (begins_utc_ns - _LONGEST_NS, ends_utc_ns, begins_utc_ns),
        )
    return tuple(
        Shift(id=row[0], post=Post(row[1]), name=row[2], begins_utc_ns=row[3], ends_utc_ns=row[4]) for row in rows
    )


def days_of(shift: Shift) -> date:
    """The Beijing day a shift is listed under: the one it begins on."""
    return beijing_day(shift.begins_utc_ns)


class EscortDoor:
    """Who of the 护学岗 stood there (到岗); part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def tick(self, *, tick_id: str, shift_id: str, guard: str) -> None:
        """Somebody of the escort is there; once per shift. Raises DatabaseError."""
        with self._records.writing() as transaction:
            there = transaction.row(
                "SELECT 1 FROM escort_present WHERE id = ? OR (shift_id = ? AND undone_utc_ns IS NULL)",
                (tick_id, shift_id),
            )
            if there:
                return
            transaction.execute(
                "INSERT INTO escort_present (id, shift_id, at_utc_ns, guard) VALUES (?, ?, ?, ?)",
                (tick_id, shift_id, self._records.clock.utc_ns(), guard),
            )
            body = {"shift": shift_id, "guard": guard}
            self._records.note(transaction, f"escort:{tick_id}", "escort.present", body)

    def undo(self, *, tick_id: str, guard: str) -> None:
        """Undo a tick made by mistake. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "escort_present", tick_id, guard):
                self._records.note(transaction, f"escort:{tick_id}", "escort.undone", {"guard": guard})


def escorts_present(path: Path, shifts: Sequence[Shift]) -> dict[str, tuple[str, int]]:
    """Of these shifts, which were there: tick id and time (UTC ns), by shift. Raises DatabaseError."""
    with open_read_only(path) as reader:
        found = {}
        for shift in shifts:
            row = reader.row(
                "SELECT id, at_utc_ns FROM escort_present WHERE shift_id = ? AND undone_utc_ns IS NULL", (shift.id,)
            )
            if row is not None:
                found[shift.id] = (str(row[0]), int(row[1]))
    return found
