"""Refusals in the book (拒绝入校登记): written down with the reason, remembered until their days are over."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S, beijing_day, beijing_day_start_ns
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sqlite import Row, Transaction, open_read_only
from gate import known
from gate.facts import VisitRefused
from gate.known import SearchKey
from gate.query import person_fields, visitor_from
from gate.record import RecordBook, RecordConflictError, RecordRefusedError, UnknownRecordError, person_of
from gate.refusal import Refusal, RefusalHit, RefusalReason, RefusalSign, refusal_signs, refusal_troubles
from gate.spelling import tidy_text
from gate.still import StillShelf, forget_still, want_still
from gate.visit import Visitor, tidy

_REFUSAL: Final = (
    "SELECT r.id, r.day, r.gate_id, r.at_utc_ns, r.guard, r.reason, r.undone_utc_ns, p.key_id, p.sealed "
    "FROM refusal r LEFT JOIN person_part p ON p.record_id = 'refusal:' || r.id "
)
_DAY_NS: Final = 24 * 3600 * NS_PER_S  # China has no summer time
_WORDS: Final = "refusal_words"
_MOST_HITS: Final = 5


def refusal_record(refusal_id: str) -> str:
    """The record that a refusal's audit entries and sealed part belong to."""
    return f"refusal:{refusal_id}"


class RefusalBook:
    """Writes refusals; part of gate.sqlite, so it is made from the gate book."""

    def __init__(self, records: RecordBook, search_key: SearchKey) -> None:
        self._records = records
        self._key = search_key

    def refuse(
        self,
        *,
        refusal_id: str,
        gate_id: str,
        guard: str,
        visitor: Visitor,
        reason: RefusalReason,
        words: str = "",
        still_point: str | None = None,
    ) -> Refusal:
        """Write down who was not let in and why. The same id again changes nothing.

        Raises RecordRefusedError, RecordConflictError, DatabaseError.
        """
        visitor, words = tidy(visitor), tidy_text(words)
        found = refusal_troubles(visitor, reason, words)
        if found:
            raise RecordRefusedError(found)
        record_id, now = refusal_record(refusal_id), self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            written = _one(transaction, self._records.keys, refusal_id)
            if written is not None:
                if written.visitor is not None and (written.visitor, written.reason) != (visitor, reason):
                    raise RecordConflictError(f"refusal {refusal_id} is already written down for somebody else")
                return written
            day = beijing_day(now)
            transaction.execute(
                "INSERT INTO refusal (id, day, gate_id, at_utc_ns, guard, reason) VALUES (?, ?, ?, ?, ?, ?)",
                (refusal_id, day.isoformat(), gate_id, now, guard, reason.value),
            )
            told = {name: str(value) for name, value in person_fields(visitor).items()}
            self._records.keep_person(transaction, record_id, {**told, _WORDS: words}, day=day)
            self._put_signs(transaction, refusal_id, visitor)
            if still_point is not None:
                want_still(transaction, record_id, still_point, now)
            body = {"gate": gate_id, "guard": guard, "reason": reason.value, "words": words, "visitor": told}
            self._records.note(transaction, record_id, "visit.refused", body)
            self._records.journal.append(
                VisitRefused(refusal_id=refusal_id, gate_id=gate_id, reason=reason.value, at_utc_ns=now),
                transaction=transaction,
            )
            return self._read(transaction, refusal_id)

    def undo(self, *, refusal_id: str, guard: str) -> Refusal:
        """Written down by mistake: stays, marked, and is remembered of nobody. Twice is as once.

        Raises UnknownRecordError, DatabaseError.
        """
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "refusal", refusal_id, guard):
                transaction.execute("DELETE FROM refusal_sign WHERE refusal_id = ?", (refusal_id,))
                self._records.note(transaction, refusal_record(refusal_id), "visit.refusal_undone", {"guard": guard})
            return self._read(transaction, refusal_id)

    def of(self, visitor: Visitor) -> tuple[RefusalHit, ...]:
        """Who of this tidy visitor's party was refused before: certain ones first, latest first.

        Raises DatabaseError, RecordKeysError.
        """
        path = self._records.database.path
        with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
            found: dict[str, RefusalSign] = {}
            for sign in sorted(refusal_signs(visitor), key=_weight):
                digest = (self._key.sign(sign.text),)
                for (refusal_id,) in reader.rows("SELECT refusal_id FROM refusal_sign WHERE sign = ?", digest):
                    found[refusal_id] = sign  # the weightiest comes last
            latest = sorted(found, reverse=True)  # ids begin with the time
            hits = [
                RefusalHit(refusal, found[refusal_id].certain, found[refusal_id].along)
                for refusal_id in sorted(latest, key=lambda one: not found[one].certain)[:_MOST_HITS]
                if (refusal := _one(reader, keys, refusal_id)) is not None
            ]
        return tuple(hits)

    def erase(self, transaction: Transaction, refusal_id: str, reason: str, shelf: StillShelf) -> bool:
        """Forget who it was, in backups too; that somebody was refused, and why, stays."""
        transaction.execute("DELETE FROM refusal_sign WHERE refusal_id = ?", (refusal_id,))
        forget_still(transaction, shelf, refusal_record(refusal_id))
        return self._records.erase(transaction, refusal_record(refusal_id), reason)

    def index_some(self) -> bool:
        """As `GateBook.index_some`, for refusals."""
        with self._records.database.transaction() as transaction:
            ids = known.next_to_index(transaction, "refusal")
            for refusal_id in ids:
                refusal = self._read(transaction, refusal_id)
                if refusal.visitor is not None and refusal.undone_utc_ns is None:
                    self._put_signs(transaction, refusal_id, refusal.visitor)
        return bool(ids)

    def _put_signs(self, transaction: Transaction, refusal_id: str, visitor: Visitor) -> None:
        transaction.execute_many(
            "INSERT INTO refusal_sign VALUES (?, ?)",
            [(self._key.sign(sign.text), refusal_id) for sign in refusal_signs(visitor)],
        )

    def _read(self, transaction: Transaction, refusal_id: str) -> Refusal:
        refusal = _one(transaction, self._records.keys, refusal_id)
        if refusal is None:
            raise UnknownRecordError(f"there is no refusal {refusal_id}")
        return refusal


