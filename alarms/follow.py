"""The alarms as another role sees them now: its file is read again when it has changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from alarms.query import recent_alarms
from alarms.record import AlarmRecord
from foundation.clock import NS_PER_S, Clock
from foundation.journal import POLL_S, FileStamps
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("alarms")

_MOST: Final = 50


class FollowedAlarms:
    """Offers what alarms.book.Book offers in the gatehouse. One that cannot be read stays as it was last seen."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._pause = threading.Event()  # never set; whoever waits here waits half a second at most
        self._stamps = FileStamps(path)
        self._records: Sequence[AlarmRecord] = ()
        self._version = 0

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until the file says something else than `version` showed, or the time is over."""
        until_ns = self._clock.running_ns() + round(timeout_s * NS_PER_S)
        while True:
            self._look()
            if self._version != version or self._clock.running_ns() >= until_ns:
                return self._version
            self._pause.wait(min(POLL_S, timeout_s))

    def recent(self) -> Sequence[AlarmRecord]:
        """The newest alarms, newest first."""
        return self._records

    def _look(self) -> None:
        if not self._stamps.changed() or not self._path.exists():
            return
        try:
            records = recent_alarms(self._path, limit=_MOST)
        except DatabaseError as error:
            _log.warning("the alarms cannot be read now", error=str(error))
            self._stamps.look_once_more = True
            return
        if records != self._records:
            self._records = records
            self._version += 1
