"""Evacuation drills as the office sees them (应急疏散演练): the year by months, what is due, what was missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from config.campus import Campus
from config.evacuation_drills import EvacuationDrills
from config.every import Every, Span, span_of
from foundation.clock import Clock, beijing_day, beijing_day_start_ns
from safety.evacuation import Evacuation, EvacuationOrder, EvacuationStage
from safety.evacuation_query import evacuation_order, evacuations_between, evacuations_kept_since, recent_evacuations
from safety.evacuation_schedule import Asked, Held, IsSchoolDay, Missed, missed, stands, term_of

_LOOKED_BACK_DAYS = 800
"""Two school years: what nobody made up for in that time is missed all the same."""


class MonthMark(StrEnum):
    """What a month's cell says."""

    DONE = "done"
    """本月已开展"""
    ELSEWHERE = "elsewhere"
    """Another month of the quarter has the drill."""
    PLANNED = "planned"
    """已计划, the day is not over yet."""
    DUE = "due"
    MISSED = "missed"
    AHEAD = "ahead"
    FREE = "free"
    BEFORE = "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCell:
    """One of the twelve."""

    month: int
    mark: MonthMark
    drills: tuple[Evacuation, ...]
    """Those held or planned in it; cancelled ones do not stand here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightTerm:
    """How a term (学期) stands with its drill at night."""

    span: Span
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationYear:
    """A year on one page."""

    year: int
    order: EvacuationOrder
    months: tuple[MonthCell, ...]
    nights: tuple[NightTerm, ...]
    """Terms that lie in the year; empty without boarders."""
    drills: tuple[Evacuation, ...]
    """All of the year, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationBook:
    """Schedule and file of one campus, read when asked."""

    clock: Clock
    campus: Campus
    settings: EvacuationDrills
    path: Path
    """safety.sqlite"""
    calendar: Callable[[], IsSchoolDay]
    """The school's calendar as it is now. Raises DatabaseError."""

    def order(self) -> EvacuationOrder:
        """What holds: what the school laid down, else the settings. Raises DatabaseError."""
        settings = self.settings
        return evacuation_order(self.path) or EvacuationOrder(
            every=settings.every, boarders=settings.boarders, kinds=settings.kinds
        )

    def missed(self) -> Missed:
        """Periods without a drill that nobody made up for. Raises DatabaseError."""
        today, order = self._today(), self.order()
        return missed(
            _held(self._between(today - timedelta(days=_LOOKED_BACK_DAYS), today)),
            every=order.every,
            boarders=order.boarders,
            kept_since=self._kept_since(),
            today=today,
            is_school_day=self.calendar(),
        )

    def recent(self, limit: int) -> tuple[Evacuation, ...]:
        """The latest, newest first. Raises DatabaseError."""
        return recent_evacuations(self.path, limit=limit)

    def year(self, year: int) -> EvacuationYear:
        """A calendar year; its first and last term reach out of it. Raises DatabaseError."""
        order, today = self.order(), self._today()
        is_school_day, kept_since = self.calendar(), self._kept_since()
        first, last = date(year, 1, 1), date(year, 12, 31)
        around = self._between(term_of(first).first, term_of(last).last)
        drills = tuple(one for one in around if first <= _day(one) <= last)
        held = _held(around)

        def how(span: Span, *, night: bool = False) -> Asked:
            return stands(span, held, kept_since=kept_since, today=today, is_school_day=is_school_day, night=night)

        months = []
        for month in range(1, 13):
            here = tuple(
                one for one in drills if _day(one).month == month and one.stage is not EvacuationStage.CANCELLED
            )
            asked = how(span_of(order.every, date(year, month, 1)))
            months.append(MonthCell(month=month, mark=_mark(asked, here, order.every, today), drills=here))
        terms = dict.fromkeys(term_of(date(year, month, 1)) for month in range(1, 13))
        nights = (NightTerm(span=term, asked=how(term, night=True)) for term in terms)
        return EvacuationYear(
            year=year,
            order=order,
            months=tuple(months),
            nights=tuple(nights) if order.boarders else (),
            drills=drills[::-1],
        )

    def _between(self, first: date, last: date) -> tuple[Evacuation, ...]:
        end = beijing_day_start_ns(last + timedelta(days=1))
        return evacuations_between(self.path, beijing_day_start_ns(first), end)

    def _kept_since(self) -> date:
        return beijing_day(evacuations_kept_since(self.path))

    def _today(self) -> date:
        return beijing_day(self.clock.utc_ns())


def _day(drill: Evacuation) -> date:
    return beijing_day(drill.moment_utc_ns)


def _held(drills: tuple[Evacuation, ...]) -> tuple[Held, ...]:
    return tuple(Held(_day(one), one.plan.night) for one in drills if one.stage.held)


def _mark(asked: Asked, here: tuple[Evacuation, ...], every: Every, today: date) -> MonthMark:
    if any(one.stage.held for one in here):
        return MonthMark.DONE
    if any(_day(one) >= today for one in here):
        return MonthMark.PLANNED
    if asked is Asked.DONE:
        return MonthMark.ELSEWHERE if every is Every.QUARTER else MonthMark.DONE
    return MonthMark(asked.value)
