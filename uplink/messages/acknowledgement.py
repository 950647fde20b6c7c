"""What a person at the desk says (人工确认): somebody is taking care of it, and later: it is over."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from foundation.ids import RecordId
from uplink.event import LongText, Message, ShortText, WireTime


class Acknowledgement(Message):
    """人工确认: a named person at the desk has seen the alarm. The guard's screen shows the name."""

    event_type: ClassVar[str] = "campus.alarm.acknowledged"

    alarm_id: RecordId
    person: ShortText
    desk: ShortText
    """Which desk: police, district."""
    at: WireTime
    note: LongText = ""


class Outcome(StrEnum):
    """How the desk closed it."""

    HANDLED = "handled"
    FALSE_ALARM = "false_alarm"
    DRILL = "drill"


class Closure(Message):
    """结案: the desk closed the alarm."""

    event_type: ClassVar[str] = "campus.alarm.closed"

    alarm_id: RecordId
    person: ShortText
    desk: ShortText
    at: WireTime
    outcome: Outcome
    note: LongText = ""
