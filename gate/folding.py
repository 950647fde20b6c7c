"""Keeps the gate book's write-ahead log short, so that no guard waits while a million rows' pages are written back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from foundation.service import Service
from foundation.sqlite import DatabaseError, fold

_LOOK_EVERY_S: Final = 0.5
FOLD_FROM_BYTES: Final = 4 * 1024 * 1024
"""What SQLite would fold at by itself, in the middle of a sign-in."""

_log = structlog.get_logger("gate-folding")


class Folding(Service):
    """Folds the log into the file whenever it has grown."""

    def __init__(self, path: Path) -> None:
        super().__init__("gate-folding")
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._folded_at: tuple[int, int] = (0, 0)

    def _loop(self) -> None:
        while not self.stopping.wait(_LOOK_EVERY_S):
            self.work_once()

    def work_once(self) -> bool:
        """Whether there was anything to fold."""
        try:
            status = self._log.stat()
        except FileNotFoundError:
            return False
        now = (status.st_size, status.st_mtime_ns)
        # The file keeps its size after it was folded and is written again from its beginning: only a write tells.
        if status.st_size < FOLD_FROM_BYTES or now == self._folded_at:
            return False
        try:
            fold(self._path)
        except DatabaseError as error:
            _log.warning("the log of the gate book could not be folded; trying again", error=str(error))
            return False
        self._folded_at = now
        return True
