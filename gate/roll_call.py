"""Roll calls (点名): everybody inside when it began, each ticked when found, with the time it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.sqlite import Row, Transaction, open_read_only
from gate.record import RecordBook, RecordConflictError, UnknownRecordError
from gate.visit import Visit

_COLUMNS: Final = "id, drill, gate_id, begun_utc_ns, guard, ended_utc_ns, ended_guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody on the campus: 'visit:ID', 'companion:ID.KEY' (`visitor_subject`), 'staff:ID', 'attendee:ID',
    'vehicle:ID' or 'class:NAME'."""

    subject: str
    since_utc_ns: int
    companions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody was found."""

    tick_id: str
    at_utc_ns: int
    guard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """A roll call as it stands in the book."""

    id: str
    drill: bool
    gate_id: str
    begun_utc_ns: int
    guard: str
    ended_utc_ns: int | None
    ended_guard: str
    people: tuple[Present, ...]
    found: dict[str, Found]
    """By subject."""

    @property
    def missing(self) -> tuple[Present, ...]:
        """Who has not been found yet."""
        return tuple(one for one in self.people if one.subject not in self.found)

    @property
    def all_found_utc_ns(self) -> int | None:
        """When the last one was found; None while somebody is missing."""
        if self.missing or not self.found:
            return None
        return max(one.at_utc_ns for one in self.found.values())


def visitor_subject(visit_id: str, key: str) -> str:
    """One of a visit's party; stays theirs however the visit is corrected (`gate.visit.Visit.party`)."""
    return f"companion:{visit_id}.{key}" if key else f"visit:{visit_id}"


