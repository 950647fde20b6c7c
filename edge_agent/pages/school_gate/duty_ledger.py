"""The ledger of duty for some days (值班交接台账): handovers, sign-ons, gaps, escorts and patrols, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_agent.pages.record_words import POSTS, ROUNDS
from foundation.clock import beijing
from gate.duty import Duty, duties_between, first_duty_utc_ns
from gate.handover import Handover, handovers_between
from gate.hours import MINUTE_NS, moment_of
from gate.patrol import read_rounds
from gate.roster import Gap, Post, Shift, escorts_present, gaps, read_shifts, roster_gaps
from web.document.column import Column, Kind, Value
from web.document.report import Period, Report, Table

MOST_DAYS: Final = 93
_HANDOVERS: Final = (
    Column("时间", Kind.MOMENT),
    Column("交班人"),
    Column("交班签字"),
    Column("接班人"),
    Column("接班签字"),
    Column("在校来访", Kind.INTEGER, unit="人"),
    Column("超时", Kind.INTEGER, unit="人"),
    Column("未修隐患", Kind.INTEGER, unit="项"),
    Column("未了事项"),
    Column("备注"),
)
_DUTIES: Final = (Column("姓名"), Column("签到", Kind.MOMENT), Column("签退", Kind.MOMENT))
_GAPS: Final = (
    Column("什么空档"),
    Column("从", Kind.MOMENT),
    Column("到", Kind.MOMENT),
    Column("多久", Kind.INTEGER, unit="分"),
)
_ESCORTS: Final = (Column("姓名"), Column("从", Kind.MOMENT), Column("到", Kind.MOMENT), Column("到岗", Kind.MOMENT))
_ROUNDS: Final = (Column("应巡", Kind.MOMENT), Column("结果"), Column("谁、何时"), Column("没有到的巡查点"))


def duty_ledger(book: Path, orders: Path, period: Period, *, school: str, now_utc_ns: int, by: str) -> Report:
    """What happened on these days as far as they have passed. Raises DatabaseError, RecordKeysError."""
    begins = moment_of(period.first, 0)
    ends = min(moment_of(period.last + timedelta(days=1), 0), now_utc_ns)
    shifts, there = read_shifts(orders, begins, ends), book.exists()
    escorts = tuple(one for one in shifts if one.post is Post.ESCORT and one.begins_utc_ns < ends)
    handovers = handovers_between(book, begins, ends) if there else ()
    duties = duties_between(book, begins, ends) if there else ()
    present = escorts_present(book, escorts) if there else {}
    return Report(
        title="值班交接台账",
        school=school,
        period=period,
        made_at_utc_ns=now_utc_ns,
        marking="内部资料",
        sections=(
            Table("交接班", _HANDOVERS, tuple(_handover_row(one) for one in handovers)),
            Table("值班签到", _DUTIES, tuple((one.name, _at(one.on_utc_ns), _at(one.off_utc_ns)) for one in duties)),
            Table("空档", _GAPS, tuple(_gap_rows(book, shifts, duties, begins, ends) if there else ())),
            Table(
                "护学岗",
                _ESCORTS,
                tuple(
                    (one.name, _at(one.begins_utc_ns), _at(one.ends_utc_ns), _at(present.get(one.id, ("", None))[1]))
                    for one in escorts
                ),
            ),
            Table("巡查", _ROUNDS, tuple(_round_rows(book, orders, period, ends) if there else ())),
        ),
        footer=f"由 {by} 导出",
        sources=("门卫登记簿、值班表、巡查打卡；签字是用本人口令在门卫屏幕上完成的",),
    )


def _at(utc_ns: int | None) -> datetime | None:
    return None if utc_ns is None else beijing(utc_ns).replace(tzinfo=None, microsecond=0)


def _handover_row(one: Handover) -> tuple[Value, ...]:
    return (
        _at(one.at_utc_ns),
        one.from_name or "（没人签到）",
        "已签" if one.from_signed else "没有签",
        one.to_name,
        "已签",
        one.inside,
        one.overstayed,
        one.faults,
        "；".join(one.lines) or "没有",
        one.note,
    )


def _gap_rows(
    book: Path, shifts: tuple[Shift, ...], duties: tuple[Duty, ...], begins: int, ends: int
) -> Iterator[tuple[Value, ...]]:
    """Nobody signed on since signing on is used; nobody planned where a roster is kept."""
    since = first_duty_utc_ns(book)
    if since is not None and since < ends:
        spans = [(one.on_utc_ns, ends if one.off_utc_ns is None else one.off_utc_ns) for one in duties]
        yield from (_gap_row("屏幕上没有人签到", gap) for gap in gaps(spans, max(begins, since), ends))
    for post in (Post.GUARD, Post.LEADER) if shifts else ():
        yield from (_gap_row(f"{POSTS[post]}没有排", gap) for gap in roster_gaps(shifts, post, begins, ends))


def _gap_row(what: str, gap: Gap) -> tuple[Value, ...]:
    minutes = (gap.ends_utc_ns - gap.begins_utc_ns) // MINUTE_NS
    return (what, _at(gap.begins_utc_ns), _at(gap.ends_utc_ns), minutes)


def _round_rows(book: Path, orders: Path, period: Period, ends: int) -> Iterator[tuple[Value, ...]]:
    day = period.first
    while day <= period.last and moment_of(day, 0) < ends:
        for one in read_rounds(orders, book, day):
            if (one.missing or one.scans) and one.begins_utc_ns < ends:
                scans = "、".join(f"{scan.name} {beijing(scan.at_utc_ns):%H:%M}" for scan in one.scans)
                yield (
                    _at(one.due_utc_ns),
                    ROUNDS[one.state(ends)][1],
                    scans,
                    "、".join(point.name for point in one.missing),
                )
        day += timedelta(days=1)
