"""Wall time of frames: the stream's own clock tied to the box's, drift slewed, a step told."""

from __future__ import annotations

from typing import Final

from camera.stream import TICKS_PER_S
from foundation.clock import NS_PER_S

SETTLE_S: Final = 3.0
"""Some cameras begin with pictures they had kept; until then an early frame corrects the start."""
WINDOW_S: Final = 10.0
MOST_SLEW: Final = 500e-6
"""A camera's crystal is off by 100 millionths at worst; five times that follows it and is never seen in a picture."""
STEP_S: Final = 1.0
"""A disagreement beyond this is a step, not drift: the ledger counts in seconds."""
LATEST_S: Final = 10.0
"""No frame is held up longer than this, for then the watchdog would have ended the stream."""


class ClockStepped(Exception):
    """The camera's clock or the box's jumped; times before and after do not belong to one run."""


class FrameClock:
    """Maps a stream's ticks to the box's UTC. Of the frames in a window the least delayed one tells the truth."""

    def __init__(self, ticks: int, arrived_utc_ns: int) -> None:
        self._origin_ticks = ticks
        self._base_ns = self._first_arrived_ns = self._window_start_ns = arrived_utc_ns
        self._least_late_ns: int | None = None

    def utc_ns(self, ticks: int) -> int:
        """UTC of a frame by its ticks."""
        return self._base_ns + (ticks - self._origin_ticks) * NS_PER_S // TICKS_PER_S

    def note(self, ticks: int, arrived_utc_ns: int) -> None:
        """Learn from a frame that came at `arrived_utc_ns` by the box's clock. Raises ClockStepped."""
        late_ns = arrived_utc_ns - self.utc_ns(ticks)
        if late_ns < 0 and 0 <= arrived_utc_ns - self._first_arrived_ns < SETTLE_S * NS_PER_S:
            self._base_ns += late_ns
            late_ns = 0
        if late_ns < -STEP_S * NS_PER_S or late_ns > LATEST_S * NS_PER_S:
            raise ClockStepped(f"the camera's clock and this box's parted by {late_ns / NS_PER_S:.1f} s at one frame")
        if self._least_late_ns is None or late_ns < self._least_late_ns:
            self._least_late_ns = late_ns
        if arrived_utc_ns - self._window_start_ns >= WINDOW_S * NS_PER_S:
            self._end_window(self._least_late_ns, arrived_utc_ns)

    def _end_window(self, least_late_ns: int, arrived_utc_ns: int) -> None:
        if abs(least_late_ns) > STEP_S * NS_PER_S:
            raise ClockStepped(f"the camera's clock and this box's are {least_late_ns / NS_PER_S:.1f} s apart")
        most_ns = round((arrived_utc_ns - self._window_start_ns) * MOST_SLEW)
        self._base_ns += max(-most_ns, min(most_ns, least_late_ns))
        self._window_start_ns = arrived_utc_ns
        self._least_late_ns = None
