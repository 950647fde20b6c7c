"""The hash-chained audit log: nothing is altered afterwards, yet a person's data can be erased (promise 7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.canonical import canonical_json
from foundation.clock import Clock
from foundation.sqlite import Transaction, open_read_only

AUDIT_SQL: Final = ("foundation", "audit.sql")
"""The schema step of every database that holds an audit chain."""

GENESIS: Final = bytes(32)

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where a chain ends now; countersigned by the center so that a whole rewritten chain is noticed."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What `verify_audit` found; `trouble` is empty when the chain holds."""

    entries: int
    erased: int
    head: AuditHead
    trouble: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.trouble


class AuditChain:
    """Appends to the chain in the same transaction as the rows it speaks of."""

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._random_bytes = random_bytes

    def append(self, transaction: Transaction, *, record_id: str, action: str, body: Body) -> AuditHead:
        """Add an entry about a record; makes the record's key the first time.

        `body` must have a canonical form (no fractions). Raises NotCanonicalError, DatabaseError.
        """
        payload = canonical_json(dict(body))
        key = self._key(transaction, record_id)
        digest = hmac.digest(key, payload, "sha256")
        last = transaction.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        seq, previous = (int(last[0]) + 1, bytes(last[1])) if last else (1, GENESIS)
        at_utc_ns = self._clock.utc_ns()
        chained = chain_hash(previous, seq, at_utc_ns, action, record_id, digest)
        transaction.execute(
            "INSERT INTO audit (seq, at_utc_ns, action, record_id, digest, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (seq, at_utc_ns, action, record_id, digest, chained),
        )
        transaction.execute("INSERT INTO audit_body (seq, body) VALUES (?, ?)", (seq, payload))
        return AuditHead(seq, chained)

    def erase(self, transaction: Transaction, *, record_id: str, reason: str) -> bool:
        """Forget what a record said: its key and bodies go, the chain stays and says that it was erased, and why.

        Returns False if there was nothing to erase.
        """
        removed = transaction.execute("DELETE FROM audit_key WHERE record_id = ?", (record_id,))
        if not removed:
            return False
        transaction.execute(
            "DELETE FROM audit_body WHERE seq IN (SELECT seq FROM audit WHERE record_id = ?)", (record_id,)
        )
        self.append(
            transaction,
            record_id=f"erasure:{record_id}",
            action="audit.erased",
            body={"record_id": record_id, "reason": reason},
        )
        return True

    def _key(self, transaction: Transaction, record_id: str) -> bytes:
        row = transaction.row("SELECT key FROM audit_key WHERE record_id = ?", (record_id,))
        if row:
            return bytes(row[0])
        key = self._random_bytes(32)
        transaction.execute("INSERT INTO audit_key (record_id, key) VALUES (?, ?)", (record_id, key))
        return key


def chain_hash(previous: bytes, seq: int, at_utc_ns: int, action: str, record_id: str, digest: bytes) -> bytes:
    """SHA-256 over the previous hash and the row; the bytes are canonical JSON, so a third party can recompute it."""
    row = {
        "previous": previous.hex(),
        "seq": seq,
        "at_utc_ns": str(at_utc_ns),  # beyond 2^53, so it travels as text
        "action": action,
        "record_id": record_id,
        "digest": digest.hex(),
    }
    return hashlib.sha256(canonical_json(row)).digest()


def audit_head(transaction: Transaction) -> AuditHead:
    """The end of a chain now."""
    last = transaction.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
    return AuditHead(int(last[0]), bytes(last[1])) if last else AuditHead(0, GENESIS)


def verify_audit(path: Path, known_heads: tuple[AuditHead, ...] = ()) -> AuditVerdict:
    """Recompute a chain from its first row; heads the center countersigned must lie on it. Raises DatabaseError."""
    trouble: list[str] = []
    entries = erased = 0
    head = AuditHead(0, GENESIS)
    expected_heads = {known.seq: known.hash for known in known_heads}
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT a.seq, a.at_utc_ns, a.action, a.record_id, a.digest, a.hash, k.key, b.body FROM audit a "
            "LEFT JOIN audit_key k USING (record_id) LEFT JOIN audit_body b USING (seq) ORDER BY a.seq"
        )
    for seq, at_utc_ns, action, record_id, digest, stored, key, body in rows:
        entries += 1
        if seq != head.seq + 1:
            trouble.append(f"entry {head.seq + 1} is missing")
        expected = chain_hash(head.hash, seq, at_utc_ns, action, record_id, digest)
        if expected != stored:
            trouble.append(f"entry {seq} ({action}) was altered or follows an altered one")
        if key is None:
            erased += 1
            if body is not None:
                trouble.append(f"entry {seq}: the key is erased but the text is still there")
        elif body is None:
            trouble.append(f"entry {seq} ({action}): the text is gone but its key is not")
        elif not hmac.compare_digest(hmac.digest(key, body, "sha256"), digest):
            trouble.append(f"entry {seq} ({action}): the text was altered")
        if seq in expected_heads and expected_heads[seq] != stored:
            trouble.append(f"entry {seq} is not the one the center countersigned")
        head = AuditHead(seq, bytes(stored))
    trouble.extend(f"entry {seq}, countersigned by the center, is missing" for seq in expected_heads if seq > head.seq)
    return AuditVerdict(entries, erased, head, tuple(trouble))
