"""Line tests (报警线路演练): when one is due, how far it has come, what its result is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from alarms.escalation import CALL_POLICE_S
from alarms.record import AlarmRecord, StepKind
from config.every import Every, Span, span_of
from foundation.clock import NS_PER_S, beijing_day

RECEIPT_WITHIN_S: Final = CALL_POLICE_S
"""A receipt that comes later than the page would have said 拨打110 is no pass."""


def every_of(wished: Every, *, supervised: bool) -> Every:
    """How often an input is really pressed: a wire that nobody supervises is tried by hand every month at least."""
    return Every.MONTH if wished is Every.QUARTER and not supervised else wished


class Standing(StrEnum):
    """How an input stands with its schedule."""

    DONE = "done"
    """本期已演练"""
    DUE = "due"
    """本期待演练"""
    MISSED = "missed"
    """漏演: a whole period went by, and it is not made up for yet."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What an input's calendar says today."""

    standing: Standing
    span: Span
    """The period that today lies in."""


def schedule_of(every: Every, *, first_known_utc_ns: int, proven_utc_ns: int | None, now_utc_ns: int) -> Schedule:
    """How an input stands; `proven_utc_ns` is its latest press that the center received, as a drill or in earnest.

    A new input has the rest of its first period and the whole next one.
    """
    today = span_of(every, beijing_day(now_utc_ns))
    if proven_utc_ns is not None and beijing_day(proven_utc_ns) >= today.first:
        return Schedule(Standing.DONE, today)
    since = span_of(every, beijing_day(max(first_known_utc_ns, proven_utc_ns or 0)))
    whole_period_passed = since.last < today.first - timedelta(days=1)
    return Schedule(Standing.MISSED if whole_period_passed else Standing.DUE, today)


class Result(StrEnum):
    """How a line test ended, or where it is."""

    ARMED = "armed"
    """已布置, waiting for the press."""
    UNDER_WAY = "under_way"
    """Pressed, no receipt yet, still in time."""
    PASSED = "passed"
    """The center's receipt came in time."""
    LATE = "late"
    """It came, but not in time."""
    NO_RECEIPT = "no_receipt"
    NOT_PRESSED = "not_pressed"

    @property
    def over(self) -> bool:
        """Nothing more is awaited of it."""
        return self not in (Result.ARMED, Result.UNDER_WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """An arming and what came of it."""

    id: str
    input_id: str
    person: str
    armed_utc_ns: int
    until_utc_ns: int
    boot_id: str
    until_running_ns: int
    announced_utc_ns: int | None
    """When the center's receipt for the announcement came."""
    dropped_utc_ns: int | None
    """When the gatehouse started anew while it was armed."""
    alarm: AlarmRecord | None
    """Its press."""

    def after_ns(self, kind: StepKind) -> int | None:
        """From the press to a step; None if it was not reached."""
        step = self.alarm.step(kind) if self.alarm is not None else None
        return None if step is None or self.alarm is None else step.at_utc_ns - self.alarm.pressed_utc_ns


def result_of(drill: Drill, *, now_running_ns: int, boot_id: str) -> Result:
    """How a drill stands now, by the running clock: a wall clock that steps neither prolongs nor ends one."""
    if drill.alarm is None:
        armed = drill.boot_id == boot_id and now_running_ns < drill.until_running_ns
        return Result.ARMED if armed and drill.dropped_utc_ns is None else Result.NOT_PRESSED
    receipt_ns = drill.after_ns(StepKind.CENTER_RECEIVED)
    if receipt_ns is not None:
        return Result.PASSED if receipt_ns <= RECEIPT_WITHIN_S * NS_PER_S else Result.LATE
    waited_ns = now_running_ns - drill.alarm.running_ns
    in_time = drill.alarm.boot_id == boot_id and waited_ns <= RECEIPT_WITHIN_S * NS_PER_S
    return Result.UNDER_WAY if in_time else Result.NO_RECEIPT
