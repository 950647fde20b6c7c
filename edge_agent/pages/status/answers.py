"""The five answers that the status page begins with (录制 存储 覆盖 时钟 报警): how each follows from the status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_agent.pages.status.model import AlarmStatus, CampusStatus
from foundation.clock import NS_PER_S
from web.language import Catalogue, mark
from web.signs import State, worst

RECEIPT_WITHIN_S: Final = 15.0
"""As on the gate page: an alarm without a receipt for longer needs a person with a phone."""

_OF_VERDICT: Final = {
    "met": State.OK,
    "accruing": State.ATTENTION,
    "violated": State.FAILING,
    "unknown": State.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question answered: sign, figure, and when what it rests on was measured."""

    id: str
    question: str
    state: State
    figure: str
    measured_utc_ns: int | None = None


def five_answers(status: CampusStatus, texts: Catalogue) -> tuple[Answer, ...]:
    """Is it recording, kept, covered, on time, and would an alarm arrive?"""
    return (
        _recording(status, texts),
        _retention(status, texts),
        _coverage(status, texts),
        _clocks(status, texts),
        _alarm(status, texts),
    )


def verdict_state(verdict: str) -> State:
    """The sign of a retention verdict (存储达标)."""
    return _OF_VERDICT.get(verdict, State.UNKNOWN)


def _recording(status: CampusStatus, texts: Catalogue) -> Answer:
    good = sum(point.recording is State.OK for point in status.points)
    return Answer(
        "recording",
        texts(mark("录制")),
        worst(point.recording for point in status.points),
        texts(mark("%(good)s / %(all)s 个点位在录"), good=good, all=len(status.points)),
        _oldest(point.last_fragment_utc_ns for point in status.points),
    )


def _retention(status: CampusStatus, texts: Catalogue) -> Answer:
    met = sum(one.verdict == "met" for one in status.retention)
    accruing = sum(one.verdict == "accruing" for one in status.retention)
    figure = texts(mark("%(met)s / %(all)s 达标"), met=met, all=len(status.retention))
    if accruing:
        figure += texts(mark("，%(n)s 积累中"), n=accruing)
    return Answer(
        "retention",
        texts(mark("存储")),
        worst(verdict_state(one.verdict) for one in status.retention),
        figure,
        status.taken_at_utc_ns if status.retention else None,
    )


def _coverage(status: CampusStatus, texts: Catalogue) -> Answer:
    coverage = status.coverage
    blind = len(coverage.blind_spots)
    if blind:
        figure = texts(mark("%(n)s 处盲区"), n=blind)
    elif coverage.uncertain_m2:
        figure = texts(mark("%(area)s m² 说不准"), area=f"{coverage.uncertain_m2:.0f}")
    else:
        figure = texts(mark("没有盲区"))
    return Answer(
        "coverage",
        texts(mark("覆盖")),
        coverage.state,
        figure if coverage.computed_utc_ns else texts(mark("还没有算过")),
        coverage.computed_utc_ns,
    )


def _clocks(status: CampusStatus, texts: Catalogue) -> Answer:
    wrong = {finding.subject for finding in status.findings if ".clock" in finding.kind}
    for finding in status.findings:
        if finding.kind == "camera.clocks_wrong_together":  # one finding about many devices
            wrong.update(f"device:{name}" for name in str(finding.evidence.get("devices", "")).split(", "))
    states = [
        State.ATTENTION
        if f"device:{device.id}" in wrong
        else State.UNKNOWN
        if device.clock_offset_s is None
        else State.OK
        for device in status.devices
    ]
    offsets = [abs(device.clock_offset_s) for device in status.devices if device.clock_offset_s is not None]
    figure = texts(mark("最多差 %(s)s 秒"), s=f"{max(offsets):.1f}") if offsets else texts(mark("还没有读到"))
    return Answer(
        "clock",
        texts(mark("时钟")),
        worst(states),
        figure,
        _oldest(device.checked_utc_ns for device in status.devices),
    )


def _alarm(status: CampusStatus, texts: Catalogue) -> Answer:
    question = texts(mark("报警"))
    if status.center is None:
        return Answer("alarm", question, State.UNKNOWN, texts(mark("没有设置接警中心")))
    unheard = [alarm for alarm in status.alarms if _unheard(alarm, status.taken_at_utc_ns)]
    if unheard:
        return Answer(
            "alarm",
            question,
            State.FAILING,
            texts(mark("%(n)s 次报警没有回执，请打 110"), n=len(unheard)),
            unheard[-1].pressed_utc_ns,
        )
    connected = status.center.state is State.OK
    figure = texts(mark("接警中心连通")) if connected else texts(mark("接警中心没有回应"))
    return Answer("alarm", question, status.center.state, figure, status.center.heard_utc_ns)


def _unheard(alarm: AlarmStatus, now_utc_ns: int) -> bool:
    if alarm.drill or alarm.cancelled_utc_ns is not None or alarm.closed_utc_ns is not None:
        return False
    return alarm.received_utc_ns is None and now_utc_ns - alarm.pressed_utc_ns > RECEIPT_WITHIN_S * NS_PER_S


def _oldest(moments: Iterable[int | None]) -> int | None:
    known = [moment for moment in moments if moment is not None]
    return min(known, default=None)
