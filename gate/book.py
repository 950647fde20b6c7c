"""The gate book (来访登记簿): the only writer of gate.sqlite. What it has answered is on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import Clock, beijing_day
from foundation.journal import JOURNAL_SQL, Journal
from foundation.record_keys import RecordKeys, keys_file
from foundation.sqlite import Database, Schema, Transaction, open_read_only
from gate import known
from gate.duty import DutyBook
from gate.facts import VisitSignedIn, VisitSignedOut, VisitUndone
from gate.known import SearchKey, search_key_file
from gate.query import person_fields, plain_visitor, read_inside, read_visit, record_of
from gate.search import long_numbers_fit
from gate.visit import Trouble, Visit, Visitor, same_person, tidy, troubles

SCHEMA: Final = Schema.load(
    "gate",
    JOURNAL_SQL,
    AUDIT_SQL,
    ("gate", "schema.sql"),
    ("gate", "migrations/0002_duty.sql"),
    ("gate", "migrations/0003_known_visitor.sql"),
)


class VisitRefusedError(Exception):
    """The visit cannot be written as it was filled in; `troubles` says which fields."""

    def __init__(self, found: dict[str, Trouble]) -> None:
        super().__init__(", ".join(f"{field}: {trouble}" for field, trouble in found.items()))
        self.troubles = found


class AlreadyInsideError(Exception):
    """The same person is inside by an earlier visit: sign that one out first."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(f"visit {visit.id} of the same person has not ended")
        self.visit = visit


class UnknownVisitError(Exception):
    """There is no such visit."""


class VisitConflictError(Exception):
    """The id is taken by another visit, or the visit is not in a state that allows this."""


