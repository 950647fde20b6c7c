"""Who saw or took what the gate book says of persons (来访信息查看记录), with the reason, before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S
from foundation.ids import new_id
from foundation.sqlite import Row, open_read_only
from gate.record import RecordBook, refuse
from gate.spelling import tidy_text
from gate.visit import TEXT_LIMIT, Trouble

SHOWN_FOR_S: Final = 600
"""A picture belongs to a look for so long."""
_COLUMNS: Final = "seq, id, kind, record_id, login, name, reason, at_utc_ns"


class LookKind(StrEnum):
    """What somebody did."""

    REVEAL = "reveal"
    """看全号码和照片"""
    EXPORT = "export"
    """导出，号码遮住"""
    EXPORT_WHOLE = "export_whole"
    """导出，号码不遮"""
    ERASE = "erase"
    """要求删除"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One entry."""

    seq: int
    id: str
    kind: LookKind
    record_id: str
    login: str
    name: str
    reason: str
    at_utc_ns: int


class LookBook:
    """Written by the office; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def note(self, kind: LookKind, record_id: str, *, login: str, name: str, reason: str) -> Look:
        """Write down what is about to be seen or taken; on the disk and in the audit chain when this returns.

        Raises RecordRefusedError if no reason is given, DatabaseError.
        """
        why = tidy_text(reason)
        refuse({"reason": Trouble.TOO_LONG if why else Trouble.MISSING} if not 0 < len(why) <= TEXT_LIMIT else {})
        look_id, now = new_id(), self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            transaction.execute(
                "INSERT INTO look (id, kind, record_id, login, name, reason, at_utc_ns) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (look_id, kind.value, record_id, login, name, why, now),
            )
            seq = transaction.last_row_id()
            body = {"record": record_id, "login": login, "name": name, "reason": why}
            self._records.note(transaction, f"look:{look_id}", f"look.{kind}", body)
        return Look(
            seq=seq,
            id=look_id,
            kind=kind,
            record_id=record_id,
            login=login,
            name=name,
            reason=why,
            at_utc_ns=now,
        )

    def allows(self, look_id: str, record_id: str, login: str) -> bool:
        """Whether a look just taken by this person covers a record. Raises DatabaseError."""
        row = self._records.database.row(
            "SELECT 1 FROM look WHERE id = ? AND record_id = ? AND login = ? AND kind = 'reveal' AND at_utc_ns >= ?",
            (look_id, record_id, login, self._records.clock.utc_ns() - SHOWN_FOR_S * NS_PER_S),
        )
        return row is not None


def read_looks(path: Path, *, limit: int = 100, before: int | None = None) -> tuple[Look, ...]:
    """Entries newest first, older than an entry's `seq`. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            f"SELECT {_COLUMNS} FROM look WHERE ?1 IS NULL OR seq < ?1 ORDER BY seq DESC LIMIT ?2",  # noqa: S608
            (before, limit),
        )
    return tuple(_look(row) for row in rows)


def _look(row: Row) -> Look:
    seq, look_id, kind, record_id, login, name, reason, at_utc_ns = row
    return Look(
        seq=seq,
        id=look_id,
        kind=LookKind(kind),
        record_id=record_id,
        login=login,
        name=name,
        reason=reason,
        at_utc_ns=at_utc_ns,
    )
