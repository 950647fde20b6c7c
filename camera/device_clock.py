"""Is a camera's clock right? Pure rules on readings (时钟准确率)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from camera.onvif.model import DeviceTime
from foundation.clock import NS_PER_S

CLOCK_LIMIT_NS: Final = NS_PER_S
"""GB/T 28181 asks for less than 1 s (requirements, second-hand); the reading's own error is allowed on top."""

_BEIJING_NS: Final = 8 * 3600 * NS_PER_S
_MINUTE_NS: Final = 60 * NS_PER_S


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
