"""Pupils' leave slips (请假条), and pupils who leave in school time: fetched by a named adult, by a slip or by a named
approver's word, never otherwise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sqlite import Row, Transaction, open_read_only
from gate.hours import MINUTE_NS
from gate.record import (
    RecordBook,
    RecordConflictError,
    UnknownRecordError,
    checked,
    person_of,
    refuse,
)
from gate.spelling import tidy_text
from gate.visit import Trouble

EARLY_NS: Final = 30 * MINUTE_NS
"""So long before its time a slip may be used: lessons end early."""
_LONGEST_NS: Final = 7 * 24 * 60 * MINUTE_NS
_NEEDED: Final = ("pupil", "class_name", "adult")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Which pupil leaves with whom, and why."""

    pupil: str
    class_name: str
    """班级"""
    adult: str
    """接走学生的成年人; 本人 if the pupil leaves alone with leave to do so"""
    relation: str = ""
    """与学生关系"""
    phone: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A leave slip."""

    id: str
    begins_utc_ns: int
    until_utc_ns: int
    by_person: str
    by_name: str
    cancelled: bool
    fetching: Fetching | None
    """None once erased."""

    def opens_at(self, utc_ns: int) -> bool:
        """Whether a pupil may leave with it now."""
        return not self.cancelled and self.begins_utc_ns - EARLY_NS <= utc_ns < self.until_utc_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilOut:
    """A pupil who left."""

    id: str
    slip_id: str | None
    approver: str
    gate_id: str
    out_utc_ns: int
    guard: str
    undone_utc_ns: int | None
    fetching: Fetching | None


class SlipBook:
    """The teachers' slips; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def write(
        self, *, slip_id: str, fetching: Fetching, begins_utc_ns: int, until_utc_ns: int, by_person: str, by: str
    ) -> None:
        """A slip with who fetches the pupil. The same id again adds nothing.

        Raises RecordRefusedError, DatabaseError.
        """
        plain = _plain(fetching)
        found = checked(plain, needed=_NEEDED)
        if not 0 < until_utc_ns - begins_utc_ns <= _LONGEST_NS or until_utc_ns <= self._records.clock.utc_ns():
            found["until"] = Trouble.OUT_OF_RANGE
        refuse(found)
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM slip WHERE id = ?", (slip_id,)):
                return
            transaction.execute(
                "INSERT INTO slip (id, begins_utc_ns, until_utc_ns, by_person, by_name, made_utc_ns) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (slip_id, begins_utc_ns, until_utc_ns, by_person, by, self._records.clock.utc_ns()),
            )
            record_id = f"slip:{slip_id}"
            self._records.keep_person(transaction, record_id, plain, day=beijing_day(until_utc_ns))
            self._records.note(transaction, record_id, "slip.written", {"fetching": plain, "by": by})

    def cancel(self, slip_id: str, *, by: str) -> None:
        """The slip no longer holds; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM slip WHERE id = ?", (slip_id,)) is None:
                raise UnknownRecordError(f"there is no slip {slip_id}")
            done = transaction.execute(
                "UPDATE slip SET cancelled_utc_ns = ? WHERE id = ? AND cancelled_utc_ns IS NULL",
                (self._records.clock.utc_ns(), slip_id),
            )
            if done:
                self._records.note(transaction, f"slip:{slip_id}", "slip.cancelled", {"by": by})


class PupilDoor:
    """Pupils who left; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def leave_with_slip(self, *, out_id: str, slip: Slip, gate_id: str, guard: str) -> None:
        """A pupil leaves by a slip; a slip serves once. The same id again adds nothing.

        Raises RecordConflictError if the slip does not hold now or was used, DatabaseError.
        """
        if slip.fetching is None or not slip.opens_at(self._records.clock.utc_ns()):
            raise RecordConflictError(f"slip {slip.id} does not hold now")
        self._leave(out_id, slip.fetching, slip_id=slip.id, approver=slip.by_name, gate_id=gate_id, guard=guard)

    def leave_by_word(self, *, out_id: str, fetching: Fetching, approver: str, gate_id: str, guard: str) -> None:
        """A pupil leaves without a slip because somebody who is named said so. The same id again adds nothing.

        Raises RecordRefusedError (no approver, no adult …), DatabaseError.
        """
        approver = tidy_text(approver)
        plain = _plain(fetching)
        refuse(checked({**plain, "approver": approver}, needed=(*_NEEDED, "approver")))
        self._leave(out_id, Fetching(**plain), slip_id=None, approver=approver, gate_id=gate_id, guard=guard)

    def undo(self, *, out_id: str, guard: str) -> None:
        """The pupil did not leave after all; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "pupil_out", out_id, guard):
                self._records.note(transaction, f"pupil_out:{out_id}", "pupil.undone", {"guard": guard})

    def _leave(
        self, out_id: str, fetching: Fetching, *, slip_id: str | None, approver: str, gate_id: str, guard: str
    ) -> None:
        now = self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM pupil_out WHERE id = ?", (out_id,)):
                return
            if slip_id is not None and _used(transaction, slip_id):
                raise RecordConflictError(f"slip {slip_id} was used")
            transaction.execute(
                "INSERT INTO pupil_out (id, slip_id, approver, gate_id, out_utc_ns, guard) VALUES (?, ?, ?, ?, ?, ?)",
                (out_id, slip_id, approver, gate_id, now, guard),
            )
            record_id, plain = f"pupil_out:{out_id}", asdict(fetching)
            self._records.keep_person(transaction, record_id, plain, day=beijing_day(now))
            body = {"slip": slip_id or "", "approver": approver, "gate": gate_id, "guard": guard, "fetching": plain}
            self._records.note(transaction, record_id, "pupil.left", body)


def read_slips(orders: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Slip, ...]:
    """Slips that hold in a stretch, in order; none before the file exists. Raises DatabaseError, RecordKeysError."""
    return _slips(
        orders,
        "WHERE s.begins_utc_ns < ? AND s.until_utc_ns > ? AND s.cancelled_utc_ns IS NULL ORDER BY s.begins_utc_ns",
        (ends_utc_ns, begins_utc_ns),
    )


def slip_by_id(orders: Path, slip_id: str) -> Slip | None:
    """One slip. Raises DatabaseError, RecordKeysError."""
    return next(iter(_slips(orders, "WHERE s.id = ?", (slip_id,))), None)


def used_slips(book: Path, slips: tuple[Slip, ...]) -> frozenset[str]:
    """Which of the slips a pupil has left by. Raises DatabaseError."""
    with open_read_only(book) as reader:
        return frozenset(slip.id for slip in slips if _used(reader, slip.id))


def read_pupils_out(book: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[PupilOut, ...]:
    """Pupils who left in a stretch, latest first, undone ones too. Raises DatabaseError, RecordKeysError."""
    return _outs(
        book, "WHERE o.out_utc_ns >= ? AND o.out_utc_ns < ? ORDER BY o.out_utc_ns DESC", (begins_utc_ns, ends_utc_ns)
    )


def pupil_out_by_id(book: Path, out_id: str) -> PupilOut | None:
    """One pupil's leaving. Raises DatabaseError, RecordKeysError."""
    return next(iter(_outs(book, "WHERE o.id = ?", (out_id,))), None)


