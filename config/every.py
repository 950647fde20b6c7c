"""How often something is asked for (周期), in calendar periods of Beijing days. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_MONTHS_OF_QUARTER: Final = 3


class Every(StrEnum):
    """How often, in calendar periods of Beijing days."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Span:
    """A calendar period of Beijing days, both ends included."""

    first: date
    last: date


def span_of(every: Every, day: date) -> Span:
    """The period that holds a day: its week from Monday, its month, its quarter."""
    match every:
        case Every.WEEK:
            first = day - timedelta(days=day.weekday())
            return Span(first, first + timedelta(days=6))
        case Every.MONTH:
            first = day.replace(day=1)
        case Every.QUARTER:
            first = day.replace(day=1, month=(day.month - 1) // _MONTHS_OF_QUARTER * _MONTHS_OF_QUARTER + 1)
    months = 1 if every is Every.MONTH else _MONTHS_OF_QUARTER
    later = first.month - 1 + months
    return Span(first, date(first.year + later // 12, later % 12 + 1, 1) - timedelta(days=1))
