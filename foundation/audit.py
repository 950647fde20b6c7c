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
from foundation.record_keys import ABSENT, ERASED, KeysReader, RecordKeys, RecordKeysError, keys_file, open_keys
from foundation.sqlite import Transaction, open_read_only

AUDIT_SQL: Final = ("foundation", "audit.sql")
"""The schema step of every database that holds an audit chain."""

GENESIS: Final = bytes(32)
ERASED_ACTION: Final = "audit.erased"
_ERASURE: Final = "erasure:"

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
    """Appends to the chain in the same transaction as the rows it speaks of.

    With `keys` the records' keys lie in a file of their own and texts are sealed with them: for databases with personal
    data, whose backups must not outlive an erasure. Without, keys and plain texts lie in the database.
    """

    def __init__(
        self,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        keys: RecordKeys | None = None,
    ) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._keys = keys

    def append(self, transaction: Transaction, *, record_id: str, action: str, body: Body) -> AuditHead:
        """Add an entry about a record; makes the record's key the first time.

        `body` must have a canonical form (no fractions). Raises NotCanonicalError, DatabaseError, RecordKeysError.
        """
        payload = canonical_json(dict(body))
        key_id, key, apart = self._key(transaction, record_id)
        digest = hmac.digest(key, payload, "sha256")
        last = transaction.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        seq, previous = (int(last[0]) + 1, bytes(last[1])) if last else (1, GENESIS)
        at_utc_ns = self._clock.utc_ns()
        chained = chain_hash(previous, seq, at_utc_ns, action, record_id, digest)
        transaction.execute(
            "INSERT INTO audit (seq, at_utc_ns, action, record_id, digest, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (seq, at_utc_ns, action, record_id, digest, chained),
        )
        transaction.execute(
            "INSERT INTO audit_body (seq, key_id, body) VALUES (?, ?, ?)",
            (seq, key_id, _seal(key, payload, _place(seq)) if apart else payload),
        )
        return AuditHead(seq, chained)

    def seal(self, transaction: Transaction, *, record_id: str, plain: bytes) -> tuple[int, bytes]:
        """Lock what a row says of a person with the record's key: (number of the key, sealed bytes).

        Only for a chain whose keys are kept apart. Raises DatabaseError, RecordKeysError.
        """
        key_id, key, apart = self._key(transaction, record_id)
        if not apart:
            raise ValueError("this chain keeps its keys beside the rows: sealing would hide nothing")
        return key_id, _seal(key, plain, record_id)

    def erase(self, transaction: Transaction, *, record_id: str, reason: str) -> bool:
        """Forget what a record said: its key and texts go, the chain stays and says that it was erased, and why.

        Returns False if there was nothing to erase. A key kept apart is gone at once, even if the transaction fails
        afterwards: `unfinished_erasures` then finishes what was begun. Raises DatabaseError, RecordKeysError.
        """
        found = transaction.row("SELECT id, key FROM audit_key WHERE record_id = ?", (record_id,))
        if found is None:
            return False
        key_id, key = found
        if key is None and self._keys is not None:
            self._keys.erase([key_id])
        transaction.execute("DELETE FROM audit_body WHERE key_id = ?", (key_id,))
        transaction.execute("DELETE FROM audit_key WHERE id = ?", (key_id,))
        self.append(
            transaction,
            record_id=_ERASURE + record_id,
            action=ERASED_ACTION,
            body={"record_id": record_id, "reason": reason},
        )
        return True

    def unfinished_erasures(self, transaction: Transaction) -> list[str]:
        """Records whose key is erased though their rows are here: this file is a restored copy, or a crash intervened.

        Their owner erases them again before anything else.
        """
        if self._keys is None:
            return []
        found: list[str] = []
        for run in self._keys.erased():
            rows = transaction.rows(
                "SELECT record_id FROM audit_key WHERE key IS NULL AND id BETWEEN ? AND ? ORDER BY id",
                (run.start, run.stop - 1),
            )
            found.extend(row[0] for row in rows)
        return found

    def _key(self, transaction: Transaction, record_id: str) -> tuple[int, bytes, bool]:
        row = transaction.row("SELECT id, key FROM audit_key WHERE record_id = ?", (record_id,))
        if row is not None and row[1] is not None:
            return int(row[0]), bytes(row[1]), False
        if row is not None:
            key = self._keys.key(row[0]) if self._keys is not None else None
            if key is None:
                raise RecordKeysError(f"the key of {record_id} is not there: put the last copy of the key file back")
            return int(row[0]), key, True
        # That something was erased, and why, must stay readable whatever becomes of the key file.
        if self._keys is None or record_id.startswith(_ERASURE):
            key = self._random_bytes(32)
            transaction.execute("INSERT INTO audit_key (record_id, key) VALUES (?, ?)", (record_id, key))
            return transaction.last_row_id(), key, False
        while True:
            transaction.execute("INSERT INTO audit_key (record_id) VALUES (?)", (record_id,))
            key_id = transaction.last_row_id()
            made = self._keys.provide(key_id)
            if made is not None:
                return key_id, made, True
            # A restored copy counts on from an older number: that one was given away and erased, or lost, since.
            transaction.execute("DELETE FROM audit_key WHERE id = ?", (key_id,))