def _plain(fetching: Fetching) -> dict[str, str]:
    return {item.name: tidy_text(getattr(fetching, item.name)) for item in fields(Fetching)}


def _used(reader: Transaction, slip_id: str) -> bool:
    return reader.row("SELECT 1 FROM pupil_out WHERE slip_id = ? AND undone_utc_ns IS NULL", (slip_id,)) is not None


def _slips(orders: Path, condition: str, bindings: tuple[str | int, ...]) -> tuple[Slip, ...]:
    if not orders.exists():
        return ()
    with open_read_only(orders) as reader, open_keys(keys_file(orders)) as keys:
        rows = reader.rows(
            "SELECT s.id, s.begins_utc_ns, s.until_utc_ns, s.by_person, s.by_name, s.cancelled_utc_ns, p.key_id, "  # noqa: S608
            f"p.sealed FROM slip s LEFT JOIN person_part p ON p.record_id = 'slip:' || s.id {condition}",
            bindings,
        )
        return tuple(
            Slip(
                id=row[0],
                begins_utc_ns=row[1],
                until_utc_ns=row[2],
                by_person=row[3],
                by_name=row[4],
                cancelled=row[5] is not None,
                fetching=_fetching(keys, f"slip:{row[0]}", row[6], row[7]),
            )
            for row in rows
        )


def _outs(book: Path, condition: str, bindings: tuple[str | int, ...]) -> tuple[PupilOut, ...]:
    with open_read_only(book) as reader, open_keys(keys_file(book)) as keys:
        rows = reader.rows(
            "SELECT o.id, o.slip_id, o.approver, o.gate_id, o.out_utc_ns, o.guard, o.undone_utc_ns, p.key_id, "  # noqa: S608
            f"p.sealed FROM pupil_out o LEFT JOIN person_part p ON p.record_id = 'pupil_out:' || o.id {condition}",
            bindings,
        )
        return tuple(_out(row, keys) for row in rows)


def _out(row: Row, keys: Keys) -> PupilOut:
    return PupilOut(
        id=row[0],
        slip_id=row[1],
        approver=row[2],
        gate_id=row[3],
        out_utc_ns=row[4],
        guard=row[5],
        undone_utc_ns=row[6],
        fetching=_fetching(keys, f"pupil_out:{row[0]}", row[7], row[8]),
    )


def _fetching(keys: Keys, record_id: str, key_id: int | None, sealed: bytes | None) -> Fetching | None:
    person = person_of(keys, record_id, key_id, sealed)
    return Fetching(**person) if person else None
