"""Whether a page would look different now."""

from __future__ import annotations

import itertools

from foundation.ids import new_id


class Version:
    """Another text whenever a page would look different; another one after each start, too."""

    def __init__(self) -> None:
        self._start = new_id()
        self._count = itertools.count(1)
        self._now = f"{self._start}-0"

    def changed(self) -> None:
        """Called from any thread."""
        self._now = f"{self._start}-{next(self._count)}"

    def __call__(self) -> str:
        return self._now
