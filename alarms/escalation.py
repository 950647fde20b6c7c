"""What people in the school must be told while nobody has answered; pure rules over the running clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from alarms.record import AlarmRecord, StepKind
from foundation.clock import NS_PER_S
from uplink.messages.alarm import Purpose

SEND_AGAIN_S: Final = 5.0
CALL_POLICE_S: Final = 15.0
LOUDER_S: Final = 60.0
"""校内一分钟无人确认: sirens stop pausing, broadcast joins in, screens come back."""
CALLS_FOR_S: Final = 1800.0
"""Screens in the school call people for half an hour at the most; the list shows the alarm for ever."""


class Urging(StrEnum):
    """How loudly the gate page speaks of an alarm."""

    NONE = "none"
    """The center has it, or it is closed."""
    SENDING = "sending"
    SENDING_AGAIN = "sending_again"
    """No receipt for 5 s: being sent again, a finding on the path."""
    CALL_POLICE = "call_police"
    """拨打110: no receipt for 15 s; address and numbers fill the page, the sending goes on."""


def urging(alarm: AlarmRecord, *, now_running_ns: int, boot_id: str) -> Urging:
    """How it stands with an alarm's receipt now. An alarm of an earlier boot is late in any case."""
    if alarm.received or alarm.closed:
        return Urging.NONE
    waited_s = (now_running_ns - alarm.running_ns) / NS_PER_S if alarm.boot_id == boot_id else CALL_POLICE_S
    if waited_s >= CALL_POLICE_S:
        return Urging.CALL_POLICE
    return Urging.SENDING_AGAIN if waited_s >= SEND_AGAIN_S else Urging.SENDING


def is_quiet(alarm: AlarmRecord) -> bool:
    """Whether nothing in the school may show or sound it by itself: an attacker could read it, or it is a line test."""
    return alarm.silent or alarm.duress or alarm.purpose is Purpose.DRILL


def shown_by_itself(alarm: AlarmRecord) -> bool:
    """Whether a page that renews itself may show it: not an open silent one, whose button may be under that very desk.

    Somebody who asks for silent alarms by hand sees them.
    """
    return alarm.closed or not (alarm.silent or alarm.duress)


def fills_the_page(alarm: AlarmRecord, *, now_running_ns: int, boot_id: str) -> bool:
    """Whether the call-110 screen is to be shown: never for a silent input, where an attacker could read it.

    A line test, or one that was cancelled as 误报, needs no phone call either.
    """
    return (
        not is_quiet(alarm)
        and alarm.called_off is None
        and urging(alarm, now_running_ns=now_running_ns, boot_id=boot_id) is Urging.CALL_POLICE
    )


class Call(StrEnum):
    """How an alarm calls for people in the school (校内呼叫)."""

    NONE = "none"
    """Silent, a line test, answered here, called off, closed, or long ago."""
    CALLING = "calling"
    LOUDER = "louder"
    """Nobody in the school has acknowledged it for a minute."""


def call_in_school(alarm: AlarmRecord, *, now_running_ns: int, boot_id: str) -> Call:
    """How an alarm calls now. A duress PIN ends it as a true cancel does, for whoever forces the guard is listening."""
    answered = alarm.step(StepKind.LOCAL_ACKNOWLEDGED) is not None
    if is_quiet(alarm) or alarm.called_off is not None or alarm.closed or answered or alarm.boot_id != boot_id:
        return Call.NONE
    waited_s = (now_running_ns - alarm.running_ns) / NS_PER_S
    if waited_s >= CALLS_FOR_S:
        return Call.NONE
    return Call.LOUDER if waited_s >= LOUDER_S else Call.CALLING
