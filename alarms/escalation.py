"""What the guard must be told while no receipt comes; pure rules over the running clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from alarms.record import AlarmRecord
from foundation.clock import NS_PER_S
from uplink.messages.alarm import Purpose

SEND_AGAIN_S: Final = 5.0
CALL_POLICE_S: Final = 15.0


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


def fills_the_page(alarm: AlarmRecord, *, now_running_ns: int, boot_id: str) -> bool:
    """Whether the call-110 screen is to be shown: never for a silent input, where an attacker could read it.

    A line test, or one that was cancelled as 误报, needs no phone call either.
    """
    quiet = alarm.silent or alarm.duress or alarm.purpose is Purpose.DRILL
    return (
        not quiet
        and alarm.called_off is None
        and urging(alarm, now_running_ns=now_running_ns, boot_id=boot_id) is Urging.CALL_POLICE
    )
