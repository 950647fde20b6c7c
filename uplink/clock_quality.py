"""Whether the kernel believes its clock: what the envelope's `clockquality` says."""

from __future__ import annotations

import ctypes
from typing import Final

from uplink.event import ClockQuality

_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES: Final = 256  # struct timex has 208 on Linux; modes = 0 only reads


def system_clock_quality() -> ClockQuality:
    """Ask the kernel (NTP keeps its flag); unknown where it does not say."""
    try:
        answer = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return ClockQuality.UNKNOWN
    if answer < 0:
        return ClockQuality.UNKNOWN
    return ClockQuality.UNSYNCHRONISED if answer == _TIME_ERROR else ClockQuality.SYNCHRONISED
