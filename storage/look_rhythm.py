"""When a recorder looks at its connection (取流节拍): seldom, and all points at the same instants.

A processor that wakes for one point has forgotten the code and has to fetch it; for sixteen in a row it does so once.
"""

from __future__ import annotations

from typing import Final

from foundation.clock import NS_PER_S

LOOK_NS: Final = NS_PER_S * 21 // 100
"""Between two looks; the kernel collects meanwhile. No multiple of a frame's time at any usual rate: within ten seconds
(storage.frame_clock) some look falls close behind a frame, so the frames' wall time does not suffer."""
OPENING_LOOK_NS: Final = LOOK_NS // 3
"""The same while a connection is young: the kernel's window is small yet, and no camera should wait for it to open."""
OPENING_NS: Final = 5 * NS_PER_S


def until_look_s(running_ns: int, opened_running_ns: int) -> float:
    """Seconds from now to the next look at a connection that was opened then (both on the running clock)."""
    beat_ns = OPENING_LOOK_NS if running_ns - opened_running_ns < OPENING_NS else LOOK_NS
    return (beat_ns - running_ns % beat_ns) / NS_PER_S