class GateBook:
    """Writes visits. Each call is one transaction: rows, audit entry and fact together, committed before it returns."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Opens the book; in a restored copy everybody erased since is erased again. Raises DatabaseError,
        RecordKeysError."""
        self._clock = clock
        self._database = Database(path, SCHEMA)
        self._keys = RecordKeys(keys_file(path))
        self._audit = AuditChain(clock, keys=self._keys)
        self.journal = Journal(self._database, clock)
        self._search_key = SearchKey(search_key_file(path))
        self.duty = DutyBook(self._database, self.journal, self._audit, clock)
        self._finish_erasures()

    @property
    def path(self) -> Path:
        """The file, for the query functions."""
        return self._database.path

    def sign_in(self, *, visit_id: str, gate_id: str, guard: str, visitor: Visitor) -> Visit:
        """Write down who came in (来访登记). The same id and person again changes nothing and answers the same.

        Raises VisitRefusedError, AlreadyInsideError, VisitConflictError, DatabaseError.
        """
        visitor = tidy(visitor)
        found = troubles(visitor)
        if found:
            raise VisitRefusedError(found)
        with self._database.transaction() as transaction:
            written = read_visit(transaction, self._keys, visit_id)
            if written is not None:
                if written.visitor != visitor:
                    raise VisitConflictError(f"visit {visit_id} is already written down for somebody else")
                return written
            for other in read_inside(transaction, self._keys):
                if other.visitor is not None and same_person(other.visitor, visitor):
                    raise AlreadyInsideError(other)
            return self._write(transaction, visit_id, gate_id, guard, visitor)

    def _write(self, transaction: Transaction, visit_id: str, gate_id: str, guard: str, visitor: Visitor) -> Visit:
        now = self._clock.utc_ns()
        day = beijing_day(now).isoformat()
        last = transaction.row("SELECT max(badge) FROM visit WHERE day = ?", (day,))
        badge = int(last[0] or 0) + 1 if last else 1
        transaction.execute(
            "INSERT INTO visit (id, day, badge, gate_id, in_utc_ns, in_guard) VALUES (?, ?, ?, ?, ?, ?)",
            (visit_id, day, badge, gate_id, now, guard),
        )
        key_id, sealed = self._audit.seal(transaction, record_id=record_of(visit_id), plain=plain_visitor(visitor))
        transaction.execute(
            "INSERT INTO visitor (visit_id, key_id, sealed) VALUES (?, ?, ?)", (visit_id, key_id, sealed)
        )
        transaction.execute("INSERT INTO inside (visit_id) VALUES (?)", (visit_id,))
        known.remember(transaction, self._search_key, visit_id=visit_id, visitor=visitor, in_utc_ns=now)
        self._note(
            transaction,
            visit_id,
            "visit.signed_in",
            {"gate": gate_id, "guard": guard, "badge": badge, "visitor": person_fields(visitor)},
        )
        self.journal.append(VisitSignedIn(visit_id=visit_id, gate_id=gate_id, in_utc_ns=now), transaction=transaction)
        return self._read(transaction, visit_id)

    def sign_out(self, *, visit_id: str, departure_id: str, gate_id: str, guard: str) -> Visit:
        """Write down that a visitor left (离校登记); one who has already left stays as first written.

        Raises UnknownVisitError, VisitConflictError, DatabaseError.
        """
        with self._database.transaction() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.annulled_utc_ns is not None:
                raise VisitConflictError(f"visit {visit_id} was undone")
            if visit.out_utc_ns is not None:
                return visit
            # A clock that was set back in the meantime must not make somebody leave before coming; the audit entry
            # carries the clock's own reading.
            out_utc_ns = max(self._clock.utc_ns(), visit.in_utc_ns)
            transaction.execute(
                "INSERT INTO departure (id, visit_id, gate_id, out_utc_ns, out_guard) VALUES (?, ?, ?, ?, ?)",
                (departure_id, visit_id, gate_id, out_utc_ns, guard),
            )
            transaction.execute("DELETE FROM inside WHERE visit_id = ?", (visit_id,))
            self._note(transaction, visit_id, "visit.signed_out", {"gate": gate_id, "guard": guard})
            self.journal.append(
                VisitSignedOut(visit_id=visit_id, gate_id=gate_id, out_utc_ns=out_utc_ns), transaction=transaction
            )
            return self._read(transaction, visit_id)

    def undo_sign_in(self, *, visit_id: str, guard: str) -> Visit:
        """Undo a sign-in made by mistake (撤销登记): it stays in the book, marked. Twice is as once.

        Raises UnknownVisitError, VisitConflictError if the visitor has left meanwhile, DatabaseError.
        """
        with self._database.transaction() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.annulled_utc_ns is not None:
                return visit
            if visit.out_utc_ns is not None:
                raise VisitConflictError(f"visit {visit_id} has ended; undo the leaving first")
            transaction.execute(
                "UPDATE visit SET annulled_utc_ns = ?, annulled_guard = ? WHERE id = ?",
                (self._clock.utc_ns(), guard, visit_id),
            )
            transaction.execute("DELETE FROM inside WHERE visit_id = ?", (visit_id,))
            known.forget(transaction, visit_id)
            self._undone(transaction, visit_id, "sign_in", guard)
            return self._read(transaction, visit_id)

    def undo_sign_out(self, *, visit_id: str, guard: str) -> Visit:
        """Undo a sign-out made by mistake: the visitor is inside again. Twice is as once.

        Raises UnknownVisitError, DatabaseError.
        """
        with self._database.transaction() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.out_utc_ns is None:
                return visit
            transaction.execute(
                "UPDATE departure SET undone_utc_ns = ?, undone_guard = ? WHERE visit_id = ? AND undone_utc_ns IS NULL",
                (self._clock.utc_ns(), guard, visit_id),
            )
            transaction.execute("INSERT INTO inside (visit_id) VALUES (?)", (visit_id,))
            self._undone(transaction, visit_id, "sign_out", guard)
            return self._read(transaction, visit_id)

    def search(self, text: str, limit: int = 12) -> tuple[Visit, ...]:
        """The latest visit of each person found by last four of phone or document, plate, name or pinyin initials.

        Several words must all fit. Raises DatabaseError, RecordKeysError.
        """
        with open_read_only(self.path) as reader:
            ids = known.found_visits(reader, self._search_key, text, limit)
            visits = [read_visit(reader, self._keys, visit_id) for visit_id in ids]
        return tuple(visit for visit in visits if visit and visit.visitor and long_numbers_fit(visit.visitor, text))

    def erase_visitor(self, *, visit_id: str, reason: str) -> bool:
        """Forget who it was, in backups too: the record's key and personal row go, the visit and the chain stay.

        False if nothing was left to forget. Raises DatabaseError, RecordKeysError.
        """
        with self._database.transaction() as transaction:
            return self._erase(transaction, record_of(visit_id), visit_id, reason)

    def _erase(self, transaction: Transaction, record_id: str, visit_id: str, reason: str) -> bool:
        known.forget(transaction, visit_id)
        removed = transaction.execute("DELETE FROM visitor WHERE visit_id = ?", (visit_id,))
        return self._audit.erase(transaction, record_id=record_id, reason=reason) or bool(removed)

    def _finish_erasures(self) -> None:
        with self._database.transaction() as transaction:
            for record_id in self._audit.unfinished_erasures(transaction):
                self._erase(transaction, record_id, record_id.removeprefix("visit:"), "已删除，恢复备份后再次删除")

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()
        self._keys.close()

    def _undone(self, transaction: Transaction, visit_id: str, what: str, guard: str) -> None:
        self._note(transaction, visit_id, "visit.undone", {"what": what, "guard": guard})
        self.journal.append(VisitUndone(visit_id=visit_id, what=what), transaction=transaction)

    def _note(self, transaction: Transaction, visit_id: str, action: str, body: dict[str, object]) -> None:
        self._audit.append(transaction, record_id=record_of(visit_id), action=action, body=body)

    def _read(self, transaction: Transaction, visit_id: str) -> Visit:
        visit = read_visit(transaction, self._keys, visit_id)
        if visit is None:
            raise UnknownVisitError(f"there is no visit {visit_id}")
        return visit
