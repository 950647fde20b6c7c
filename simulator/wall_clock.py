"""A camera's own clock: the campus's time, and how wrong this camera is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foundation.clock import Clock


@dataclass
class WallClock:
    clock: Clock
    wrong_by_s: float = 0.0
    """Seconds this camera's clock is ahead."""

    def unix_s(self) -> float:
        return self.clock.utc_ns() / 1e9 + self.wrong_by_s

    def now(self) -> datetime:
        """The camera's time, UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.unix_s())
