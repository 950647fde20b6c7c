"""Read-only questions that other roles and the command line may ask of alarms.sqlite."""

from __future__ import annotations

from pathlib import Path

from alarms.record import AlarmRecord, read_alarms, read_recent
from foundation.sqlite import open_read_only


def recent_alarms(path: Path, *, limit: int = 50) -> list[AlarmRecord]:
    """The latest alarms and all that still wait for a receipt, newest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return read_recent(reader, limit=limit)


def find_alarm(path: Path, alarm_id: str) -> AlarmRecord | None:
    """One alarm by id. Raises DatabaseError."""
    with open_read_only(path) as reader:
        found = read_alarms(reader, [alarm_id])
    return found[0] if found else None


def alarms_between(path: Path, start_utc_ns: int, end_utc_ns: int) -> list[AlarmRecord]:
    """Alarms pressed from `start` (included) to `end` (excluded), newest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        ids = reader.rows(
            "SELECT id FROM alarm WHERE pressed_utc_ns >= ? AND pressed_utc_ns < ?", (start_utc_ns, end_utc_ns)
        )
        return read_alarms(reader, [row[0] for row in ids])


def messages_waiting(path: Path) -> int:
    """How many messages have no receipt yet. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT count(*) FROM message WHERE received_at IS NULL")
    return int(row[0]) if row else 0