class RollCallBook:
    """Writes roll calls; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def begin(self, *, roll_call_id: str, drill: bool, people: Sequence[Present], gate_id: str, guard: str) -> str:
        """Begin with everybody who is inside; if one is going on already, that one is answered.

        Raises DatabaseError.
        """
        with self._records.writing() as transaction:
            running = transaction.row(
                "SELECT id FROM roll_call WHERE id = ? OR ended_utc_ns IS NULL ORDER BY id = ? DESC LIMIT 1",
                (roll_call_id, roll_call_id),
            )
            if running is not None:
                return str(running[0])
            transaction.execute(
                "INSERT INTO roll_call (id, drill, gate_id, begun_utc_ns, guard) VALUES (?, ?, ?, ?, ?)",
                (roll_call_id, int(drill), gate_id, self._records.clock.utc_ns(), guard),
            )
            transaction.execute_many(
                "INSERT OR IGNORE INTO roll_call_person (roll_call_id, subject, since_utc_ns, companions) "
                "VALUES (?, ?, ?, ?)",
                [(roll_call_id, one.subject, one.since_utc_ns, one.companions) for one in people],
            )
            body = {"drill": drill, "gate": gate_id, "guard": guard, "people": [one.subject for one in people]}
            self._records.note(transaction, f"roll_call:{roll_call_id}", "roll_call.begun", body)
            return roll_call_id

    def put_right(self, transaction: Transaction, visit: Visit) -> None:
        """A visit on the list of the running roll call was corrected: whoever is named only now is looked for too.

        Nobody leaves the list by a correction.
        """
        row = transaction.row(
            "SELECT c.id, p.since_utc_ns FROM roll_call c JOIN roll_call_person p ON p.roll_call_id = c.id "
            "WHERE c.ended_utc_ns IS NULL AND p.subject = ?",
            (visitor_subject(visit.id, ""),),
        )
        if row is None:
            return
        roll_call_id, since_utc_ns = row
        subjects = [visitor_subject(visit.id, key) for key, _ in visit.party]
        for place, subject in enumerate(subjects):
            transaction.execute(
                "INSERT INTO roll_call_person (roll_call_id, subject, since_utc_ns, companions) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET companions = excluded.companions",
                (roll_call_id, subject, since_utc_ns, 0 if place else visit.unnamed),
            )
        body = {"people": subjects, "unnamed": visit.unnamed}
        self._records.note(transaction, f"roll_call:{roll_call_id}", "roll_call.put_right", body)

    def tick(self, *, roll_call_id: str, subject: str, tick_id: str, guard: str) -> None:
        """Somebody was found; the first touch counts. Raises UnknownRecordError, RecordConflictError, DatabaseError."""
        with self._records.writing() as transaction:
            row = transaction.row(
                "SELECT c.ended_utc_ns FROM roll_call_person p JOIN roll_call c ON c.id = p.roll_call_id "
                "WHERE p.roll_call_id = ? AND p.subject = ?",
                (roll_call_id, subject),
            )
            if row is None:
                raise UnknownRecordError(f"{subject} is not of roll call {roll_call_id}")
            there = transaction.row(
                "SELECT 1 FROM roll_call_tick WHERE id = ? OR (roll_call_id = ? AND subject = ? "
                "AND undone_utc_ns IS NULL)",
                (tick_id, roll_call_id, subject),
            )
            if there:
                return
            if row[0] is not None:
                raise RecordConflictError(f"roll call {roll_call_id} is over")
            transaction.execute(
                "INSERT INTO roll_call_tick (id, roll_call_id, subject, at_utc_ns, guard) VALUES (?, ?, ?, ?, ?)",
                (tick_id, roll_call_id, subject, self._records.clock.utc_ns(), guard),
            )
            body = {"subject": subject, "guard": guard}
            self._records.note(transaction, f"roll_call:{roll_call_id}", "roll_call.found", body)

    def undo_tick(self, *, tick_id: str, guard: str) -> None:
        """It was somebody else. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "roll_call_tick", tick_id, guard):
                row = transaction.row("SELECT roll_call_id, subject FROM roll_call_tick WHERE id = ?", (tick_id,))
                assert row is not None
                body = {"subject": row[1], "guard": guard}
                self._records.note(transaction, f"roll_call:{row[0]}", "roll_call.undone", body)

    def end(self, *, roll_call_id: str, guard: str) -> None:
        """It is over; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM roll_call WHERE id = ?", (roll_call_id,)) is None:
                raise UnknownRecordError(f"there is no roll call {roll_call_id}")
            ended = transaction.execute(
                "UPDATE roll_call SET ended_utc_ns = ?, ended_guard = ? WHERE id = ? AND ended_utc_ns IS NULL",
                (self._records.clock.utc_ns(), guard, roll_call_id),
            )
            if ended:
                self._records.note(transaction, f"roll_call:{roll_call_id}", "roll_call.ended", {"guard": guard})


def running_roll_call(path: Path) -> RollCall | None:
    """The one that is going on. Raises DatabaseError."""
    return next(iter(_read(path, "WHERE ended_utc_ns IS NULL", ())), None)


def read_roll_call(path: Path, roll_call_id: str) -> RollCall | None:
    """One roll call. Raises DatabaseError."""
    return next(iter(_read(path, "WHERE id = ?", (roll_call_id,))), None)


def read_roll_calls(path: Path, *, limit: int = 20) -> tuple[RollCall, ...]:
    """The latest, latest first. Raises DatabaseError."""
    return _read(path, "ORDER BY begun_utc_ns DESC LIMIT ?", (limit,))


def _read(path: Path, condition: str, bindings: tuple[str | int, ...]) -> tuple[RollCall, ...]:
    with open_read_only(path) as reader:
        calls = reader.rows(f"SELECT {_COLUMNS} FROM roll_call {condition}", bindings)  # noqa: S608 - ours
        found = []
        for row in calls:
            people = reader.rows(
                "SELECT subject, since_utc_ns, companions FROM roll_call_person WHERE roll_call_id = ? "
                "ORDER BY since_utc_ns, subject",
                (row[0],),
            )
            ticks = reader.rows(
                "SELECT subject, id, at_utc_ns, guard FROM roll_call_tick WHERE roll_call_id = ? "
                "AND undone_utc_ns IS NULL",
                (row[0],),
            )
            found.append(_roll_call(row, people, ticks))
    return tuple(found)


def _roll_call(row: Row, people: Sequence[Row], ticks: Sequence[Row]) -> RollCall:
    return RollCall(
        id=row[0],
        drill=bool(row[1]),
        gate_id=row[2],
        begun_utc_ns=row[3],
        guard=row[4],
        ended_utc_ns=row[5],
        ended_guard=row[6] or "",
        people=tuple(Present(subject=one[0], since_utc_ns=one[1], companions=one[2]) for one in people),
        found={one[0]: Found(tick_id=one[1], at_utc_ns=one[2], guard=one[3]) for one in ticks},
    )
