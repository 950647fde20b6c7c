"""Something that services use and that must be let go of only after they have ended."""

from __future__ import annotations

from collections.abc import Callable

from foundation.service import Service


class Held(Service):
    """Stands before its users in a role's list, so that it is closed after them."""

    def __init__(self, name: str, let_go: Callable[[], None]) -> None:
        super().__init__(f"held-{name}")
        self._let_go = let_go

    def _loop(self) -> None:
        self.stopping.wait()

    def close(self) -> None:
        super().close()
        self._let_go()
