"""Staff and hosts (教职工名册), and their going in and out by one touch (教职工进出)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from foundation.clock import beijing_day
from foundation.ids import new_id
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sqlite import Transaction, open_read_only
from gate.record import Person, RecordBook, UnknownRecordError, checked, person_of, refuse
from gate.spelling import tidy_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What the office knows of somebody who works here."""

    number: str
    """工号"""
    name: str
    department: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Somebody who works here."""

    id: str
    number: str
    name: str
    department: str
    phone: str
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """What a whole new list (名册) changed."""

    added: int
    changed: int
    ended: int


class StaffList:
    """The office's list; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def keep(self, new: NewStaff, *, by: str) -> None:
        """Add somebody, or correct whoever has this number. Raises RecordRefusedError, DatabaseError."""
        plain = _checked(new)
        with self._records.writing() as transaction:
            self._keep(transaction, plain, by, _in_use(transaction, self._records.keys))

    def replace(self, rows: Sequence[NewStaff], *, by: str) -> ListChange:
        """Take a whole list: new numbers are added, known ones corrected, absent ones have left (离职).

        Raises RecordRefusedError, DatabaseError; then nothing was changed.
        """
        plain = [_checked(row) for row in rows]
        with self._records.writing() as transaction:
            before = _in_use(transaction, self._records.keys)
            changes = [self._keep(transaction, row, by, before) for row in plain]
            gone = [one for number, one in before.items() if number not in {row.number for row in plain}]
            for member in gone:
                self._end(transaction, member.id, by)
        return ListChange(added=changes.count("added"), changed=changes.count("changed"), ended=len(gone))

    def end(self, staff_id: str, *, by: str) -> None:
        """Somebody has left the school; twice is as once. Raises DatabaseError."""
        with self._records.writing() as transaction:
            self._end(transaction, staff_id, by)

    def _keep(self, transaction: Transaction, new: NewStaff, by: str, before: dict[str, StaffMember]) -> str:
        known = before.get(new.number)
        person = _person(new)
        if known is not None and person == _person(known):
            return "same"
        staff_id = known.id if known else new_id()
        if known is None:
            transaction.execute(
                "INSERT INTO staff (id, number, added_utc_ns) VALUES (?, ?, ?)",
                (staff_id, new.number, self._records.clock.utc_ns()),
            )
        record_id = f"staff:{staff_id}"
        self._records.keep_person(transaction, record_id, person, day=None)
        self._records.note(transaction, record_id, "staff.kept", {"number": new.number, "person": person, "by": by})
        return "changed" if known else "added"

    def _end(self, transaction: Transaction, staff_id: str, by: str) -> None:
        now = self._records.clock.utc_ns()
        ended = transaction.execute(
            "UPDATE staff SET ended_utc_ns = ? WHERE id = ? AND ended_utc_ns IS NULL", (now, staff_id)
        )
        if ended:
            self._records.ages_from(transaction, f"staff:{staff_id}", beijing_day(now))
            self._records.note(transaction, f"staff:{staff_id}", "staff.ended", {"by": by})


class StaffDoor:
    """Who of the staff is on the campus; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def move(self, *, move_id: str, staff_id: str, coming: bool, gate_id: str, guard: str) -> None:
        """Somebody came or went. The same id again, or coming when inside already, changes nothing.

        Raises DatabaseError.
        """
        now = self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            inside = transaction.row("SELECT 1 FROM staff_inside WHERE staff_id = ?", (staff_id,)) is not None
            known = transaction.row("SELECT 1 FROM staff_move WHERE id = ?", (move_id,)) is not None
            if known or inside == coming:
                return
            transaction.execute(
                "INSERT INTO staff_move (id, staff_id, gate_id, coming, at_utc_ns, guard) VALUES (?, ?, ?, ?, ?, ?)",
                (move_id, staff_id, gate_id, int(coming), now, guard),
            )
            _settle(transaction, staff_id)
            body = {"staff": staff_id, "gate": gate_id, "guard": guard}
            self._records.note(transaction, f"staff_move:{move_id}", "staff.came" if coming else "staff.went", body)

    def undo(self, *, move_id: str, guard: str) -> None:
        """Undo a touch made by mistake (撤销); twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            row = transaction.row("SELECT staff_id FROM staff_move WHERE id = ?", (move_id,))
            if row is None:
                raise UnknownRecordError(f"there is no staff move {move_id}")
            if self._records.undo(transaction, "staff_move", move_id, guard):
                _settle(transaction, row[0])
                self._records.note(transaction, f"staff_move:{move_id}", "staff.undone", {"guard": guard})


def read_staff(path: Path, *, with_ended: bool = False) -> tuple[StaffMember, ...]:
    """The list by name; nobody before the file exists. Raises DatabaseError, RecordKeysError."""
    if not path.exists():
        return ()
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        found = _members(reader, keys)
    return tuple(sorted((one for one in found if with_ended or not one.ended), key=lambda one: (one.name, one.number)))


def staff_inside(path: Path) -> dict[str, int]:
    """Who of the staff is on the campus, since when (UTC ns), by id. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return dict(reader.rows("SELECT staff_id, since_utc_ns FROM staff_inside ORDER BY since_utc_ns"))


def _settle(transaction: Transaction, staff_id: str) -> None:
    """What the last touch that stands says."""
    last = transaction.row(
        "SELECT coming, at_utc_ns FROM staff_move WHERE staff_id = ? AND undone_utc_ns IS NULL "
        "ORDER BY seq DESC LIMIT 1",
        (staff_id,),
    )
    transaction.execute("DELETE FROM staff_inside WHERE staff_id = ?", (staff_id,))
    if last is not None and last[0]:
        transaction.execute("INSERT INTO staff_inside (staff_id, since_utc_ns) VALUES (?, ?)", (staff_id, last[1]))


def _checked(new: NewStaff) -> NewStaff:
    plain = NewStaff(**{item.name: tidy_text(getattr(new, item.name)) for item in fields(NewStaff)})
    refuse(checked(asdict(plain), needed=("number", "name")))
    return plain


def _person(one: NewStaff | StaffMember) -> Person:
    return {"name": one.name, "department": one.department, "phone": one.phone}


def _in_use(transaction: Transaction, keys: Keys) -> dict[str, StaffMember]:
    return {one.number: one for one in _members(transaction, keys) if not one.ended}


def _members(reader: Transaction, keys: Keys) -> list[StaffMember]:
    rows = reader.rows(
        "SELECT s.id, s.number, s.ended_utc_ns, p.key_id, p.sealed FROM staff s "
        "LEFT JOIN person_part p ON p.record_id = 'staff:' || s.id"
    )
    found = []
    for staff_id, number, ended_utc_ns, key_id, sealed in rows:
        person = person_of(keys, f"staff:{staff_id}", key_id, sealed)
        found.append(
            StaffMember(
                id=staff_id,
                number=number,
                name=person.get("name", ""),
                department=person.get("department", ""),
                phone=person.get("phone", ""),
                ended=ended_utc_ns is not None,
            )
        )
    return found
