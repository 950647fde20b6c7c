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

    by_ntp: bool = True
    """Whether a time server sets it, which keeps it right."""

    def follow_server(self) -> None:
        """From now on a time server sets it."""
        self.wrong_by_s, self.by_ntp = 0.0, True

    def set(self, moment: datetime) -> None:
        """Set by hand, to whatever."""
        self.wrong_by_s = moment.timestamp() - self.clock.utc_ns() / 1e9
        self.by_ntp = False

    def unix_s(self) -> float:
        return self.clock.utc_ns() / 1e9 + self.wrong_by_s

    def now(self) -> datetime:
        """The camera's time, UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.unix_s())
