"""The sheet of line tests (报警线路演练记录表): results for each input, timed step by step, with places to sign."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from alarms.drill import RECEIPT_WITHIN_S, Drill, Result
from alarms.record import StepKind
from edge_agent.pages.drill.plan import DrillPlan, PlanRow
from edge_agent.pages.drill.words import EVERY, RESULTS
from foundation.clock import beijing, beijing_day_start_ns
from web.document.column import Column, Kind, Value
from web.document.report import Fact, Facts, Period, Report, Signature, Table

_COLUMNS: Final = (
    Column("按钮"),
    Column("部位"),
    Column("负责人"),
    Column("布置人"),
    Column("按下时间", Kind.MOMENT),
    Column("存储", Kind.INTEGER, "毫秒"),
    Column("发出", Kind.INTEGER, "毫秒"),
    Column("平台回执", Kind.INTEGER, "毫秒"),
    Column("人工确认", Kind.DECIMAL, "秒", decimals=1),
    Column("确认人"),
    Column("结果"),
)
_NONE: Final = "本期未演练"
_IN_EARNEST: Final = "未演练，真报警已验证线路"
_MS: Final = 1_000_000


def drill_sheet(campus_plan: DrillPlan, first: date, last: date, end: date) -> Report:
    """Everything of Beijing days `first` to `last`; `end` is the day after. Raises DatabaseError."""
    plan, filed = campus_plan.rows(), campus_plan.filed(first, end)
    drilled = {drill.input_id for drill in filed}
    rows = [_row(campus_plan, drill, plan) for drill in reversed(filed)]
    start_utc_ns, end_utc_ns = beijing_day_start_ns(first), beijing_day_start_ns(end)
    rows += [_missing(row, start_utc_ns, end_utc_ns) for row in plan if row.input.id not in drilled]
    passed = {drill.input_id for drill in filed if campus_plan.result(drill) is Result.PASSED}
    inputs = {row.input.id for row in plan}
    facts = (
        Fact(Column("应演练按钮", Kind.INTEGER, "个"), len(plan)),
        Fact(Column("合格按钮", Kind.INTEGER, "个"), len(passed & inputs)),
        Fact(Column("演练次数", Kind.INTEGER, "次"), len(filed)),
        Fact(Column("未演练按钮"), "、".join(row.input.name for row in plan if row.input.id not in drilled) or "无"),
    )
    wiring = Table(
        "按钮与计划",
        (Column("按钮"), Column("部位"), Column("接线"), Column("周期"), Column("负责人")),
        tuple((row.input.name, row.input.place, _wiring(row), EVERY[row.every], row.responsible) for row in plan),
    )
    return Report(
        title="一键报警线路演练记录表",
        school=campus_plan.campus.name,
        period=Period(first, last),
        made_at_utc_ns=campus_plan.clock.utc_ns(),
        marking="【演练】",
        sections=(
            Facts("汇总", facts),
            Table(
                "演练记录",
                _COLUMNS,
                tuple(rows),
                note=f"时间从按下算起；{RECEIPT_WITHIN_S:g} 秒内收到接警中心签名回执为合格。",
            ),
            wiring,
        ),
        signatures=(Signature("演练负责人"), Signature("值班保安"), Signature("校领导")),
        seal=True,
        sources=("一键报警系统逐步计时；布置、按下、回执均有审计记录。",),
    )


def _row(campus_plan: DrillPlan, drill: Drill, plan: list[PlanRow]) -> tuple[Value, ...]:
    planned = next((row for row in plan if row.input.id == drill.input_id), None)
    alarm = drill.alarm
    place = planned.input.place if planned else alarm.place if alarm else ""
    acknowledged = alarm.step(StepKind.ACKNOWLEDGED) if alarm else None
    answered_ns = drill.after_ns(StepKind.ACKNOWLEDGED)
    return (
        campus_plan.name_of(drill),
        place,
        planned.responsible if planned else "",
        drill.person,
        None if alarm is None else _naive(alarm.pressed_utc_ns),
        _ms(drill, StepKind.STORED),
        _ms(drill, StepKind.BROKER_ACCEPTED),
        _ms(drill, StepKind.CENTER_RECEIVED),
        None if answered_ns is None else Decimal(answered_ns // _MS) / 1000,
        (acknowledged.person or "") if acknowledged else "",
        RESULTS[campus_plan.result(drill)],
    )


def _missing(row: PlanRow, start_utc_ns: int, end_utc_ns: int) -> tuple[Value, ...]:
    in_earnest = row.proven_utc_ns is not None and start_utc_ns <= row.proven_utc_ns < end_utc_ns
    result = _IN_EARNEST if in_earnest else _NONE
    return (row.input.name, row.input.place, row.responsible, "", None, None, None, None, None, "", result)


def _wiring(row: PlanRow) -> str:
    return "断线可知" if row.input.supervised else "断线不可知，每月手按"


def _ms(drill: Drill, kind: StepKind) -> int | None:
    after_ns = drill.after_ns(kind)
    return None if after_ns is None else after_ns // _MS


def _naive(utc_ns: int) -> datetime:
    return beijing(utc_ns).replace(tzinfo=None, microsecond=0)