def _place(seq: int) -> str:
    return f"audit:{seq}"


def _seal(key: bytes, plain: bytes, place: str) -> bytes:
    from foundation.sealed import seal  # only roles with personal data pay for the cipher

    return seal(key, plain, place)


def _unsealed(key: bytes, body: bytes, place: str) -> bytes | None:
    from foundation.sealed import UnsealError, unseal

    try:
        return unseal(key, body, place)
    except UnsealError:
        return None


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


def verify_audit(path: Path, known_heads: tuple[AuditHead, ...] = (), *, texts: bool = True) -> AuditVerdict:
    """Recompute a chain from its first row; heads the center countersigned must lie on it.

    `texts=False` for a copy that lies apart from its keys: then only the chain is judged. Raises DatabaseError,
    RecordKeysError.
    """
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        rows = reader.rows(
            "SELECT a.seq, a.at_utc_ns, a.action, a.record_id, a.digest, a.hash, k.id, k.key, b.body FROM audit a "
            "LEFT JOIN audit_body b USING (seq) LEFT JOIN audit_key k ON k.id = b.key_id ORDER BY a.seq"
        )
        erased_at: dict[str, int] = dict(
            reader.rows("SELECT record_id, max(seq) FROM audit WHERE action = ? GROUP BY record_id", (ERASED_ACTION,))
        )
        trouble: list[str] = []
        entries = erased = 0
        head = AuditHead(0, GENESIS)
        expected_heads = {known.seq: known.hash for known in known_heads}
        for seq, at_utc_ns, action, record_id, digest, stored, key_id, key, body in rows:
            entries += 1
            if seq != head.seq + 1:
                trouble.append(f"entry {head.seq + 1} is missing")
            if chain_hash(head.hash, seq, at_utc_ns, action, record_id, digest) != stored:
                trouble.append(f"entry {seq} ({action}) was altered or follows an altered one")
            if body is None and erased_at.get(_ERASURE + record_id, 0) > seq:
                erased += 1
            elif texts or key is not None or body is None:
                wrong = _text_trouble(keys, _place(seq), digest, key_id, key, body)
                trouble.extend([f"entry {seq} ({action}): {wrong}"] if wrong else [])
            if seq in expected_heads and expected_heads[seq] != stored:
                trouble.append(f"entry {seq} is not the one the center countersigned")
            head = AuditHead(seq, bytes(stored))
    trouble.extend(f"entry {seq}, countersigned by the center, is missing" for seq in expected_heads if seq > head.seq)
    return AuditVerdict(entries, erased, head, tuple(trouble))


def _text_trouble(
    keys: KeysReader, place: str, digest: bytes, key_id: int | None, key: bytes | None, body: bytes | None
) -> str | None:
    if body is None:
        return "the text is gone though nobody erased it"
    if key_id is None:
        return "the key is gone though nobody erased it"
    text: bytes | None = body
    if key is None:
        slot = keys.slot(key_id)
        if slot == ERASED:
            return "its key is erased but the row is back: start the role once, which erases it here too"
        if slot == ABSENT:
            return "its key is not in the key file: put the last copy of the key file back"
        key, text = slot, _unsealed(slot, body, place)
    if text is None or not hmac.compare_digest(hmac.digest(key, text, "sha256"), digest):
        return "the text was altered"
    return None
