"""Services that are put together only when those before them run: an alarm can be pressed while pages still load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from foundation.service import Service, ServiceFailedError

_WATCH_S: Final = 0.2


class Late(Service):
    """Stands last in a role's list; starts what `build` gives and ends, with its cause, when one of them does."""

    def __init__(self, name: str, build: Callable[[], Sequence[Service]]) -> None:
        super().__init__(f"late-{name}")
        self._build = build
        self._started: list[Service] = []

    def start(self) -> None:
        for service in self._build():
            service.start()
            self._started.append(service)
        super().start()

    def _loop(self) -> None:
        while not self.stopping.wait(_WATCH_S):
            dead = next((service for service in self._started if not service.alive), None)
            if dead is not None:
                raise ServiceFailedError(f"{dead.name} ended by itself: {dead.failure or 'its loop returned'}")

    def close(self) -> None:
        for service in reversed(self._started):
            service.close()
        super().close()
