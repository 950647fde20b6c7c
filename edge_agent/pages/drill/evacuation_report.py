"""The record of an evacuation drill (应急疏散演练记录表) as an official form, and the register of a year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.campus import Campus
from edge_agent.pages.drill.evacuation_words import DAY_OR_NIGHT, POINTS, RATINGS, STAGES, minutes_words
from foundation.clock import beijing
from safety.evacuation import (
    Evacuation,
    EvacuationEntry,
    EvacuationFile,
    EvacuationHappening,
    EvacuationStage,
    Evaluation,
    GateRollCall,
)
from web.document.column import Column, Kind, Value
from web.document.report import Fact, Facts, Report, Section, Signature, Table, Text

_OPEN = "（未填写）"
_ADDED = (EvacuationHappening.NOTED, EvacuationHappening.CORRECTED, EvacuationHappening.CANCELLED)


def evacuation_record(file: EvacuationFile, *, campus: Campus, made_at_utc_ns: int) -> Report:
    """One drill as far as it has come; before it was carried out: its plan, with room to fill in by hand."""
    drill = file.evacuation
    recorded = next((entry.person for entry in file.history if entry.what is EvacuationHappening.CARRIED_OUT), "")
    return Report(
        title="应急疏散演练记录表",
        school=campus.name,
        period=None,
        made_at_utc_ns=made_at_utc_ns,
        number=f"演练〔{beijing(drill.moment_utc_ns).year}〕{drill.number} 号",
        marking="【演练】",
        sections=(
            _basics(drill),
            Text("演练方案", tuple(drill.plan.text.split("\n"))),
            _went(drill),
            *_evaluated(file.evaluation),
            *_added(file.history),
            _photos(file),
        ),
        signatures=(
            Signature("演练负责人"),
            Signature("记录人", _name(recorded)),
            Signature("安全干部"),
            Signature("校领导"),
        ),
        seal=True,
        footer=STAGES[drill.stage],
        sources=("由登记人逐项写入，写入后只能追加更正，每一步都有审计记录。",),
    )


def evacuation_register(drills: Sequence[Evacuation], *, year: int, campus: Campus, made_at_utc_ns: int) -> Report:
    """应急疏散演练台账: a year's drills, one a line."""
    columns = (
        Column("编号", Kind.INTEGER),
        Column("种类"),
        Column("时段"),
        Column("计划时间", Kind.MOMENT),
        Column("开始时间", Kind.MOMENT),
        Column("疏散用时", Kind.INTEGER, unit="秒"),
        Column("应到", Kind.INTEGER),
        Column("实到", Kind.INTEGER),
        Column("未到人员"),
        Column("负责人"),
        Column("照片", Kind.INTEGER),
        Column("状态"),
    )
    return Report(
        title=f"{year} 年应急疏散演练台账",
        school=campus.name,
        period=None,
        made_at_utc_ns=made_at_utc_ns,
        sections=(Table("演练台账", columns, tuple(map(_row, drills)), numbered=False),),
        signatures=(Signature("安全干部"), Signature("校领导")),
    )


def _row(drill: Evacuation) -> tuple[Value, ...]:
    went = drill.carried
    return (
        drill.number,
        drill.plan.kind,
        DAY_OR_NIGHT[drill.plan.night],
        _naive(drill.plan.planned_utc_ns),
        _naive(went.began_utc_ns) if went else None,
        went.all_out_s if went else None,
        went.expected if went else None,
        went.present if went else None,
        went.missing if went else "",
        drill.plan.responsible,
        drill.photos,
        STAGES[drill.stage],
    )


def _basics(drill: Evacuation) -> Facts:
    return _facts(
        "基本情况",
        ("演练种类", drill.plan.kind),
        ("时段", DAY_OR_NIGHT[drill.plan.night]),
        ("计划时间", _moment(drill.plan.planned_utc_ns)),
        ("演练负责人", drill.plan.responsible),
        ("状态", STAGES[drill.stage]),
        ("归档", f"{_moment(drill.filed_utc_ns)} {_name(drill.filed_by)}" if drill.filed_utc_ns else ""),
    )


def _went(drill: Evacuation) -> Facts:
    went = drill.carried
    if went is None:
        labels = ("开始时间", "发出的信号", "全部疏散用时", "应到人数", "实到人数", "未到人员")
        return _facts("演练情况", *((label, "") for label in labels))
    return _facts(
        "演练情况",
        ("开始时间", _moment(went.began_utc_ns)),
        ("发出的信号", went.signal),
        ("全部疏散用时", minutes_words(went.all_out_s)),
        ("应到人数", f"{went.expected} 人"),
        ("实到人数", f"{went.present} 人"),
        ("未到人数", f"{drill.missing_people} 人"),
        ("未到人员", went.missing or "无"),
        *_called(went.roll_call),
    )


def _called(call: GateRollCall | None) -> tuple[tuple[str, str], ...]:
    if call is None:
        return ()
    used = f"用时 {minutes_words(call.all_found_s)}" if call.all_found_s is not None else "未找齐"
    began = _moment(call.begun_utc_ns)
    return (("门卫点名", f"{began} 开始，应有 {call.expected} 人，找到 {call.found} 人，{used}"),)


def _evaluated(evaluation: Evaluation | None) -> tuple[Section, ...]:
    columns = (Column("评估项目"), Column("评价"), Column("需整改的问题"), Column("隐患编号", Kind.INTEGER))
    if evaluation is None:
        rows: tuple[tuple[Value, ...], ...] = tuple((word, "", "", None) for word in POINTS.values())
        return Text("演练总结", (_OPEN,)), Table("演练评估", columns, rows)
    rows = tuple(
        (POINTS[one.point], RATINGS[one.rating], one.mend or "无", one.fault_number) for one in evaluation.marks
    )
    signed = f"评估人：{_name(evaluation.person)}，{_moment(evaluation.at_utc_ns)}"
    return Text("演练总结", tuple(evaluation.summary.split("\n"))), Table("演练评估", columns, rows, note=signed)


def _added(history: Sequence[EvacuationEntry]) -> tuple[Section, ...]:
    names = {
        EvacuationHappening.NOTED: "补充",
        EvacuationHappening.CORRECTED: "更正",
        EvacuationHappening.CANCELLED: "取消",
    }
    said = tuple(
        f"{_moment(entry.at_utc_ns)} {_name(entry.person)}（{names[entry.what]}）：{entry.words}"
        for entry in history
        if entry.what in _ADDED
    )
    filing = tuple(
        f"归档说明：{entry.words}" for entry in history if entry.what is EvacuationHappening.FILED and entry.words
    )
    return (Text("更正和补充", said + filing),) if said or filing else ()


def _photos(file: EvacuationFile) -> Facts:
    held = file.evacuation.stage in (EvacuationStage.DONE, EvacuationStage.FILED)
    kept = f"{len(file.photos)} 张，原件存于本系统" if file.photos else "没有照片" if held else ""
    marks = "、".join(sha256[:8] for sha256 in file.photos)
    return _facts("照片", ("照片", kept), ("校验码", marks))


def _facts(title: str, *facts: tuple[str, str]) -> Facts:
    return Facts(title, tuple(Fact(Column(label), value) for label, value in facts))


def _name(person: str) -> str:
    return person.partition("（")[0]  # without the login that stands in the ledger


def _naive(utc_ns: int) -> datetime:
    return beijing(utc_ns).replace(tzinfo=None, microsecond=0)


def _moment(utc_ns: int) -> str:
    return beijing(utc_ns).strftime("%Y-%m-%d %H:%M")
