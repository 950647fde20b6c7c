"""When an evacuation drill is asked for (每月至少一次，幼儿园每季度；住宿生每学期一次夜间), what was missed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from config.every import Every, Span, span_of

IsSchoolDay = Callable[[date], bool]
FEWEST_SCHOOL_DAYS: Final = 10
"""A month with fewer is a holiday month, in which nobody is asked to drill. Ours: the papers say only 每月."""
_USUAL_HOLIDAYS: Final = frozenset({2, 7, 8})
_AUTUMN: Final = 9
_SPRING: Final = 2
_WEEKEND: Final = 5


class Asked(StrEnum):
    """How a period stands with the schedule."""

    DONE = "done"
    """已开展"""
    DUE = "due"
    """本期待开展"""
    MISSED = "missed"
    """漏演"""
    AHEAD = "ahead"
    """未到"""
    FREE = "free"
    """假期，不要求"""
    BEFORE = "before"
    """The file was not kept yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """A drill that took place."""

    day: date
    night: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """Periods that went by without a drill and are not made up for yet; None for none."""

    drill: Span | None
    night: Span | None


def school_days(marked: Mapping[date, bool]) -> IsSchoolDay:
    """Whether a day is a school day, by what the calendar (校历) says of days: True for school and exam days.

    A day that nobody marked is one from Monday to Friday; but not in February, July and August, unless something was
    marked in that very month: then the calendar is kept and the rest of the month goes by the week.
    """
    months = {(day.year, day.month) for day in marked}

    def is_school_day(day: date) -> bool:
        if day in marked:
            return marked[day]
        usual_holiday = day.month in _USUAL_HOLIDAYS and (day.year, day.month) not in months
        return day.weekday() < _WEEKEND and not usual_holiday

    return is_school_day


def term_of(day: date) -> Span:
    """学期: from September to January, from February to August."""
    if _SPRING <= day.month < _AUTUMN:
        return Span(date(day.year, _SPRING, 1), date(day.year, _AUTUMN, 1) - timedelta(days=1))
    first = date(day.year if day.month >= _AUTUMN else day.year - 1, _AUTUMN, 1)
    return Span(first, date(first.year + 1, _SPRING, 1) - timedelta(days=1))


def is_asked(span: Span, is_school_day: IsSchoolDay) -> bool:
    """Whether enough of a period is school time."""
    days = (span.first + timedelta(days=ahead) for ahead in range((span.last - span.first).days + 1))
    return sum(map(is_school_day, days)) >= FEWEST_SCHOOL_DAYS


def stands(
    span: Span, held: Iterable[Held], *, kept_since: date, today: date, is_school_day: IsSchoolDay, night: bool = False
) -> Asked:
    """How one period stands; with `night` only drills at night count.

    A period that had begun before the file was kept is not asked for.
    """
    if any(span.first <= one.day <= span.last for one in held if one.night or not night):
        return Asked.DONE
    if not is_asked(span, is_school_day):
        return Asked.FREE
    if today < span.first:
        return Asked.AHEAD
    if today <= span.last:
        return Asked.DUE
    return Asked.BEFORE if span.first < kept_since else Asked.MISSED


def missed(
    held: Iterable[Held],
    *,
    every: Every,
    boarders: bool,
    kept_since: date,
    today: date,
    is_school_day: IsSchoolDay,
) -> Missed:
    """The latest missed period of each sort after which no drill took place: a later drill makes up for it."""
    drills = tuple(held)

    def latest(period_of: Callable[[date], Span], *, night: bool) -> Span | None:
        last = max((one.day for one in drills if (one.night or not night) and one.day <= today), default=date.min)
        span = period_of(period_of(today).first - timedelta(days=1))
        while span.first >= kept_since and span.first > last:
            how = stands(span, drills, kept_since=kept_since, today=today, is_school_day=is_school_day, night=night)
            if how is Asked.MISSED:
                return span
            span = period_of(span.first - timedelta(days=1))
        return None

    return Missed(
        drill=latest(lambda day: span_of(every, day), night=False),
        night=latest(term_of, night=True) if boarders else None,
    )
