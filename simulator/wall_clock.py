"""A camera's own clock: the campus's time, and how wrong this camera is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foundation.clock import Clock
from simulator.time_server import PORT, ask_time

_QUESTIONS = 5
"""An answer that comes late would set it wrong; it asks again instead, as clients of time servers do."""


@dataclass
class WallClock:
    clock: Clock
    wrong_by_s: float = 0.0
    """Seconds this camera's clock is ahead."""

    by_ntp: bool = True
    """Whether a time server sets it, which keeps it right."""
    server: str = ""
    """The time server's address; without one it is the campus's own, which is always right."""
    server_port: int = PORT

    def follow_server(self) -> None:
        """From now on a time server sets it; a named one is asked on a thread, and may not answer."""
        self.by_ntp = True
        if not self.server:
            self.wrong_by_s = 0.0
            return
        threading.Thread(target=self._ask, name="camera-sntp", daemon=True).start()

    def _ask(self) -> None:
        server = self.server
        for _ in range(_QUESTIONS):
            told = ask_time(server, port=self.server_port)
            if not self.by_ntp or self.server != server:
                return
            if told is not None:
                self.wrong_by_s = told - self.clock.utc_ns() / 1e9
                return

    def set(self, moment: datetime) -> None:
        """Set by hand, to whatever."""
        self.wrong_by_s = moment.timestamp() - self.clock.utc_ns() / 1e9
        self.by_ntp = False

    def unix_s(self) -> float:
        return self.clock.utc_ns() / 1e9 + self.wrong_by_s

    def now(self) -> datetime:
        """The camera's time, UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.unix_s())
