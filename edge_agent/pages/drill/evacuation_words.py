"""Evacuation drills in words (应急疏散演练): stages, ratings, what a month's cell says, entries of a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.pages.drill.evacuation_plan import MonthMark
from safety.evacuation import Evacuation, EvacuationEntry, EvacuationHappening, EvacuationStage, Point, Rating
from safety.evacuation_schedule import Asked
from web.language import Catalogue, mark
from web.signs import State

STAGES: Final = {
    EvacuationStage.PLANNED: mark("已计划"),
    EvacuationStage.DONE: mark("已开展，待归档"),
    EvacuationStage.FILED: mark("已归档"),
    EvacuationStage.CANCELLED: mark("已取消"),
}
_STAGE_STATES: Final = {
    EvacuationStage.PLANNED: State.UNKNOWN,
    EvacuationStage.DONE: State.ATTENTION,
    EvacuationStage.FILED: State.OK,
    EvacuationStage.CANCELLED: State.UNKNOWN,
}
_OVERDUE: Final = mark("过了计划时间，待登记")
POINTS: Final = {
    Point.PLAN: mark("预案与分工"),
    Point.SIGNAL: mark("信号与通知"),
    Point.WAY: mark("疏散路线与秩序"),
    Point.ASSEMBLY: mark("集合与点名"),
    Point.TIME: mark("疏散用时"),
    Point.AID: mark("救护与后勤保障"),
}
RATINGS: Final = {Rating.GOOD: mark("好"), Rating.FAIR: mark("一般"), Rating.POOR: mark("差")}
RATING_STATES: Final = {Rating.GOOD: State.OK, Rating.FAIR: State.ATTENTION, Rating.POOR: State.FAILING}
DAY_OR_NIGHT: Final = {False: mark("白天"), True: mark("夜间，住宿生参加")}
MONTH_MARKS: Final = {
    MonthMark.DONE: mark("已开展"),
    MonthMark.ELSEWHERE: mark("本季度已开展"),
    MonthMark.PLANNED: mark("已计划"),
    MonthMark.DUE: mark("待开展"),
    MonthMark.MISSED: mark("漏演"),
    MonthMark.AHEAD: mark("还没到"),
    MonthMark.FREE: mark("假期，不要求"),
    MonthMark.BEFORE: mark("系统启用前"),
}
MONTH_STATES: Final = {
    MonthMark.DONE: State.OK,
    MonthMark.ELSEWHERE: State.OK,
    MonthMark.PLANNED: State.ATTENTION,
    MonthMark.DUE: State.ATTENTION,
    MonthMark.MISSED: State.FAILING,
    MonthMark.AHEAD: State.UNKNOWN,
    MonthMark.FREE: State.UNKNOWN,
    MonthMark.BEFORE: State.UNKNOWN,
}
NIGHT_WORDS: Final = {asked: MONTH_MARKS[MonthMark(asked.value)] for asked in Asked}
NIGHT_STATES: Final = {asked: MONTH_STATES[MonthMark(asked.value)] for asked in Asked}
_HAPPENINGS: Final = {
    EvacuationHappening.PLANNED: mark("制定计划"),
    EvacuationHappening.CARRIED_OUT: mark("登记演练情况"),
    EvacuationHappening.EVALUATED: mark("总结和评估"),
    EvacuationHappening.PHOTOGRAPHED: mark("照片"),
    EvacuationHappening.MENDING: mark("转入隐患台账"),
    EvacuationHappening.NOTED: mark("记录"),
    EvacuationHappening.CORRECTED: mark("更正"),
    EvacuationHappening.FILED: mark("归档"),
    EvacuationHappening.CANCELLED: mark("取消"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationLine:
    """An entry of a history as it is shown."""

    at_utc_ns: int
    what: str
    who: str
    words: str
    detail: str
    photo: str = ""
    """SHA-256 where the entry is a photo."""


def lines_of(history: Sequence[EvacuationEntry], texts: Catalogue) -> list[EvacuationLine]:
    """A history, latest first."""
    return [_line(entry, texts) for entry in reversed(history)]


def _line(entry: EvacuationEntry, texts: Catalogue) -> EvacuationLine:
    detail, photo = "", ""
    if entry.what is EvacuationHappening.PHOTOGRAPHED:
        photo = entry.detail
    elif entry.what is EvacuationHappening.MENDING:
        point, _, number = entry.detail.partition(" ")
        detail = f"{texts(POINTS[Point(point)])} → {texts(mark('隐患 %(n)s'), n=number)}"
    return EvacuationLine(
        at_utc_ns=entry.at_utc_ns,
        what=texts(_HAPPENINGS[entry.what]),
        who=entry.person,
        words=entry.words,
        detail=detail,
        photo=photo,
    )


def stage_sign(drill: Evacuation, now_utc_ns: int) -> tuple[State, str]:
    """State and word of a drill; one whose time has passed unwritten asks for attention."""
    if drill.stage is EvacuationStage.PLANNED and drill.plan.planned_utc_ns < now_utc_ns:
        return State.ATTENTION, _OVERDUE
    return _STAGE_STATES[drill.stage], STAGES[drill.stage]


def minutes_words(seconds: int) -> str:
    """3 分 05 秒"""
    return f"{seconds // 60} 分 {seconds % 60:02} 秒"
