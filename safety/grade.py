"""How grave a fault is (隐患等级), how far its mending has come, and when it is late."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from foundation.clock import NS_PER_S

NS_PER_HOUR: Final = 3_600 * NS_PER_S


class Grade(StrEnum):
    """一般隐患 or 重大隐患; a fault is raised by what joins it and never lowered but by a person."""

    GENERAL = "general"
    MAJOR = "major"


class Stage(StrEnum):
    """整改 → 复查 → 销账."""

    OPEN = "open"
    """待整改: wrong now."""
    REPAIRED = "repaired"
    """待复查: a person says it is mended."""
    RECHECKED = "rechecked"
    """待销账: measured, or looked at by a person, and right again."""
    CLOSED = "closed"
    """已销账."""

    @property
    def mended(self) -> bool:
        """Proven right again; until then a major fault is looked at twice a day."""
        return self in (Stage.RECHECKED, Stage.CLOSED)


def graver(one: Grade, other: Grade) -> Grade:
    """The graver of two."""
    return Grade.MAJOR if Grade.MAJOR in (one, other) else Grade.GENERAL


def due_utc_ns(begun_utc_ns: int, hours: int) -> int:
    """整改期限: so many hours after it began."""
    return begun_utc_ns + hours * NS_PER_HOUR


def is_overdue(stage: Stage, due_utc_ns: int, now_utc_ns: int) -> bool:
    """逾期: past its due date and not mended. Waiting for the closing is not the repairer's delay."""
    return not stage.mended and now_utc_ns > due_utc_ns


def urgency(grade: Grade, stage: Stage, due_utc_ns: int, now_utc_ns: int) -> tuple[int, int]:
    """Sorts faults as a person must take them on: late ones, grave ones, then by due date; closed ones last."""
    if stage is Stage.CLOSED:
        return 8, -due_utc_ns
    late = 0 if is_overdue(stage, due_utc_ns, now_utc_ns) else 2
    return late + (0 if grade is Grade.MAJOR else 1) + (4 if stage.mended else 0), due_utc_ns
