"""Whether this box's clock may set cameras (校时依据): a time server keeps it, or it is right beside the center's.

Many schools' networks reach the center and no time server; there the platform is who tells the time (平台校时).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from camera.own_clock import is_synchronised
from foundation.clock import NS_PER_S, Clock
from foundation.journal import Entry
from foundation.proven_time import TimeReading

_WITHIN_NS: Final = NS_PER_S
"""What a camera may be off by; a clock that sets others must not be further off."""
_FRESH_NS: Final = 3600 * NS_PER_S
"""A poor crystal drifts 0.4 s in an hour; the gatehouse tells its readings every ten minutes."""


class TrustedClock:
    """Hand `take_fact` to a `Tail` of the gatehouse's journal."""

    def __init__(self, clock: Clock, kept: Callable[[], bool] = is_synchronised) -> None:
        self._clock = clock
        self._kept = kept
        self._center: TimeReading | None = None

    def take_fact(self, entry: Entry) -> None:
        """The gatehouse compared our clock with the center's; its heartbeats are signed."""
        if entry.kind == TimeReading.kind:
            told = entry.read(TimeReading)
            if told.source_kind == "center":
                self._center = told

    def holds(self) -> bool:
        """Whether others may be set by our clock now."""
        return self._kept() or self._is_the_centers()

    def _is_the_centers(self) -> bool:
        told = self._center
        if told is None or told.boot_id != self._clock.boot_id():
            return False
        utc_ns, running_ns = self._clock.utc_ns(), self._clock.running_ns()
        if not 0 <= running_ns - told.asked_running_ns <= _FRESH_NS:
            return False
        moved_ns = (utc_ns - running_ns) - (told.asked_utc_ns - told.asked_running_ns)  # set since, by whomever
        return abs(told.offset_ns) + told.error_ns + abs(moved_ns) <= _WITHIN_NS
