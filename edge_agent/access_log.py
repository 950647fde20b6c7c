"""The access log (录像查看记录): every look at footage and every copy of it, with person and reason, before it happens.

Who and why are locked with a key of the entry's own and chained as the gate book's entries are; what a page shows is
read back through the same keys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain, AuditVerdict, verify_audit
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.record_keys import RecordKeys, keys_file
from foundation.sealed import unseal
from foundation.sqlite import Database, Row, Schema, Transaction

SCHEMA: Final = Schema.load("access", AUDIT_SQL, ("edge_agent", "access_log.sql"))
_COLUMNS: Final = "seq, id, kind, at_utc_ns, points, from_ms, to_ms, about, key_id, sealed"
_RECORD: Final = "access:"


class AccessKind(StrEnum):
    """What somebody did."""

    PLAY = "play"
    LIVE = "live"
    STILL = "still"
    EXPORT = "export"
    DOWNLOAD = "download"
    HOLD = "hold"
    UNHOLD = "unhold"


@dataclass(frozen=True, slots=True)
class Who:
    """A person as the log names them, for the day the account is gone."""

    login: str
    name: str

    @property
    def signature(self) -> str:
        """李老师（li）"""
        return f"{self.name}（{self.login}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One entry."""

    seq: int
    id: str
    kind: AccessKind
    at_utc_ns: int
    points: tuple[str, ...]
    from_ms: int
    to_ms: int
    about: str
    who: Who | None
    """None once the entry was erased."""
    reason: str


class AccessLog:
    """The only writer of access.sqlite; usable from any thread. What it has answered is on the disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Opens the log. Raises DatabaseError, RecordKeysError."""
        self._clock = clock
        self._keys = RecordKeys(keys_file(path))
        self._audit = AuditChain(clock, keys=self._keys)
        self.database: Final = Database(path, SCHEMA)
        with self.database.transaction() as transaction:
            for record_id in self._audit.unfinished_erasures(transaction):
                self._erase(transaction, record_id, "已删除，恢复备份后再次删除")

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()
        self._keys.close()

    def note(
        self,
        kind: AccessKind,
        who: Who,
        points: Sequence[str],
        span_ms: tuple[int, int],
        reason: str,
        *,
        about: str = "",
        transaction: Transaction | None = None,
    ) -> Access:
        """Write down what is about to be seen or taken; on the disk when this returns. Raises DatabaseError."""
        if transaction is None:
            with self.database.transaction() as own:
                return self.note(kind, who, points, span_ms, reason, about=about, transaction=own)
        access_id, at_utc_ns = new_id(), self._clock.utc_ns()
        record_id = _RECORD + access_id
        said = {"login": who.login, "name": who.name, "reason": reason}
        plain = json.dumps(said, ensure_ascii=False).encode()
        key_id, sealed = self._audit.seal(transaction, record_id=record_id, plain=plain)
        transaction.execute(
            "INSERT INTO access (id, kind, at_utc_ns, points, from_ms, to_ms, about, key_id, sealed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (access_id, kind.value, at_utc_ns, json.dumps(list(points)), *span_ms, about, key_id, sealed),
        )
        seq = transaction.last_row_id()
        body = {**said, "points": list(points), "from_ms": span_ms[0], "to_ms": span_ms[1], "about": about}
        self._audit.append(transaction, record_id=record_id, action=f"footage.{kind}", body=body)
        return Access(
            seq=seq,
            id=access_id,
            kind=kind,
            at_utc_ns=at_utc_ns,
            points=tuple(points),
            from_ms=span_ms[0],
            to_ms=span_ms[1],
            about=about,
            who=who,
            reason=reason,
        )

    def add(self, transaction: Transaction, access_id: str, action: str, body: dict[str, object]) -> None:
        """Chain what became of an entry ('export.made' with its hashes), in the transaction that changes its row."""
        self._audit.append(transaction, record_id=_RECORD + access_id, action=action, body=body)

    def find(self, access_id: str) -> Access | None:
        """One entry by id. Raises DatabaseError."""
        row = self.database.row(f"SELECT {_COLUMNS} FROM access WHERE id = ?", (access_id,))  # noqa: S608
        return self._access(row) if row else None

    def latest(self, *, limit: int = 100, before: int | None = None, point: str = "") -> list[Access]:
        """Entries newest first, older than an entry's `seq`, of one point or all. Raises DatabaseError."""
        rows = self.database.rows(
            f"SELECT {_COLUMNS} FROM access WHERE (?1 IS NULL OR seq < ?1) "  # noqa: S608
            "AND (?2 = '' OR EXISTS (SELECT 1 FROM json_each(points) WHERE value = ?2)) ORDER BY seq DESC LIMIT ?3",
            (before, point, limit),
        )
        return [self._access(row) for row in rows]

    def erase(self, access_id: str, *, reason: str) -> bool:
        """Forget who it was and why, in backups too; that somebody looked, at what and when, stays.

        False if there was nothing to forget. Raises DatabaseError, RecordKeysError.
        """
        with self.database.transaction() as transaction:
            return self._erase(transaction, _RECORD + access_id, reason)

    def verify(self) -> AuditVerdict:
        """Recompute the whole chain. Raises DatabaseError, RecordKeysError."""
        return verify_audit(self.database.path)

    def _erase(self, transaction: Transaction, record_id: str, reason: str) -> bool:
        transaction.execute(
            "UPDATE access SET key_id = NULL, sealed = NULL WHERE id = ?", (record_id.removeprefix(_RECORD),)
        )
        return self._audit.erase(transaction, record_id=record_id, reason=reason)

    def _access(self, row: Row) -> Access:
        seq, access_id, kind, at_utc_ns, points, from_ms, to_ms, about, key_id, sealed = row
        who, reason = None, ""
        key = self._keys.key(key_id) if key_id is not None else None
        if key is not None:
            said = json.loads(unseal(key, sealed, _RECORD + access_id))
            who, reason = Who(said["login"], said["name"]), said["reason"]
        return Access(
            seq=seq,
            id=access_id,
            kind=AccessKind(kind),
            at_utc_ns=at_utc_ns,
            points=tuple(json.loads(points)),
            from_ms=from_ms,
            to_ms=to_ms,
            about=about,
            who=who,
            reason=reason,
        )