def _weight(sign: RefusalSign) -> tuple[bool, bool]:
    return sign.certain, not sign.along


def refusal_by_id(path: Path, refusal_id: str) -> Refusal | None:
    """One refusal. Raises DatabaseError, RecordKeysError."""
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        return _one(reader, keys, refusal_id)


def refusals_between(path: Path, first: date, last: date, limit: int = 20_000) -> tuple[Refusal, ...]:
    """Refusals of these Beijing days, undone ones too, earliest first. Raises DatabaseError, RecordKeysError."""
    from_ns, to_ns = beijing_day_start_ns(first), beijing_day_start_ns(last) + _DAY_NS
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        rows = reader.rows(
            _REFUSAL + "WHERE r.at_utc_ns >= ? AND r.at_utc_ns < ? ORDER BY r.at_utc_ns LIMIT ?",
            (from_ns, to_ns, limit),
        )
        return tuple(_refusal(row, keys) for row in rows)


def _one(reader: Transaction, keys: Keys, refusal_id: str) -> Refusal | None:
    row = reader.row(_REFUSAL + "WHERE r.id = ?", (refusal_id,))
    return _refusal(row, keys) if row else None


def _refusal(row: Row, keys: Keys) -> Refusal:
    refusal_id, day, gate_id, at_utc_ns, guard, reason, undone_utc_ns, key_id, sealed = row
    told = person_of(keys, refusal_record(refusal_id), key_id, sealed)
    return Refusal(
        id=refusal_id,
        day=day,
        gate_id=gate_id,
        at_utc_ns=at_utc_ns,
        guard=guard,
        reason=RefusalReason(reason),
        words=told.get(_WORDS, ""),
        undone_utc_ns=undone_utc_ns,
        visitor=visitor_from({name: text for name, text in told.items() if name != _WORDS}) if told else None,
    )
