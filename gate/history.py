"""Everything that was done to a record (登记经过), out of the audit chain: corrections are additions there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from foundation.record_keys import keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import open_read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; guard and reason are empty once the record was erased."""

    at_utc_ns: int
    action: str
    guard: str
    reason: str


def history_of(path: Path, record_id: str) -> tuple[Step, ...]:
    """The steps of a record in order, its erasure among them. Raises DatabaseError, RecordKeysError."""
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        rows = reader.rows(
            "SELECT a.seq, a.at_utc_ns, a.action, b.body, k.id, k.key FROM audit a LEFT JOIN audit_body b USING (seq) "
            "LEFT JOIN audit_key k ON k.id = b.key_id WHERE a.record_id IN (?, ?) ORDER BY a.seq",
            (record_id, f"erasure:{record_id}"),
        )
        steps = []
        for seq, at_utc_ns, action, body, key_id, key in rows:
            told = _told(keys.key(key_id) if key is None and key_id is not None else None, key, body, seq)
            steps.append(
                Step(
                    at_utc_ns=at_utc_ns, action=action, guard=told.get("guard", ""), reason=str(told.get("reason", ""))
                )
            )
    return tuple(steps)


def _told(apart: bytes | None, beside: bytes | None, body: bytes | None, seq: int) -> dict[str, str]:
    if body is None or (apart is None and beside is None):
        return {}
    try:
        told: dict[str, str] = json.loads(unseal(apart, body, f"audit:{seq}") if apart is not None else body)
    except UnsealError:
        return {}
    return told
