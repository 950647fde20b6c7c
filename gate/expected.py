"""Expected visitors (预约来访): entered by staff, which confirms them; the code in their QR opens the filled form."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sqlite import Row, Transaction, open_read_only
from gate.hours import MINUTE_NS
from gate.record import RecordBook, UnknownRecordError, checked, person_of, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble, Visitor

EARLY_NS: Final = 60 * MINUTE_NS
"""Visitors come early: from so long before the agreed time the code opens the form."""
_LONGEST_NS: Final = 7 * 24 * 60 * MINUTE_NS
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without what is mistaken for something else when read from a telephone."""
_CODE_LENGTH: Final = 10
_PREFIX: Final = "YY"
"""预约: tells a scanner's text from a name or a number."""
_COLUMNS: Final = (
    "e.id, e.code, e.begins_utc_ns, e.until_utc_ns, e.by_person, e.by_name, e.cancelled_utc_ns, p.key_id, p.sealed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who is expected."""

    name: str
    host: str
    reason: str
    phone: str = ""
    organisation: str = ""
    plate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An invitation."""

    id: str
    code: str
    begins_utc_ns: int
    until_utc_ns: int
    by_person: str
    by_name: str
    cancelled: bool
    guest: Guest | None
    """None once erased."""

    def opens_at(self, utc_ns: int) -> bool:
        """Whether the code opens the form now."""
        return not self.cancelled and self.begins_utc_ns - EARLY_NS <= utc_ns < self.until_utc_ns

    @property
    def visitor(self) -> Visitor | None:
        """The form as it is filled in."""
        if self.guest is None:
            return None
        return Visitor(**asdict(self.guest))


class ExpectedBook:
    """Writes invitations; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def invite(
        self, *, expected_id: str, guest: Guest, begins_utc_ns: int, until_utc_ns: int, by_person: str, by: str
    ) -> str:
        """Expect a visitor; answers the code for the QR. The same id again adds nothing and answers the same.

        Raises RecordRefusedError, DatabaseError.
        """
        plain = {item.name: tidy_text(getattr(guest, item.name)) for item in fields(Guest)}
        found = checked(plain, needed=("name", "host", "reason"))
        if not 0 < until_utc_ns - begins_utc_ns <= _LONGEST_NS or until_utc_ns <= self._records.clock.utc_ns():
            found["until"] = Trouble.OUT_OF_RANGE
        refuse(found)
        with self._records.writing() as transaction:
            known = transaction.row("SELECT code FROM expected WHERE id = ?", (expected_id,))
            if known is not None:
                return str(known[0])
            code = _PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
            transaction.execute(
                "INSERT INTO expected (id, code, begins_utc_ns, until_utc_ns, by_person, by_name, made_utc_ns) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (expected_id, code, begins_utc_ns, until_utc_ns, by_person, by, self._records.clock.utc_ns()),
            )
            record_id = f"expected:{expected_id}"
            self._records.keep_person(transaction, record_id, plain, day=beijing_day(until_utc_ns))
            self._records.note(transaction, record_id, "expected.invited", {"guest": plain, "by": by})
            return code

    def erase(self, expected_id: str, *, reason: str) -> None:
        """Forget who was expected, because the visitor is forgotten. Raises DatabaseError, RecordKeysError."""
        with self._records.writing() as transaction:
            self._records.erase(transaction, f"expected:{expected_id}", reason)

    def cancel(self, expected_id: str, *, by: str) -> None:
        """The visitor is no longer expected; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM expected WHERE id = ?", (expected_id,)) is None:
                raise UnknownRecordError(f"there is no invitation {expected_id}")
            done = transaction.execute(
                "UPDATE expected SET cancelled_utc_ns = ? WHERE id = ? AND cancelled_utc_ns IS NULL",
                (self._records.clock.utc_ns(), expected_id),
            )
            if done:
                self._records.note(transaction, f"expected:{expected_id}", "expected.cancelled", {"by": by})


def is_code(text: str) -> bool:
    """Whether a scanner may have typed this from an invitation's QR."""
    typed = text.strip().upper()
    return len(typed) == len(_PREFIX) + _CODE_LENGTH and typed.startswith(_PREFIX) and set(typed[2:]) <= set(_LETTERS)


def expected_by_code(orders: Path, code: str) -> Expected | None:
    """The invitation of a QR. Raises DatabaseError, RecordKeysError."""
    return next(iter(_read(orders, "WHERE e.code = ?", (code.strip().upper(),))), None)


def expected_by_id(orders: Path, expected_id: str) -> Expected | None:
    """One invitation. Raises DatabaseError, RecordKeysError."""
    return next(iter(_read(orders, "WHERE e.id = ?", (expected_id,))), None)


def read_expected(orders: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Expected, ...]:
    """Who is expected in a stretch, in order, without the cancelled. Raises DatabaseError, RecordKeysError."""
    return _read(
        orders,
        "WHERE e.begins_utc_ns < ? AND e.until_utc_ns > ? AND e.cancelled_utc_ns IS NULL ORDER BY e.begins_utc_ns",
        (ends_utc_ns, begins_utc_ns),
    )


def used_ids(book: Path, expected_ids: tuple[str, ...]) -> frozenset[str]:
    """Which invitations have come in already; an undone sign-in does not count. Raises DatabaseError."""
    with open_read_only(book) as reader:
        return frozenset(one for one in expected_ids if _used(reader, one))


def _used(reader: Transaction, expected_id: str) -> bool:
    return (
        reader.row(
            "SELECT 1 FROM admission a JOIN visit v ON v.id = a.entry_id "
            "WHERE a.expected_id = ? AND v.annulled_utc_ns IS NULL",
            (expected_id,),
        )
        is not None
    )


def _read(orders: Path, condition: str, bindings: tuple[str | int, ...]) -> tuple[Expected, ...]:
    if not orders.exists():
        return ()
    with open_read_only(orders) as reader, open_keys(keys_file(orders)) as keys:
        rows = reader.rows(
            f"SELECT {_COLUMNS} FROM expected e "  # noqa: S608 - constants of ours
            f"LEFT JOIN person_part p ON p.record_id = 'expected:' || e.id {condition}",
            bindings,
        )
        return tuple(_expected(row, keys) for row in rows)


def _expected(row: Row, keys: Keys) -> Expected:
    expected_id, code, begins, until, by_person, by_name, cancelled, key_id, sealed = row
    person = person_of(keys, f"expected:{expected_id}", key_id, sealed)
    return Expected(
        id=expected_id,
        code=code,
        begins_utc_ns=begins,
        until_utc_ns=until,
        by_person=by_person,
        by_name=by_name,
        cancelled=cancelled is not None,
        guest=Guest(**person) if person else None,
    )
