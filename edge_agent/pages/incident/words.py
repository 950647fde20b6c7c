"""Incidents in words (突发事件): grades, kinds, steps, deadlines, and the entries of a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alarms.record import StepKind
from edge_agent.pages.alarm.words import STEPS
from foundation.clock import NS_PER_S
from safety.incident import (
    Incident,
    IncidentEntry,
    IncidentGrade,
    IncidentHappening,
    IncidentKind,
    IncidentSource,
    IncidentStage,
    ReportSort,
)
from safety.incident_deadline import Deadline, Report, Timeliness
from web.language import Catalogue, mark
from web.signs import State

GRADES: Final = {
    IncidentGrade.UNDECIDED: mark("待定级，按重大计"),
    IncidentGrade.GENERAL: mark("一般（Ⅳ级）"),
    IncidentGrade.LARGER: mark("较大（Ⅲ级）"),
    IncidentGrade.MAJOR: mark("重大（Ⅱ级）"),
    IncidentGrade.GRAVEST: mark("特别重大（Ⅰ级）"),
}
KINDS: Final = {
    IncidentKind.UNDECIDED: mark("待定"),
    IncidentKind.PUBLIC_SECURITY: mark("社会安全"),
    IncidentKind.ACCIDENT: mark("事故灾难"),
    IncidentKind.PUBLIC_HEALTH: mark("公共卫生"),
    IncidentKind.NATURAL_DISASTER: mark("自然灾害"),
    IncidentKind.NETWORK: mark("网络与信息安全"),
    IncidentKind.OTHER: mark("其他"),
}
STAGES: Final = {
    IncidentStage.OPEN: mark("处置中"),
    IncidentStage.CLOSED: mark("已结案"),
    IncidentStage.FALSE_ALARM: mark("误报，已销案"),
}
SOURCES: Final = {IncidentSource.ALARM: mark("一键报警"), IncidentSource.HAND: mark("人工登记")}
SORTS: Final = {
    ReportSort.FIRST: mark("初报"),
    ReportSort.FURTHER: mark("续报"),
    ReportSort.CORRECTION: mark("更正"),
    ReportSort.FINAL: mark("终报"),
}
REPORTS: Final = {Report.PHONE: mark("电话报告"), Report.WRITTEN: mark("书面报告")}
TIMELINESS: Final = {
    Timeliness.NOT_ASKED: mark("不要求"),
    Timeliness.RUNNING: mark("待报告"),
    Timeliness.LATE: mark("超时未报"),
    Timeliness.IN_TIME: mark("已按时报告"),
    Timeliness.MADE_LATE: mark("已报告，超时"),
}
TIMELINESS_STATES: Final = {
    Timeliness.NOT_ASKED: State.UNKNOWN,
    Timeliness.RUNNING: State.ATTENTION,
    Timeliness.LATE: State.FAILING,
    Timeliness.IN_TIME: State.OK,
    Timeliness.MADE_LATE: State.ATTENTION,
}
_HAPPENINGS: Final = {
    IncidentHappening.OPENED: mark("事件立案"),
    IncidentHappening.CLASSIFIED: mark("定级"),
    IncidentHappening.NOTED: mark("记录"),
    IncidentHappening.CORRECTED: mark("更正"),
    IncidentHappening.PHONED: mark("电话报告"),
    IncidentHappening.DRAFTED: mark("书面报告存稿"),
    IncidentHappening.SUBMITTED: mark("书面报告报送"),
    IncidentHappening.CLOSED: mark("结案"),
    IncidentHappening.FALSE_ALARM: mark("误报销案"),
    IncidentHappening.REOPENED: mark("重新打开"),
}
_STEPS: Final = STEPS | {
    StepKind.STORED: mark("报警已存储"),
    StepKind.BROKER_ACCEPTED: mark("报警已发出"),
    StepKind.CLOSED: mark("接警中心结案"),
    StepKind.CANCELLED: mark("门卫说是误报"),
    StepKind.DURESS: mark("胁迫密码：看上去是误报，实为求助"),
}
"""Among other entries an alarm's steps say what they are about."""
_SYSTEM: Final = mark("系统")
_VERSION: Final = mark("第 %(n)s 稿")
_MINUTE_NS: Final = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """An entry as it is shown."""

    number: int
    said_utc_ns: int
    """When it happened."""
    written_utc_ns: int | None
    """When it was written down, where that was a minute later or more."""
    what: str
    who: str
    detail: str
    words: str


@dataclass(frozen=True, slots=True)
class IncidentWords:
    """Says incidents in a reader's language; only who may handle them reads that a PIN was a duress PIN."""

    texts: Catalogue
    trusted: bool

    def grade(self, incident: Incident) -> str:
        """事件等级"""
        return self.texts(GRADES[incident.grade])

    def kind(self, incident: Incident) -> str:
        """事件类别"""
        return self.texts(KINDS[incident.kind])

    def timeline(self, history: Sequence[IncidentEntry]) -> list[TimelineLine]:
        """The entries in the order in which things happened."""
        return [self.line(entry) for entry in sorted(history, key=lambda entry: (entry.said_utc_ns, entry.number))]

    def line(self, entry: IncidentEntry) -> TimelineLine:
        """One entry."""
        late = entry.at_utc_ns - entry.said_utc_ns >= _MINUTE_NS
        return TimelineLine(
            number=entry.number,
            said_utc_ns=entry.said_utc_ns,
            written_utc_ns=entry.at_utc_ns if late else None,
            what=self._what(entry),
            who=entry.person or self.texts(_SYSTEM),
            detail=self._detail(entry),
            words=entry.words,
        )

    def _what(self, entry: IncidentEntry) -> str:
        if entry.what is not IncidentHappening.ALARM_STEP:
            return self.texts(_HAPPENINGS[entry.what])
        step = StepKind(entry.detail) if entry.detail in set(StepKind) else None
        if step is StepKind.DURESS and not self.trusted:
            step = StepKind.CANCELLED  # whoever forced the guard may be looking on
        return self.texts(_STEPS[step]) if step in _STEPS else entry.detail

    def _detail(self, entry: IncidentEntry) -> str:
        match entry.what:
            case IncidentHappening.CLASSIFIED:
                grade, _, kind = entry.detail.partition(" ")
                return f"{self.texts(GRADES[IncidentGrade(grade)])} · {self.texts(KINDS[IncidentKind(kind)])}"
            case IncidentHappening.DRAFTED | IncidentHappening.SUBMITTED:
                return self.texts(_VERSION, n=entry.detail)
            case IncidentHappening.ALARM_STEP:
                return ""
        return entry.detail


def countdown(deadline: Deadline) -> str:
    """0:42:10 left, or 0:03:05 over."""
    seconds = abs(deadline.left_ns) // NS_PER_S
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


def incident_state(incident: Incident, both: Sequence[Deadline]) -> State:
    """The sign of an incident: late ones fail; a closed one has nothing to show."""
    if incident.stage is not IncidentStage.OPEN:
        return State.UNKNOWN
    return State.FAILING if any(one.timeliness is Timeliness.LATE for one in both) else State.ATTENTION
