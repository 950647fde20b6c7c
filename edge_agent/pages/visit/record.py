"""A record of the gate as the office shows it (登记详情): numbers masked, and whole for whoever gave a reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.pages.visit.form import DOCUMENTS
from edge_agent.pages.visit.words import REFUSALS, VEHICLES
from gate.admission import read_admission
from gate.companion import companions_in, companions_text
from gate.query import record_of, visit_by_id
from gate.refusal_book import refusal_by_id
from gate.still import has_still
from gate.vehicle_book import vehicle_by_id, vehicle_record
from gate.visit import Visitor, masked
from web.figures import moment
from web.language import Catalogue, mark

_ERASED: Final = mark("（已删除）")
_DOCUMENTS: Final = dict(DOCUMENTS)


@dataclass(frozen=True, slots=True)
class Line:
    """A named value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """What a page shows of a record."""

    record_id: str
    title: str
    erased: bool
    lines: tuple[Line, ...]
    still: bool


def record_view(book: Path, record_id: str, texts: Catalogue, *, whole: bool) -> RecordView | None:
    """A record by id ('visit:…', 'vehicle:…', 'refusal:…'); None if there is none. Raises DatabaseError."""
    kind, _, row_id = record_id.partition(":")
    found = _VIEWS[kind](book, row_id, texts, whole) if kind in _VIEWS else None
    if found is None:
        return None
    title, erased, pairs = found
    lines = tuple(Line(texts(label), value) for label, value in pairs if value)
    return RecordView(
        record_id=record_id, title=title, erased=erased, lines=lines, still=has_still(book, record_id) and not erased
    )


_Found = tuple[str, bool, list[tuple[str, str]]]


def _shown(number: str, *, whole: bool) -> str:
    return number if whole else masked(number)


def companions_shown(visitor: Visitor, *, whole: bool) -> str:
    """Who came along, numbers masked or whole."""
    return companions_text(companions_in(visitor.companion_names), str if whole else masked)


def _visitor_lines(visitor: Visitor | None, texts: Catalogue, whole: bool) -> list[tuple[str, str]]:
    if visitor is None:
        return []
    return [
        (mark("证件"), texts(_DOCUMENTS[visitor.document_kind]) if visitor.document_number else ""),
        (mark("证件号码"), _shown(visitor.document_number, whole=whole)),
        (mark("号码确实无误的原因"), visitor.document_note),
        (mark("电话"), _shown(visitor.phone, whole=whole)),
        (mark("单位"), visitor.organisation),
        (mark("找谁"), visitor.host),
        (mark("事由"), visitor.reason),
        (mark("带进来的东西"), visitor.carried),
        (mark("同行人数"), str(visitor.companions) if visitor.companions else ""),
        (mark("同行人"), companions_shown(visitor, whole=whole)),
        (mark("车牌号"), visitor.plate),
    ]


def _terms(book: Path, record_id: str) -> list[tuple[str, str]]:
    terms = read_admission(book, record_id)
    if terms is None:
        return []
    return [
        (mark("谁批准的"), terms.approver),
        (mark("批准的原因"), terms.approved_reason),
        (mark("体温（℃）"), terms.temperature),
        (mark("被访人同意"), terms.confirmed_by),
    ]


def _visit(book: Path, row_id: str, texts: Catalogue, whole: bool) -> _Found | None:
    visit = visit_by_id(book, row_id)
    if visit is None:
        return None
    pairs = [
        *_visitor_lines(visit.visitor, texts, whole),
        (mark("胸牌"), str(visit.badge)),
        (mark("进入"), moment(visit.in_utc_ns)),
        (mark("登记人"), visit.in_guard),
        (mark("离校"), moment(visit.out_utc_ns) if visit.out_utc_ns else ""),
        (mark("离校登记人"), visit.out_guard),
        (mark("撤销"), moment(visit.annulled_utc_ns) if visit.annulled_utc_ns else ""),
        *_terms(book, record_of(row_id)),
    ]
    return (visit.visitor.name if visit.visitor else texts(_ERASED)), visit.visitor is None, pairs


def _vehicle(book: Path, row_id: str, texts: Catalogue, whole: bool) -> _Found | None:
    entry = vehicle_by_id(book, row_id)
    if entry is None:
        return None
    vehicle, erased = entry.vehicle, entry.vehicle is None and entry.written_utc_ns is not None
    own = [] if vehicle is None else [
        (mark("司机"), vehicle.driver),
        (mark("电话"), _shown(vehicle.phone, whole=whole)),
        (mark("单位"), vehicle.organisation),
        (mark("装的什么"), vehicle.cargo),
        (mark("找谁"), vehicle.host),
        (mark("车牌特殊的原因"), vehicle.plate_note),
        (mark("车上其他人数"), str(vehicle.people) if vehicle.people else ""),
    ]  # fmt: skip
    pairs = [
        (mark("车辆类别"), texts(VEHICLES[entry.kind])),
        *own,
        (mark("进入"), moment(entry.in_utc_ns)),
        (mark("登记人"), entry.in_guard),
        (mark("补登记"), texts(mark("待补登记")) if entry.to_write_up else ""),
        (mark("离校"), moment(entry.out_utc_ns) if entry.out_utc_ns else ""),
        (mark("离校登记人"), entry.out_guard),
        (mark("撤销"), moment(entry.undone_utc_ns) if entry.undone_utc_ns else ""),
        *_terms(book, vehicle_record(row_id)),
    ]
    title = vehicle.plate or vehicle.plate_note if vehicle else texts(_ERASED) if erased else texts(mark("应急车"))
    return title, erased, pairs


def _refusal(book: Path, row_id: str, texts: Catalogue, whole: bool) -> _Found | None:
    refusal = refusal_by_id(book, row_id)
    if refusal is None:
        return None
    pairs = [
        (mark("拒绝原因"), texts(REFUSALS[refusal.reason])),
        (mark("说明"), refusal.words),
        *_visitor_lines(refusal.visitor, texts, whole),
        (mark("时间"), moment(refusal.at_utc_ns)),
        (mark("登记人"), refusal.guard),
        (mark("撤销"), moment(refusal.undone_utc_ns) if refusal.undone_utc_ns else ""),
    ]
    named = refusal.visitor.name if refusal.visitor else texts(_ERASED)
    return named or texts(mark("（没有姓名）")), refusal.visitor is None, pairs


_VIEWS: Final = {"visit": _visit, "vehicle": _vehicle, "refusal": _refusal}
