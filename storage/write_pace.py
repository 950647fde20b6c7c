"""Whether a volume keeps pace with what is recorded on it (录像盘变慢): a pure judgement over its last writes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from foundation.clock import NS_PER_S

SLOW_S: Final = 2.0
"""A fragment lasts at most two seconds (storage.run); a disk that takes longer for one falls behind its camera."""
REMEMBERED: Final = 10
SLOW_OF_THEM: Final = 5
"""A single long write is a disk that turned another head; half of them is a disk that dies."""
REST_S: Final = 600.0
"""A slow volume that nobody writes to is tried again after so long."""


@dataclass(slots=True)
class WritePace:
    """The last writes of a volume."""

    _took_s: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _last_running_ns: int = 0

    def note(self, took_s: float, running_ns: int) -> None:
        """A fragment was on the disk after so long."""
        self._took_s.append(took_s)
        self._last_running_ns = running_ns

    def slow_s(self, running_ns: int) -> float | None:
        """Median seconds per write if the volume is too slow, else None."""
        if running_ns - self._last_running_ns > REST_S * NS_PER_S:
            self._took_s.clear()
        if sum(took_s > SLOW_S for took_s in self._took_s) < SLOW_OF_THEM:
            return None
        return median(self._took_s)
