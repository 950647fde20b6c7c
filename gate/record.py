"""Records that may name a person (涉及个人的记录): what names them is sealed apart from the row.

So it can be erased by age while the row and the audit chain stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from foundation.audit import AuditChain
from foundation.clock import Clock
from foundation.journal import Journal
from foundation.record_keys import Keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import Database, Transaction
from gate.visit import Trouble

Person = Mapping[str, str]
"""What names somebody, by field."""
NOBODY: Final[Person] = {}


class RecordRefusedError(Exception):
    """A record cannot be written as it was filled in; `troubles` says which fields."""

    def __init__(self, troubles: Mapping[str, Trouble]) -> None:
        super().__init__(", ".join(f"{field}: {trouble}" for field, trouble in troubles.items()))
        self.troubles = dict(troubles)


class UnknownRecordError(Exception):
    """There is no such record, or it is over."""


class RecordConflictError(Exception):
    """The record is not in a state that allows this, or its id is taken by another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBook:
    """What every noun of the gate writes with: rows, sealed part, audit entry and fact in one transaction."""

    database: Database
    keys: Keys
    audit: AuditChain
    journal: Journal
    clock: Clock

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction, short: it may share its commit with others. On the disk when the block ends.

        Raises DatabaseError.
        """
        with self.database.together() as transaction:
            yield transaction

    def note(self, transaction: Transaction, record_id: str, action: str, body: Mapping[str, object]) -> None:
        """An entry of the audit chain, locked with the record's key."""
        self.audit.append(transaction, record_id=record_id, action=action, body=body)

    def keep_person(self, transaction: Transaction, record_id: str, person: Person, *, day: date | None) -> None:
        """Seal what names a person; `day` is the Beijing day its age counts from, None while it is in use.

        Said again it replaces what is shown; what stood before stays in the audit chain.
        """
        plain = json.dumps(dict(person), ensure_ascii=False).encode()
        key_id, sealed = self.audit.seal(transaction, record_id=record_id, plain=plain)
        transaction.execute(
            "INSERT INTO person_part (record_id, day, key_id, sealed) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (record_id) DO UPDATE SET day = excluded.day, key_id = excluded.key_id, "
            "sealed = excluded.sealed",
            (record_id, day.isoformat() if day else None, key_id, sealed),
        )

    def ages_from(self, transaction: Transaction, record_id: str, day: date) -> None:
        """The record is over: its age counts from this day."""
        transaction.execute("UPDATE person_part SET day = ? WHERE record_id = ?", (day.isoformat(), record_id))

    def undo(self, transaction: Transaction, table: str, row_id: str, guard: str) -> bool:
        """Mark a row undone (撤销); False if it was already. Raises UnknownRecordError."""
        if transaction.row(f"SELECT 1 FROM {table} WHERE id = ?", (row_id,)) is None:  # noqa: S608 - names of ours
            raise UnknownRecordError(f"there is no {table} {row_id}")
        return bool(
            transaction.execute(
                f"UPDATE {table} SET undone_utc_ns = ?, undone_guard = ? "  # noqa: S608 - names of ours
                "WHERE id = ? AND undone_utc_ns IS NULL",
                (self.clock.utc_ns(), guard, row_id),
            )
        )

    def erase(self, transaction: Transaction, record_id: str, reason: str) -> bool:
        """Forget who a record was about, in backups too; False if nothing was left to forget."""
        removed = transaction.execute("DELETE FROM person_part WHERE record_id = ?", (record_id,))
        return self.audit.erase(transaction, record_id=record_id, reason=reason) or bool(removed)

    def erase_before(self, day: date, *, reason: str, most: int = 200) -> int:
        """Forget whose age counts from before a Beijing day, at most so many at once; how many they were.

        Raises DatabaseError, RecordKeysError.
        """
        rows = self.database.rows(
            "SELECT record_id FROM person_part WHERE day < ? ORDER BY day LIMIT ?", (day.isoformat(), most)
        )
        for (record_id,) in rows:
            with self.database.transaction() as transaction:
                self.erase(transaction, record_id, reason)
        return len(rows)


def oldest_part(database: Database) -> date | None:
    """The day that the oldest sealed part counts from. Raises DatabaseError."""
    row = database.row("SELECT min(day) FROM person_part WHERE day IS NOT NULL")
    return date.fromisoformat(row[0]) if row and row[0] else None


def person_of(keys: Keys, record_id: str, key_id: int | None, sealed: bytes | None) -> Person:
    """Who a record is about; nobody once that has been erased."""
    if key_id is None or sealed is None:
        return NOBODY
    key = keys.key(key_id)
    if key is None:  # erased since this row was copied, or the key file is lost
        return NOBODY
    try:
        found: dict[str, str] = json.loads(unseal(key, sealed, record_id))
    except UnsealError:  # altered from outside; `edge-agent audit verify` names the entry
        return NOBODY
    return found


def checked(texts: Mapping[str, str], *, needed: tuple[str, ...], longest: int = 100) -> dict[str, Trouble]:
    """What keeps tidy texts out of a record: a needed one that is missing, one that is too long."""
    found = {name: Trouble.MISSING for name in needed if not texts.get(name)}
    return found | {name: Trouble.TOO_LONG for name, text in texts.items() if len(text) > longest}


def refuse(troubles: Mapping[str, Trouble]) -> None:
    """Raises RecordRefusedError if there is any trouble."""
    if troubles:
        raise RecordRefusedError(troubles)
