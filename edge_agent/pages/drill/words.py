"""Line tests in words (报警线路演练): results, standings, and the steps of one with their times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from alarms.drill import Drill, Result, Standing
from alarms.record import StepKind
from config.every import Every
from web.language import Catalogue, mark
from web.signs import State

RESULTS: Final = {
    Result.ARMED: mark("已布置，等待按下"),
    Result.UNDER_WAY: mark("已按下，等待回执"),
    Result.PASSED: mark("合格"),
    Result.LATE: mark("有回执，但超过 15 秒"),
    Result.NO_RECEIPT: mark("没有回执"),
    Result.NOT_PRESSED: mark("没有按下"),
}
RESULT_STATES: Final = {
    Result.ARMED: State.DRILL,
    Result.UNDER_WAY: State.DRILL,
    Result.PASSED: State.OK,
    Result.LATE: State.ATTENTION,
    Result.NO_RECEIPT: State.FAILING,
    Result.NOT_PRESSED: State.UNKNOWN,
}
STANDINGS: Final = {
    Standing.DONE: mark("本期已验证"),
    Standing.DUE: mark("本期待演练"),
    Standing.MISSED: mark("漏演"),
}
STANDING_STATES: Final = {
    Standing.DONE: State.OK,
    Standing.DUE: State.ATTENTION,
    Standing.MISSED: State.FAILING,
}
EVERY: Final = {Every.WEEK: mark("每周"), Every.MONTH: mark("每月"), Every.QUARTER: mark("每季度")}
STEPS: Final = (
    (StepKind.STORED, mark("已存储")),
    (StepKind.BROKER_ACCEPTED, mark("已发出")),
    (StepKind.CENTER_RECEIVED, mark("接警中心已收到")),
    (StepKind.ACKNOWLEDGED, mark("人工确认")),
    (StepKind.CLOSED, mark("接警中心结案")),
)
_NS_PER_MS: Final = 1_000_000
_SHOWN_IN_MS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStep:
    """A step of a drill, reached or not."""

    what: str
    at_utc_ns: int | None
    after_ms: int | None
    """Since the press."""
    who: str = ""


def steps_of(drill: Drill, texts: Callable[[str], str]) -> list[DrillStep]:
    """布置 → 预告 → 按下 → 存储 → 发出 → 回执 → 人工确认 → 结案."""
    pressed = drill.alarm.pressed_utc_ns if drill.alarm else None
    steps = [
        DrillStep(what=texts(mark("布置")), at_utc_ns=drill.armed_utc_ns, after_ms=None, who=drill.person),
        DrillStep(what=texts(mark("接警中心收到预告")), at_utc_ns=drill.announced_utc_ns, after_ms=None),
        DrillStep(what=texts(mark("按下")), at_utc_ns=pressed, after_ms=None if pressed is None else 0),
    ]
    for kind, what in STEPS:
        step = drill.alarm.step(kind) if drill.alarm else None
        after_ns = drill.after_ns(kind)
        steps.append(
            DrillStep(
                what=texts(what),
                at_utc_ns=step.at_utc_ns if step else None,
                after_ms=None if after_ns is None else after_ns // _NS_PER_MS,
                who=(step.person or "") if step else "",
            )
        )
    return steps


def after(milliseconds: int, texts: Catalogue) -> str:
    """850 毫秒, 23.4 秒"""
    if milliseconds < _SHOWN_IN_MS:
        return texts(mark("%(n)s 毫秒"), n=milliseconds)
    return texts(mark("%(n)s 秒"), n=f"{milliseconds / 1000:.1f}")
