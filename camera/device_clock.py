"""Is a camera's clock right? Pure rules on readings (时钟准确率)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from statistics import median_low
from typing import Final

from camera.onvif.model import DeviceTime
from camera.together import LEAST_TOGETHER
from foundation.clock import NS_PER_S

CLOCK_LIMIT_NS: Final = NS_PER_S
"""GB/T 28181 asks for less than 1 s (requirements, second-hand); the reading's own error is allowed on top."""

_BEIJING_NS: Final = 8 * 3600 * NS_PER_S
_MINUTE_NS: Final = 60 * NS_PER_S
_ALIKE_SHARE: Final = 0.1
"""Cameras run apart by seconds; off alike is what differs little beside what they are all off by."""


class ClockFault(StrEnum):
    """In what way a clock is wrong, because each is put right in another way."""

    LOCAL_AS_UTC = "local_as_utc"
    """Off by Beijing's eight hours: local time typed in as UTC, or the time zone left at UTC."""
    NEVER_SET = "never_set"
    """Years behind, as after a dead battery."""
    OFF = "off"


def clock_fault(time: DeviceTime, limit_ns: int = CLOCK_LIMIT_NS) -> ClockFault | None:
    """None while the clock may be right; a fault only where even the reading's error does not explain it."""
    if abs(time.offset_ns) <= limit_ns + time.error_ns:
        return None
    if abs(abs(time.offset_ns) - _BEIJING_NS) <= _MINUTE_NS:
        return ClockFault.LOCAL_AS_UTC
    if time.offset_ns < -365 * 86_400 * NS_PER_S:
        return ClockFault.NEVER_SET
    return ClockFault.OFF


def off_alike(wrong: Mapping[str, DeviceTime], *, of: int) -> tuple[str, ...]:
    """Devices with a wrong clock that are off by the same, if they are most of the `of` devices that told the time.

    Then one clock is wrong and not many: ours, or the time server that set them all.
    """
    if len(wrong) < LEAST_TOGETHER:
        return ()
    middle_ns = median_low(time.offset_ns for time in wrong.values())
    spread_ns = min(_MINUTE_NS, max(CLOCK_LIMIT_NS, round(abs(middle_ns) * _ALIKE_SHARE)))
    alike = sorted(name for name, time in wrong.items() if abs(time.offset_ns - middle_ns) <= spread_ns + time.error_ns)
    return tuple(alike) if len(alike) >= LEAST_TOGETHER and 2 * len(alike) > of else ()
