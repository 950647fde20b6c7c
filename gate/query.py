"""Reading the gate book, from whichever role; frozen answers, one short read each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from foundation.clock import beijing_day_start_ns
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import Row, Transaction, Value, open_read_only
from gate.known import latest_records
from gate.visit import DocumentKind, Visit, Visitor

_VISIT: Final = (
    "SELECT v.id, v.day, v.badge, v.gate_id, v.in_utc_ns, v.in_guard, d.out_utc_ns, d.out_guard, d.gate_id, "
    "v.annulled_utc_ns, v.corrected_utc_ns, EXISTS (SELECT 1 FROM still s WHERE s.record_id = 'visit:' || v.id "
    "AND s.state = 'taken'), p.key_id, p.sealed FROM visit v LEFT JOIN visitor p ON p.visit_id = v.id "
    "LEFT JOIN departure d ON d.visit_id = v.id AND d.undone_utc_ns IS NULL "
)
_PARTY_KEYS: Final = "party_keys"
_FIELDS: Final = tuple(item.name for item in fields(Visitor))
_LONGEST_INSIDE: Final = (
    "WHERE v.id = (SELECT i.visit_id FROM inside i JOIN visit o ON o.id = i.visit_id "
    "ORDER BY o.in_utc_ns, o.badge LIMIT 1)"
)
_MOST_LOOKED_AT: Final = 2_000


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


def visits_between(path: Path, first: date, last: date, limit: int = 20_000) -> tuple[Visit, ...]:
    """Every visit that began on these Beijing days, undone ones too, earliest first; at most `limit`.

    Raises DatabaseError, RecordKeysError.
    """
    return _visits(
        path,
        "WHERE v.in_utc_ns >= ? AND v.in_utc_ns < ? ORDER BY v.in_utc_ns, v.badge LIMIT ?",
        (beijing_day_start_ns(first), beijing_day_start_ns(last + timedelta(days=1)), limit),
    )


def visit_of_badge(path: Path, day: date, badge: int) -> Visit | None:
    """Whose badge a number of a Beijing day is. Raises DatabaseError, RecordKeysError."""
    return next(iter(_visits(path, "WHERE v.day = ? AND v.badge = ?", (day.isoformat(), badge))), None)


def inside_count(path: Path) -> int:
    """How many visitors are on the campus; shown by every gate page, so nobody is unsealed for it.

    Raises DatabaseError.
    """
    with open_read_only(path) as reader:
        row = reader.row("SELECT count(*) FROM inside")
    return int(row[0]) if row else 0


def longest_inside(path: Path) -> Visit | None:
    """The visitor who has been on the campus longest. Raises DatabaseError, RecordKeysError."""
    return next(iter(_visits(path, _LONGEST_INSIDE)), None)


def inside_version(path: Path) -> str:
    """Changes whenever somebody comes or goes. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return str(reader.row("SELECT (SELECT count(*) FROM inside), (SELECT max(seq) FROM fact)"))


def recent_visitors(path: Path, limit: int = 12) -> tuple[Visit, ...]:
    """The last visit of each of the latest visitors who are not inside now, latest first.

    Raises DatabaseError, RecordKeysError.
    """
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        some = limit * 2
        while True:
            ids = latest_records(reader, some)
            found = [visit for visit_id in ids if (visit := read_visit(reader, keys, visit_id)) and visit.visitor]
            outside = tuple(visit for visit in found if not visit.inside)[:limit]
            if len(outside) == limit or len(ids) < some or some > _MOST_LOOKED_AT:
                return outside
            some *= 4


def read_visit(reader: Transaction, keys: Keys, visit_id: str) -> Visit | None:
    """One visit inside a transaction."""
    row = reader.row(_VISIT + "WHERE v.id = ?", (visit_id,))
    return _visit(row, keys) if row else None


def read_inside(reader: Transaction, keys: Keys) -> tuple[Visit, ...]:
    """As `inside_now`, inside a transaction."""
    return tuple(_visit(row, keys) for row in reader.rows(_VISIT + "JOIN inside i ON i.visit_id = v.id"))


def plain_visitor(visitor: Visitor, party_keys: Sequence[str] = ()) -> bytes:
    """A visitor as it is sealed."""
    told = person_fields(visitor) | ({_PARTY_KEYS: list(party_keys)} if party_keys else {})
    return json.dumps(told, ensure_ascii=False).encode()


def person_fields(visitor: Visitor) -> dict[str, object]:
    """A visitor as plain values, without what is empty: the sealed texts are most of what a visit takes on the disk."""
    told: dict[str, object] = {name: value for name in _FIELDS if (value := getattr(visitor, name))}
    return told | {"document_kind": visitor.document_kind.value}


def _visits(path: Path, condition: str, bindings: Sequence[Value] = ()) -> tuple[Visit, ...]:
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        return tuple(_visit(row, keys) for row in reader.rows(_VISIT + condition, bindings))


def _visit(row: Row, keys: Keys) -> Visit:
    visit_id, day, badge, gate_id, in_utc_ns, in_guard, out_utc_ns, out_guard, out_gate_id, *rest = row
    annulled_utc_ns, corrected_utc_ns, still, key_id, sealed = rest
    told = _told(visit_id, keys.key(key_id), sealed) if key_id is not None else {}
    party_keys = tuple(told.pop(_PARTY_KEYS, ()))
    return Visit(
        id=visit_id,
        day=day,
        badge=badge,
        gate_id=gate_id,
        in_utc_ns=in_utc_ns,
        in_guard=in_guard,
        out_utc_ns=out_utc_ns,
        out_guard=out_guard or "",
        out_gate_id=out_gate_id or "",
        annulled_utc_ns=annulled_utc_ns,
        still=bool(still),
        corrected=corrected_utc_ns is not None,
        visitor=visitor_from(told) if told else None,
        party_keys=party_keys,
    )


def _told(visit_id: str, key: bytes | None, sealed: bytes) -> dict[str, Any]:
    if key is None:  # erased since this row was copied, or the key file is lost: who it was cannot be read
        return {}
    try:
        found: dict[str, Any] = json.loads(unseal(key, sealed, record_of(visit_id)))
    except UnsealError:  # altered from outside; `edge-agent audit verify` names the entry
        return {}
    return found


def visitor_from(told: Mapping[str, Any]) -> Visitor:
    """A visitor from `person_fields`."""
    given = {"name": "", "host": "", "reason": "", **told}
    kind, companions = DocumentKind(told["document_kind"]), int(told.get("companions", 0))
    return Visitor(**{**given, "document_kind": kind, "companions": companions})
