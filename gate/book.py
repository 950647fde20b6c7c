"""The gate book (来访登记簿): the only writer of gate.sqlite. What it has answered is on the disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import Clock, beijing_day
from foundation.ids import new_id
from foundation.journal import JOURNAL_SQL, Journal
from foundation.record_keys import RecordKeys, keys_file
from foundation.sqlite import Database, Schema, Transaction, open_read_only
from gate import known
from gate.admission import Admission, erase_admission, write_admission
from gate.badge import Badge, badge_code, read_badge
from gate.companion import keys_after
from gate.door import Door
from gate.draft import DraftBox
from gate.duty import DutyBook
from gate.facts import VisitCorrected, VisitSignedIn, VisitSignedOut, VisitUndone
from gate.host_ask import HostAsks
from gate.known import FoundBy, SearchKey, search_key_file
from gate.query import person_fields, plain_visitor, read_visit, record_of, visit_of_badge
from gate.record import RecordBook, oldest_part
from gate.refusal import RefusalHit
from gate.refusal_book import RefusalBook
from gate.search import asked_words, long_numbers_fit, words_of
from gate.still import StillShelf, forget_still, want_still
from gate.vehicle_book import VehicleBook
from gate.visit import Trouble, Visit, Visitor, party_of, tidy, troubles

SCHEMA: Final = Schema.load(
    "gate",
    JOURNAL_SQL,
    AUDIT_SQL,
    ("gate", "schema.sql"),
    ("gate", "migrations/0002_duty.sql"),
    ("gate", "migrations/0003_known_visitor.sql"),
    ("gate", "migrations/0004_whole_record.sql"),
    ("gate", "migrations/0010_door.sql"),
    ("gate", "migrations/0011_vehicle_terms.sql"),
    ("gate", "migrations/0012_host_ask.sql"),
    ("gate", "migrations/0013_refused_party.sql"),
)
_NO_TERMS: Final = Admission()


FOLD_AT_LATEST_PAGES: Final = 16_000
"""64 MB: gate.folding does it long before, so that no guard's touch has to."""


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
        self._database = Database(path, SCHEMA, fold_every_pages=FOLD_AT_LATEST_PAGES)
        self._keys = RecordKeys(keys_file(path))
        self._audit = AuditChain(clock, keys=self._keys)
        self.journal = Journal(self._database, clock)
        self._search_key = SearchKey(search_key_file(path))
        self.stills = StillShelf(path.parent / "gate-stills")
        self.drafts = DraftBox(path.parent / "drafts", path.parent / "keys" / "gate.draft", clock)
        self.records = RecordBook(
            database=self._database, keys=self._keys, audit=self._audit, journal=self.journal, clock=clock
        )
        self.duty = DutyBook(self._database, self.journal, self._audit, clock)
        self.door = Door(self.records, self.duty)
        self.vehicles = VehicleBook(self.records, self._search_key)
        self.asks = HostAsks(self.records)
        self.refusals = RefusalBook(self.records, self._search_key)
        known.begin_index(self._database, self._search_key)
        self._finish_erasures()

    @property
    def path(self) -> Path:
        """The file, for the query functions."""
        return self._database.path

    @property
    def search_key(self) -> SearchKey:
        """What makes the digests that find sealed records."""
        return self._search_key

    def sign_in(
        self,
        *,
        visit_id: str,
        gate_id: str,
        guard: str,
        visitor: Visitor,
        still_point: str | None = None,
        admission: Admission = _NO_TERMS,
    ) -> Visit:
        """Write down who came in (来访登记). The same id and person again changes nothing and answers the same.

        A picture of `still_point` at this moment is asked for, not waited for. Raises VisitRefusedError,
        AlreadyInsideError, VisitConflictError, DatabaseError.
        """
        visitor = tidy(visitor)
        found = troubles(visitor)
        if found:
            raise VisitRefusedError(found)
        found_by = self._search_key.found_by(visitor)
        with self._database.together() as transaction:
            written = read_visit(transaction, self._keys, visit_id)
            if written is not None:
                if written.visitor != visitor:
                    raise VisitConflictError(f"visit {visit_id} is already written down for somebody else")
                return written
            self._nobody_twice(transaction, found_by)
            visit = self._write(transaction, visit_id, gate_id, guard, visitor, found_by, still_point)
            write_admission(transaction, self._audit, record_of(visit_id), admission)
            return visit

    def _nobody_twice(self, transaction: Transaction, found_by: FoundBy) -> None:
        for sign in found_by.signs:
            row = transaction.row("SELECT visit_id FROM inside_sign WHERE sign = ? LIMIT 1", (sign,))
            if row is not None:
                raise AlreadyInsideError(self._read(transaction, row[0]))

    def _write(
        self,
        transaction: Transaction,
        visit_id: str,
        gate_id: str,
        guard: str,
        visitor: Visitor,
        found_by: FoundBy,
        still_point: str | None,
    ) -> Visit:
        now = self._clock.utc_ns()
        day = beijing_day(now).isoformat()
        last = transaction.row("SELECT max(badge) FROM visit WHERE day = ?", (day,))
        badge = int(last[0] or 0) + 1 if last else 1
        transaction.execute(
            "INSERT INTO visit (id, day, badge, gate_id, in_utc_ns, in_guard) VALUES (?, ?, ?, ?, ?, ?)",
            (visit_id, day, badge, gate_id, now, guard),
        )
        record_id = record_of(visit_id)
        key_id, sealed = self._audit.seal(transaction, record_id=record_id, plain=plain_visitor(visitor))
        transaction.execute(
            "INSERT INTO visitor (visit_id, key_id, sealed) VALUES (?, ?, ?)", (visit_id, key_id, sealed)
        )
        self._put_inside(transaction, visit_id, found_by)
        _remember(transaction, visit_id, found_by, now)
        if still_point is not None:
            want_still(transaction, record_id, still_point, now)
        self._note(
            transaction,
            visit_id,
            "visit.signed_in",
            {"gate": gate_id, "guard": guard, "badge": badge, "visitor": person_fields(visitor)},
        )
        self.journal.append(VisitSignedIn(visit_id=visit_id, gate_id=gate_id, in_utc_ns=now), transaction=transaction)
        return Visit(id=visit_id, day=day, badge=badge, gate_id=gate_id, in_utc_ns=now, in_guard=guard, visitor=visitor)

    def correct(self, *, visit_id: str, guard: str, visitor: Visitor, reason: str) -> Visit:
        """Put right what was written wrongly (更正): shown from now on; what stood before stays in the audit chain.

        Raises VisitRefusedError, UnknownVisitError, VisitConflictError if the visitor was erased, DatabaseError.
        """
        visitor = tidy(visitor)
        found = troubles(visitor)
        if found:
            raise VisitRefusedError(found)
        found_by = self._search_key.found_by(visitor)
        with self._database.together() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.visitor is None:
                raise VisitConflictError(f"who visit {visit_id} was about has been erased")
            if visit.visitor == visitor:
                return visit
            party_keys = keys_after(visit.party, party_of(visitor), new_id)
            plain = plain_visitor(visitor, party_keys)
            _, sealed = self._audit.seal(transaction, record_id=record_of(visit_id), plain=plain)
            transaction.execute("UPDATE visitor SET sealed = ? WHERE visit_id = ?", (sealed, visit_id))
            transaction.execute("UPDATE visit SET corrected_utc_ns = ? WHERE id = ?", (self._clock.utc_ns(), visit_id))
            transaction.execute("DELETE FROM inside_sign WHERE visit_id = ?", (visit_id,))
            if visit.inside:
                _put_signs(transaction, visit_id, found_by)
            if visit.annulled_utc_ns is None:
                self._forget(transaction, visit_id)
                _remember(transaction, visit_id, found_by, visit.in_utc_ns)
            body: dict[str, object] = {"guard": guard, "reason": reason, "visitor": person_fields(visitor)}
            self._note(transaction, visit_id, "visit.corrected", body)
            self.journal.append(VisitCorrected(visit_id=visit_id), transaction=transaction)
            corrected = self._read(transaction, visit_id)
            self.door.roll_calls.put_right(transaction, corrected)
            return corrected

    def badge_code(self, visit: Visit) -> str:
        """What the QR of a visit's badge carries (胸牌二维码)."""
        return badge_code(self._search_key, Badge(date.fromisoformat(visit.day), visit.badge))

    def visit_of_code(self, text: str) -> Visit | None:
        """The visit whose badge was scanned; None if the text is no badge of this book. Raises DatabaseError."""
        badge = read_badge(self._search_key, text)
        return None if badge is None else visit_of_badge(self.path, badge.day, badge.number)

    def refused_before(self, visitor: Visitor) -> tuple[RefusalHit, ...]:
        """Refusals of somebody who is, or has the name of, this visitor or whoever came along. Raises DatabaseError."""
        return self.refusals.of(tidy(visitor))

    def sign_out(self, *, visit_id: str, departure_id: str, gate_id: str, guard: str) -> Visit:
        """Write down that a visitor left (离校登记); one who has already left stays as first written.

        Raises UnknownVisitError, VisitConflictError, DatabaseError.
        """
        with self._database.together() as transaction:
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
            self._take_out(transaction, visit_id)
            self._note(transaction, visit_id, "visit.signed_out", {"gate": gate_id, "guard": guard})
            self.journal.append(
                VisitSignedOut(visit_id=visit_id, gate_id=gate_id, out_utc_ns=out_utc_ns), transaction=transaction
            )
            return self._read(transaction, visit_id)

    def undo_sign_in(self, *, visit_id: str, guard: str) -> Visit:
        """Undo a sign-in made by mistake (撤销登记): it stays in the book, marked. Twice is as once.

        Raises UnknownVisitError, VisitConflictError if the visitor has left meanwhile, DatabaseError.
        """
        with self._database.together() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.annulled_utc_ns is not None:
                return visit
            if visit.out_utc_ns is not None:
                raise VisitConflictError(f"visit {visit_id} has ended; undo the leaving first")
            transaction.execute(
                "UPDATE visit SET annulled_utc_ns = ?, annulled_guard = ? WHERE id = ?",
                (self._clock.utc_ns(), guard, visit_id),
            )
            self._take_out(transaction, visit_id)
            self._forget(transaction, visit_id)
            self._undone(transaction, visit_id, "sign_in", guard)
            return self._read(transaction, visit_id)

    def undo_sign_out(self, *, visit_id: str, guard: str) -> Visit:
        """Undo a sign-out made by mistake: the visitor is inside again. Twice is as once.

        Raises UnknownVisitError, DatabaseError.
        """
        with self._database.together() as transaction:
            visit = self._read(transaction, visit_id)
            if visit.out_utc_ns is None:
                return visit
            transaction.execute(
                "UPDATE departure SET undone_utc_ns = ?, undone_guard = ? WHERE visit_id = ? AND undone_utc_ns IS NULL",
                (self._clock.utc_ns(), guard, visit_id),
            )
            self._put_inside(transaction, visit_id, self._search_key.found_by(visit.visitor) if visit.visitor else None)
            self._undone(transaction, visit_id, "sign_out", guard)
            return self._read(transaction, visit_id)

    def search(self, text: str, limit: int = 12) -> tuple[Visit, ...]:
        """The latest visit of each person found by last four of phone or document, plate, name or pinyin initials.

        Several words must all fit. Raises DatabaseError, RecordKeysError.
        """
        with open_read_only(self.path) as reader:
            ids = known.found_records(reader, self._search_key, asked_words(text), limit)
            visits = [read_visit(reader, self._keys, visit_id) for visit_id in ids]
        return tuple(visit for visit in visits if visit and visit.visitor and long_numbers_fit(visit.visitor, text))

    def erase_visitor(self, *, visit_id: str, reason: str) -> bool:
        """Forget who it was, in backups too: the record's key and personal row go, the visit and the chain stay.

        False if nothing was left to forget. Raises DatabaseError, RecordKeysError, OSError.
        """
        with self._database.transaction() as transaction:
            return self._erase(transaction, record_of(visit_id), visit_id, reason)

    def erase_expired(self, before: date, *, reason: str, most: int = 50) -> int:
        """Forget who came before a Beijing day, with vehicles, refusals, pictures and whatever else names a person.

        At most so many at once, each in a transaction of its own so that no guard waits; how many they were.
        Raises DatabaseError, RecordKeysError, OSError.
        """
        # Visitors lie in the order in which they came, so the oldest that are left are the first.
        visits = self._database.rows(
            "SELECT 'visit:' || p.visit_id FROM "
            "(SELECT rowid AS place, visit_id FROM visitor ORDER BY rowid LIMIT ?) p "
            "JOIN visit v ON v.id = p.visit_id WHERE v.day < ? ORDER BY p.place",
            (most, before.isoformat()),
        )
        others = self._database.rows(
            "SELECT record_id FROM person_part WHERE day < ? ORDER BY day LIMIT ?", (before.isoformat(), most)
        )
        due = [row[0] for row in (*visits, *others)][:most]
        for record_id in due:
            with self._database.transaction() as transaction:
                self._erase_record(transaction, record_id, reason)
        return len(due)

    def oldest_day(self) -> date | None:
        """The day that the oldest record that names somebody counts from. Raises DatabaseError."""
        row = self._database.row(
            "SELECT v.day FROM (SELECT visit_id FROM visitor ORDER BY rowid LIMIT 1) p "
            "JOIN visit v ON v.id = p.visit_id"
        )
        days = (date.fromisoformat(row[0]) if row else None, oldest_part(self._database))
        return min((day for day in days if day is not None), default=None)

    def erase_record(self, record_id: str, *, reason: str) -> bool:
        """Forget who a record ('visit:ID', 'vehicle:ID', 'refusal:ID') was about; False if nothing was left to forget.

        Raises DatabaseError, RecordKeysError, OSError.
        """
        with self._database.transaction() as transaction:
            return self._erase_record(transaction, record_id, reason)

    def index_some(self) -> bool:
        """Take a few more old records into the index of who came before; False when it is whole.

        Raises DatabaseError.
        """
        with self._database.transaction() as transaction:
            rows = known.next_to_index(transaction)
            for visit_id in rows:
                visit = read_visit(transaction, self._keys, visit_id)
                if visit is None or visit.visitor is None or visit.annulled_utc_ns is not None:
                    continue
                found_by = self._search_key.found_by(visit.visitor)
                _remember(transaction, visit_id, found_by, visit.in_utc_ns)
                if visit.inside:
                    transaction.execute("DELETE FROM inside_sign WHERE visit_id = ?", (visit_id,))
                    _put_signs(transaction, visit_id, found_by)
        return bool(rows) or self.vehicles.index_some() or self.refusals.index_some()

    def _erase_record(self, transaction: Transaction, record_id: str, reason: str) -> bool:
        kind, _, row_id = record_id.partition(":")
        if kind == "visit":
            return self._erase(transaction, record_id, row_id, reason)
        if kind == "vehicle":
            return self.vehicles.erase(transaction, row_id, reason, self.stills)
        if kind == "refusal":
            return self.refusals.erase(transaction, row_id, reason, self.stills)
        return self.records.erase(transaction, record_id, reason)

    def _erase(self, transaction: Transaction, record_id: str, visit_id: str, reason: str) -> bool:
        self._forget(transaction, visit_id)
        transaction.execute("DELETE FROM inside_sign WHERE visit_id = ?", (visit_id,))
        forget_still(transaction, self.stills, record_id)
        self.drafts.forget(visit_id)
        self.asks.erase(transaction, visit_id, reason)
        erase_admission(transaction, record_id)
        removed = transaction.execute("DELETE FROM visitor WHERE visit_id = ?", (visit_id,))
        return self._audit.erase(transaction, record_id=record_id, reason=reason) or bool(removed)

    def _finish_erasures(self) -> None:
        reason = "已删除，恢复备份后再次删除"
        with self._database.transaction() as transaction:
            for record_id in self._audit.unfinished_erasures(transaction):
                self._erase_record(transaction, record_id, reason)

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()
        self._keys.close()

    def _put_inside(self, transaction: Transaction, visit_id: str, found_by: FoundBy | None) -> None:
        transaction.execute("INSERT INTO inside (visit_id) VALUES (?)", (visit_id,))
        if found_by is not None:
            _put_signs(transaction, visit_id, found_by)

    def _take_out(self, transaction: Transaction, visit_id: str) -> None:
        transaction.execute("DELETE FROM inside WHERE visit_id = ?", (visit_id,))
        transaction.execute("DELETE FROM inside_sign WHERE visit_id = ?", (visit_id,))

    def _forget(self, transaction: Transaction, visit_id: str) -> None:
        def tokens_of(other_id: str) -> frozenset[bytes]:
            other = read_visit(transaction, self._keys, other_id)
            return self._search_key.tokens(words_of(other.visitor)) if other and other.visitor else frozenset()

        known.forget(transaction, visit_id, tokens_of)

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


def _put_signs(transaction: Transaction, visit_id: str, found_by: FoundBy) -> None:
    signs = [(sign, visit_id) for sign in found_by.signs]
    transaction.execute_many("INSERT INTO inside_sign (sign, visit_id) VALUES (?, ?)", signs)


def _remember(transaction: Transaction, visit_id: str, found_by: FoundBy, at_utc_ns: int) -> None:
    known.remember(transaction, record_id=visit_id, person=found_by.person, tokens=found_by.tokens, at_utc_ns=at_utc_ns)
