"""Reading the gate book, from whichever role; frozen answers, one short read each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from foundation.sqlite import Row, Transaction, open_read_only
from gate.visit import DocumentKind, Visit, Visitor

_VISIT: Final = (
    "SELECT v.id, v.day, v.badge, v.gate_id, v.in_utc_ns, v.in_guard, d.out_utc_ns, d.out_guard, v.annulled_utc_ns, "
    "p.name, p.host, p.reason, p.document_kind, p.document_number, p.document_note, p.phone, p.organisation, "
    "p.carried, p.companions, p.plate "
    "FROM visit v LEFT JOIN visitor p ON p.visit_id = v.id "
    "LEFT JOIN departure d ON d.visit_id = v.id AND d.undone_utc_ns IS NULL "
)


def inside_now(path: Path) -> tuple[Visit, ...]:
    """Visitors on the campus (在校来访), longest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(_VISIT + "JOIN inside i ON i.visit_id = v.id ORDER BY v.in_utc_ns, v.badge")
    return tuple(_visit(row) for row in rows)


def visits_of_day(path: Path, day: date) -> tuple[Visit, ...]:
    """Every visit that began on a Beijing day, undone ones too, latest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(_VISIT + "WHERE v.day = ? ORDER BY v.in_utc_ns DESC, v.badge DESC", (day.isoformat(),))
    return tuple(_visit(row) for row in rows)


def visit_by_id(path: Path, visit_id: str) -> Visit | None:
    """One visit. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return read_visit(reader, visit_id)


def recent_visitors(path: Path, limit: int = 12) -> tuple[Visit, ...]:
    """The last visit of each of the latest visitors who are not inside now, latest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            _VISIT + "WHERE v.annulled_utc_ns IS NULL AND p.visit_id IS NOT NULL ORDER BY v.in_utc_ns DESC LIMIT ?",
            (limit * 5,),  # some came several times lately
        )
    found: dict[tuple[str, str], Visit] = {}
    inside: set[tuple[str, str]] = set()
    for visit in map(_visit, rows):
        assert visit.visitor is not None
        key = (visit.visitor.name, visit.visitor.document_number or visit.visitor.phone)
        if visit.inside:
            inside.add(key)
        found.setdefault(key, visit)
    return tuple(visit for key, visit in found.items() if key not in inside)[:limit]


def read_visit(reader: Transaction, visit_id: str) -> Visit | None:
    """One visit inside a transaction."""
    row = reader.row(_VISIT + "WHERE v.id = ?", (visit_id,))
    return _visit(row) if row else None


def read_inside(reader: Transaction) -> tuple[Visit, ...]:
    """As `inside_now`, inside a transaction."""
    return tuple(_visit(row) for row in reader.rows(_VISIT + "JOIN inside i ON i.visit_id = v.id"))


def _visit(row: Row) -> Visit:
    head, person = row[:9], row[9:]
    visit_id, day, badge, gate_id, in_utc_ns, in_guard, out_utc_ns, out_guard, annulled_utc_ns = head
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
        visitor=_visitor(person) if person[0] is not None else None,
    )


def _visitor(row: Row) -> Visitor:
    name, host, reason, document_kind, document_number, document_note, phone, organisation = row[:8]
    carried, companions, plate = row[8:]
    return Visitor(
        name=name,
        host=host,
        reason=reason,
        document_kind=DocumentKind(document_kind),
        document_number=document_number,
        document_note=document_note,
        phone=phone,
        organisation=organisation,
        carried=carried,
        companions=companions,
        plate=plate,
    )
