"""The ledger of the gate for some days (来访登记台账), on paper and as a spreadsheet; numbers masked or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

from edge_agent.pages.visit.form import DOCUMENTS
from edge_agent.pages.visit.record import companions_shown
from edge_agent.pages.visit.words import REFUSALS, VEHICLES
from foundation.clock import beijing
from gate.query import visits_between
from gate.refusal import Refusal
from gate.refusal_book import refusals_between
from gate.vehicle import VehicleEntry
from gate.vehicle_book import vehicles_between
from gate.visit import Visit, masked
from web.document.column import Column, Kind, Value
from web.document.report import Period, Report, Table

MOST_ROWS: Final = 20_000
_Number = Callable[[str], str]
_DOCUMENTS: Final = dict(DOCUMENTS)
_VISITS: Final = (
    Column("胸牌", Kind.INTEGER),
    Column("姓名"),
    Column("证件"),
    Column("证件号码"),
    Column("电话"),
    Column("单位"),
    Column("被访人"),
    Column("事由"),
    Column("携带物品"),
    Column("同行", Kind.INTEGER, unit="人"),
    Column("同行人"),
    Column("车牌"),
    Column("进校", Kind.MOMENT),
    Column("离校", Kind.MOMENT),
    Column("校门"),
    Column("登记人"),
    Column("备注"),
)
_VEHICLES: Final = (
    Column("车牌"),
    Column("类别"),
    Column("司机"),
    Column("电话"),
    Column("单位"),
    Column("装载"),
    Column("被访人"),
    Column("进校", Kind.MOMENT),
    Column("离校", Kind.MOMENT),
    Column("校门"),
    Column("登记人"),
    Column("备注"),
)
_REFUSALS: Final = (
    Column("时间", Kind.MOMENT),
    Column("姓名"),
    Column("证件号码"),
    Column("电话"),
    Column("原因"),
    Column("说明"),
    Column("校门"),
    Column("登记人"),
    Column("备注"),
)


class TooMuchError(Exception):
    """More rows than a ledger may have; the days must be fewer."""


def ledger(
    book: Path,
    period: Period,
    *,
    school: str,
    gates: Mapping[str, str],
    made_at_utc_ns: int,
    by: str,
    whole: bool = False,
) -> Report:
    """Visits, vehicles and refusals of some days. Raises TooMuchError, DatabaseError, RecordKeysError."""

    def number(text: str) -> str:
        return text if whole else masked(text)

    visits = visits_between(book, period.first, period.last, MOST_ROWS + 1)
    vehicles = vehicles_between(book, period.first, period.last, MOST_ROWS + 1)
    refusals = refusals_between(book, period.first, period.last, MOST_ROWS + 1)
    if max(len(visits), len(vehicles), len(refusals)) > MOST_ROWS:
        raise TooMuchError
    return Report(
        title="来访登记台账" if period.first != period.last else "来访登记日台账",
        school=school,
        period=period,
        made_at_utc_ns=made_at_utc_ns,
        marking="内部资料，含个人信息" if whole else "内部资料",
        sections=(
            Table("来访人员", _VISITS, tuple(_visit_row(visit, gates, number, whole=whole) for visit in visits)),
            Table("车辆", _VEHICLES, tuple(_vehicle_row(entry, gates, number) for entry in vehicles)),
            Table("拒绝入校", _REFUSALS, tuple(_refusal_row(refusal, gates, number) for refusal in refusals)),
        ),
        footer=f"由 {by} 导出" + ("，号码未遮盖" if whole else "，号码已遮盖"),
        sources=("门卫登记簿；更正以最后一次为准，改动经过在审计记录中",),
    )


def days_of(first: str, last: str, today: date) -> Period:
    """The days that a form names; today where it names none. Raises ValueError."""
    start = date.fromisoformat(first) if first else today
    end = date.fromisoformat(last) if last else start
    if end < start:
        raise ValueError("the last day lies before the first")
    return Period(start, end)


def _at(utc_ns: int | None) -> datetime | None:
    return None if utc_ns is None else beijing(utc_ns).replace(tzinfo=None, microsecond=0)


def _visit_row(visit: Visit, gates: Mapping[str, str], number: _Number, *, whole: bool) -> tuple[Value, ...]:
    who = visit.visitor
    notes = [
        "已撤销" if visit.annulled_utc_ns is not None else "",
        "已更正" if visit.corrected else "",
        "已到期删除" if who is None else "",
        who.document_note if who else "",
    ]
    return (
        visit.badge,
        who.name if who else "",
        _DOCUMENTS[who.document_kind] if who else "",
        number(who.document_number) if who else "",
        number(who.phone) if who else "",
        who.organisation if who else "",
        who.host if who else "",
        who.reason if who else "",
        who.carried if who else "",
        who.companions if who else None,
        companions_shown(who, whole=whole) if who else "",
        who.plate if who else "",
        _at(visit.in_utc_ns),
        _at(visit.out_utc_ns),
        gates.get(visit.gate_id, visit.gate_id),
        visit.in_guard,
        "；".join(note for note in notes if note),
    )


def _vehicle_row(entry: VehicleEntry, gates: Mapping[str, str], number: _Number) -> tuple[Value, ...]:
    vehicle = entry.vehicle
    notes = [
        "已撤销" if entry.undone_utc_ns is not None else "",
        "待补登记" if entry.to_write_up else "" if vehicle else "已到期删除",
        vehicle.plate_note if vehicle else "",
    ]
    return (
        vehicle.plate if vehicle else "",
        VEHICLES[entry.kind],
        vehicle.driver if vehicle else "",
        number(vehicle.phone) if vehicle else "",
        vehicle.organisation if vehicle else "",
        vehicle.cargo if vehicle else "",
        vehicle.host if vehicle else "",
        _at(entry.in_utc_ns),
        _at(entry.out_utc_ns),
        gates.get(entry.gate_id, entry.gate_id),
        entry.in_guard,
        "；".join(note for note in notes if note),
    )


def _refusal_row(refusal: Refusal, gates: Mapping[str, str], number: _Number) -> tuple[Value, ...]:
    who = refusal.visitor
    return (
        _at(refusal.at_utc_ns),
        who.name if who else "",
        number(who.document_number) if who else "",
        number(who.phone) if who else "",
        REFUSALS[refusal.reason],
        refusal.words,
        gates.get(refusal.gate_id, refusal.gate_id),
        refusal.guard,
        "已撤销" if refusal.undone_utc_ns is not None else "" if who else "已到期删除",
    )
