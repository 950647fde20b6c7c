"""The written report of an incident (突发事件书面报告): drafted from what is known, set as an official form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from config.campus import Campus
from edge_agent.pages.incident.words import GRADES, KINDS, SORTS, SOURCES, STAGES, IncidentWords
from foundation.clock import beijing
from safety.incident import (
    Incident,
    IncidentEntry,
    IncidentFile,
    IncidentGrade,
    IncidentHappening,
    IncidentKind,
    IncidentSource,
    ReportText,
    ReportVersion,
)
from web.document.column import Column, Kind
from web.document.report import Fact, Facts, Report, Signature, Table, Text
from web.language import Catalogue, Language

_CHINESE: Final = IncidentWords(Catalogue(Language.CHINESE), trusted=True)
"""What goes to the district is Chinese whatever language the page is read in."""
_OPEN: Final = "（待续报）"
_IN_COURSE: Final = (IncidentHappening.NOTED, IncidentHappening.CORRECTED)


def drafted(file: IncidentFile, *, campus: Campus, recipient: str, person: str) -> ReportText:
    """What can be written from the records alone; a person goes on from there."""
    incident = file.incident
    phoned = [
        f"{_clock(entry.said_utc_ns)}，{_name(entry.person)}已向{entry.detail}电话报告。{entry.words}"
        for entry in file.history
        if entry.what is IncidentHappening.PHONED
    ]
    return ReportText(
        recipient=recipient,
        course=_course(incident, file.history, campus),
        measures="\n".join(phoned),
        contact=f"{_name(person)}，{campus.gatehouse_phone}",
    )


def _course(incident: Incident, history: Sequence[IncidentEntry], campus: Campus) -> str:
    began = beijing(incident.happened_utc_ns)
    when = f"{began.year}年{began.month}月{began.day}日{began.hour}时{began.minute}分"
    how = "发出一键报警" if incident.source is IncidentSource.ALARM else f"：{incident.title}"
    paragraphs = [f"{when}，{campus.name}{incident.place}{how}。"]
    steps = [
        f"{_clock(entry.said_utc_ns)} {_CHINESE.line(entry).what}" + (f"（{entry.person}）" if entry.person else "")
        for entry in history
        if entry.what is IncidentHappening.ALARM_STEP
    ]
    if steps:
        paragraphs.append("；".join(steps) + "。")
    paragraphs += [entry.words for entry in history if entry.what is IncidentHappening.OPENED and entry.words]
    told = sorted((entry for entry in history if entry.what in _IN_COURSE), key=lambda entry: entry.said_utc_ns)
    paragraphs += [f"{_clock(entry.said_utc_ns)}，{entry.words}（{_name(entry.person)}）" for entry in told]
    return "\n".join(paragraphs)


def written_report(file: IncidentFile, version: ReportVersion, *, campus: Campus) -> Report:
    """A version as it was kept: with the grade, the calls and the timeline as they stood then."""
    incident, text = file.incident, version.text
    history = [entry for entry in file.history if entry.number <= version.entry]
    grade, kind = _classified(history)
    calls = [entry for entry in history if entry.what is IncidentHappening.PHONED]
    facts = (
        ("主送单位", text.recipient),
        ("事发时间", _moment(incident.happened_utc_ns)),
        ("事件类别", KINDS[kind]),
        ("事件等级", GRADES[grade]),
        ("信息来源", SOURCES[incident.source]),
        ("联系人和电话", text.contact or campus.gatehouse_phone),
        ("事件名称", incident.title),
        ("事发地点", f"{campus.name}，{campus.address}，{incident.place}"),
        (
            "电话报告",
            "；".join(f"{_moment(one.said_utc_ns)} {_name(one.person)}报{one.detail}" for one in calls) or "尚未登记",
        ),
    )
    parts = (
        ("事件经过", text.course),
        ("人员伤亡和财产损失", text.losses),
        ("已采取的措施", text.measures),
        ("初步原因分析", text.cause),
        ("下一步工作", text.next_steps),
    )
    began = beijing(incident.happened_utc_ns)
    return Report(
        title=f"突发事件报告（{SORTS[version.sort]}）",
        school=campus.name,
        period=None,
        made_at_utc_ns=version.at_utc_ns,
        number=f"事件〔{began.year}〕{incident.number} 号",
        sections=(
            Facts("基本情况", tuple(Fact(Column(label), value) for label, value in facts)),
            *(Text(title, tuple((words or _OPEN).split("\n"))) for title, words in parts),
            _timeline(history),
        ),
        signatures=(Signature("填报人", _name(version.person)), Signature("审核人"), Signature("单位负责人")),
        seal=True,
        footer=f"第 {version.version} 稿",
        sources=("时间线由一键报警系统和登记人逐条写入，写入后只能追加，不能改动。",),
    )


def _classified(history: Sequence[IncidentEntry]) -> tuple[IncidentGrade, IncidentKind]:
    said = [entry.detail for entry in history if entry.what is IncidentHappening.CLASSIFIED]
    if not said:
        return IncidentGrade.UNDECIDED, IncidentKind.UNDECIDED
    grade, _, kind = said[-1].partition(" ")
    return IncidentGrade(grade), IncidentKind(kind)


def _timeline(history: Sequence[IncidentEntry]) -> Table:
    columns = (Column("时间", Kind.MOMENT), Column("事项"), Column("人员"), Column("内容"))
    rows = tuple(
        (
            _naive(line.said_utc_ns),
            line.what,
            line.who,
            "\n".join(
                filter(
                    None,
                    (
                        line.detail,
                        line.words,
                        f"（{_moment(line.written_utc_ns)} 登记）" if line.written_utc_ns else "",
                    ),
                )
            ),
        )
        for line in _CHINESE.timeline(history)
    )
    return Table("时间线", columns, rows)


def incident_register(incidents: Sequence[Incident], *, campus: Campus, made_at_utc_ns: int) -> Report:
    """The list of incidents (突发事件台账), for a spreadsheet or the file."""
    columns = (
        Column("编号", Kind.INTEGER),
        Column("事发时间", Kind.MOMENT),
        Column("事件"),
        Column("地点"),
        Column("来源"),
        Column("类别"),
        Column("等级"),
        Column("电话报告", Kind.MOMENT),
        Column("书面报告", Kind.MOMENT),
        Column("状态"),
        Column("结案时间", Kind.MOMENT),
    )
    rows = tuple(
        (
            one.number,
            _naive(one.happened_utc_ns),
            one.title,
            one.place,
            SOURCES[one.source],
            KINDS[one.kind],
            GRADES[one.grade],
            _naive(one.phoned_utc_ns),
            _naive(one.submitted_utc_ns),
            STAGES[one.stage],
            _naive(one.closed_utc_ns),
        )
        for one in incidents
    )
    return Report(
        title="突发事件台账",
        school=campus.name,
        period=None,
        made_at_utc_ns=made_at_utc_ns,
        sections=(Table("突发事件", columns, rows, numbered=False),),
        signatures=(Signature("安全干部"), Signature("校领导")),
    )


def _naive(utc_ns: int | None) -> datetime | None:
    return None if utc_ns is None else beijing(utc_ns).replace(tzinfo=None, microsecond=0)


def _name(person: str) -> str:
    return person.partition("（")[0]  # without the login that stands in the ledger


def _clock(utc_ns: int) -> str:
    return beijing(utc_ns).strftime("%H:%M:%S")


def _moment(utc_ns: int) -> str:
    return beijing(utc_ns).strftime("%Y-%m-%d %H:%M:%S")
