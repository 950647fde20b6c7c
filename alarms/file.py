"""alarms.sqlite itself: its tables, and what becomes of a damaged one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from foundation.audit import AUDIT_SQL
from foundation.clock import Clock
from foundation.journal import JOURNAL_SQL
from foundation.sqlite import Database, DatabaseCorruptError, Schema

_log = structlog.get_logger("alarms")

DATABASE: Final = "alarms"


def alarm_schema() -> Schema:
    """All steps of alarms.sqlite."""
    return Schema.load(DATABASE, JOURNAL_SQL, AUDIT_SQL, ("alarms", "schema.sql"), ("alarms", "drill.sql"))


def open_or_replace(path: Path, clock: Clock, replaced: Callable[[str], None]) -> Database:
    """Open alarms.sqlite; a damaged one is moved aside, for a guard's button must work today. Raises DatabaseError."""
    try:
        return Database(path, alarm_schema())
    except DatabaseCorruptError as error:
        aside = path.with_name(f"{path.stem}.damaged-{clock.utc_ns() // 1_000_000_000}{path.suffix}")
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        _log.error("the alarm database is damaged and was moved aside", moved_to=str(aside), error=str(error))
        replaced(str(aside))
        return Database(path, alarm_schema())
