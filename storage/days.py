"""Beijing days as spans of UTC milliseconds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from foundation.clock import beijing_day, beijing_day_start_ns

NS_PER_MS: Final = 1_000_000
DAY_MS: Final = 86_400_000
BEIJING_OFFSET_MS: Final = 8 * 3_600_000
"""China has kept UTC+8 without summer time since 1992."""


def day_span_ms(day: date | str) -> tuple[int, int]:
    """Start and end of a Beijing day, given as a date or YYYY-MM-DD. Raises ValueError."""
    start = date.fromisoformat(day) if isinstance(day, str) else day
    return (
        beijing_day_start_ns(start) // NS_PER_MS,
        beijing_day_start_ns(start + timedelta(days=1)) // NS_PER_MS,
    )


def day_of(utc_ms: int) -> date:
    """The Beijing day that holds a moment."""
    return beijing_day(utc_ms * NS_PER_MS)


_EPOCH: Final = date(1970, 1, 1)


def day_number(utc_ms: int) -> int:
    """The Beijing day that holds a moment, as days since 1970-01-01."""
    return (utc_ms + BEIJING_OFFSET_MS) // DAY_MS


def day_of_number(number: int) -> date:
    """A day by its number."""
    return _EPOCH + timedelta(days=number)
