"""The alarms that people look at now, in memory: pages read here and wait here for a change."""

from __future__ import annotations

import threading
from typing import Final

from alarms.record import AlarmRecord

KEPT: Final = 200


class Book:
    """Thread-safe; `version` grows with every change."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: dict[str, AlarmRecord] = {}
        self._version = 0
        self._look_at = 2 * KEPT

    def show(self, *records: AlarmRecord) -> None:
        """Put in or replace alarms; those beyond the newest that wait for nothing are forgotten here."""
        with self._changed:
            for record in records:
                self._records[record.id] = record
            if len(self._records) > self._look_at:
                settled = [record for record in self._newest_first() if not record.messages_waiting][KEPT:]
                for record in settled:
                    del self._records[record.id]
                self._look_at = len(self._records) + KEPT
            self._version += 1
            self._changed.notify_all()

    def touch(self) -> None:
        """Something that is shown with the alarms has changed: a path, a deadline."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def get(self, alarm_id: str) -> AlarmRecord | None:
        """An alarm as it stands now."""
        with self._changed:
            return self._records.get(alarm_id)

    def recent(self, limit: int = 50) -> list[AlarmRecord]:
        """The newest alarms, newest first."""
        with self._changed:
            return self._newest_first()[:limit]

    @property
    def version(self) -> int:
        """To be handed to `wait`."""
        return self._version

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until something differs from what `version` showed; returns the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout_s)
            return self._version

    def _newest_first(self) -> list[AlarmRecord]:
        return sorted(self._records.values(), key=lambda record: (record.pressed_utc_ns, record.id), reverse=True)
