"""Reading the gate book, from whichever role; frozen answers, one short read each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import Row, Transaction, Value, open_read_only
from gate.visit import DocumentKind, Visit, Visitor

_VISIT: Final = (
    "SELECT v.id, v.day, v.badge, v.gate_id, v.in_utc_ns, v.in_guard, d.out_utc_ns, d.out_guard, v.annulled_utc_ns, "
    "p.key_id, p.sealed FROM visit v LEFT JOIN visitor p ON p.visit_id = v.id "
    "LEFT JOIN departure d ON d.visit_id = v.id AND d.undone_utc_ns IS NULL "
)


def record_of(visit_id: str) -> str:
    """The record that a visit's audit entries and personal row belong to."""
    return f"visit:{visit_id}"


def inside_now(path: Path) -> tuple[Visit, ...]:
    """Visitors on the campus (在校来访), longest first. Raises DatabaseError, RecordKeysError."""
    return _visits(path, "JOIN inside i ON i.visit_id = v.id ORDER BY v.in_utc_ns, v.badge")


def visits_of_day(path: Path, day: date) -> tuple[Visit, ...]:
    """Every visit that began on a Beijing day, undone ones too, latest first. Raises DatabaseError, RecordKeysError."""
    return _visits(path, "WHERE v.day = ? ORDER BY v.in_utc_ns DESC, v.badge DESC", (day.isoformat(),))


def visit_by_id(path: Path, visit_id: str) -> Visit | None:
    """One visit. Raises DatabaseError, RecordKeysError."""
    return next(iter(_visits(path, "WHERE v.id = ?", (visit_id,))), None)


def recent_visitors(path: Path, limit: int = 12) -> tuple[Visit, ...]:
    """The last visit of each of the latest visitors who are not inside now, latest first.

    Raises DatabaseError, RecordKeysError.
    """
    some = limit * 5  # some came several times lately
    latest = _visits(
        path, "WHERE v.annulled_utc_ns IS NULL AND p.visit_id IS NOT NULL ORDER BY v.in_utc_ns DESC LIMIT ?", (some,)
    )
    found: dict[tuple[str, str], Visit] = {}
    inside: set[tuple[str, str]] = set()
    for visit in latest:
        if visit.visitor is None:
            continue
        key = (visit.visitor.name, visit.visitor.document_number or visit.visitor.phone)
        if visit.inside:
            inside.add(key)
        found.setdefault(key, visit)
    return tuple(visit for key, visit in found.items() if key not in inside)[:limit]


def read_visit(reader: Transaction, keys: Keys, visit_id: str) -> Visit | None:
    """One visit inside a transaction."""
    row = reader.row(_VISIT + "WHERE v.id = ?", (visit_id,))
    return _visit(row, keys) if row else None


def read_inside(reader: Transaction, keys: Keys) -> tuple[Visit, ...]:
    """As `inside_now`, inside a transaction."""
    return tuple(_visit(row, keys) for row in reader.rows(_VISIT + "JOIN inside i ON i.visit_id = v.id"))


def plain_visitor(visitor: Visitor) -> bytes:
    """A visitor as it is sealed."""
    return json.dumps(person_fields(visitor), ensure_ascii=False).encode()


def person_fields(visitor: Visitor) -> dict[str, object]:
    """A visitor as plain values."""
    return asdict(visitor) | {"document_kind": visitor.document_kind.value}


def _visits(path: Path, condition: str, bindings: Sequence[Value] = ()) -> tuple[Visit, ...]:
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        return tuple(_visit(row, keys) for row in reader.rows(_VISIT + condition, bindings))


def _visit(row: Row, keys: Keys) -> Visit:
    visit_id, day, badge, gate_id, in_utc_ns, in_guard, out_utc_ns, out_guard, annulled_utc_ns, key_id, sealed = row
    return Visit(
        id=visit_id,
        day=day,
        badge=badge,
        gate_id=gate_id,
        in_utc_ns=in_utc_ns,
        in_guard=in_guard,
        out_utc_ns=out_utc_ns,
        out_guard=out_guard or "",
        annulled_utc_ns=annulled_utc_ns,
        visitor=_visitor(visit_id, keys.key(key_id), sealed) if key_id is not None else None,
    )


def _visitor(visit_id: str, key: bytes | None, sealed: bytes) -> Visitor | None:
    if key is None:  # erased since this row was copied, or the key file is lost: who it was cannot be read
        return None
    try:
        fields = json.loads(unseal(key, sealed, record_of(visit_id)))
    except UnsealError:  # altered from outside; `edge-agent audit verify` names the entry
        return None
    return Visitor(**{**fields, "document_kind": DocumentKind(fields["document_kind"])})
