"""When the gate receives visitors (校门开放时间), by the kind of day and the school's calendar (校历)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S, beijing, beijing_day, beijing_day_start_ns
from foundation.sqlite import Transaction, open_read_only
from gate.record import RecordBook, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble

MINUTE_NS: Final = 60 * NS_PER_S
DAY_MINUTES: Final = 1440
STAY_MINUTES: Final = 120
"""How long a visitor may stay if the office laid down nothing else."""
_LOOKED_AHEAD_DAYS: Final = 8
_MOST_DAYS: Final = 120
"""A calendar entry longer than a summer is a slip of the finger."""


class DayKind(StrEnum):
    """What kind of day it is for the gate."""

    SCHOOL_DAY = "school_day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    EXAM_DAY = "exam_day"


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """From when until when, in minutes of the Beijing day."""

    opens_minute: int
    closes_minute: int


SUGGESTED: Final[Mapping[DayKind, tuple[OpenSpan, ...]]] = {
    DayKind.SCHOOL_DAY: (OpenSpan(7 * 60, 18 * 60),),
    DayKind.EXAM_DAY: (OpenSpan(7 * 60, 18 * 60),),
}
"""What the office page offers before anything is laid down; weekends and holidays closed."""


@dataclass(frozen=True, slots=True)
class Change:
    """The next opening or closing."""

    at_utc_ns: int
    opens: bool


@dataclass(frozen=True, slots=True)
class GateHours:
    """What the office laid down; before that the gate counts as open, since nobody said otherwise."""

    spans: Mapping[DayKind, tuple[OpenSpan, ...]] = field(default_factory=dict)
    calendar: Mapping[date, tuple[DayKind, str]] = field(default_factory=dict)
    stay_minutes: int = STAY_MINUTES

    @property
    def laid_down(self) -> bool:
        """Whether anybody has said anything."""
        return any(self.spans.values())

    def kind_of(self, day: date) -> DayKind:
        """By the calendar, else by the weekday."""
        if day in self.calendar:
            return self.calendar[day][0]
        return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.SCHOOL_DAY

    def spans_of(self, day: date) -> tuple[OpenSpan, ...]:
        """When it is open on a day, in order."""
        return tuple(sorted(self.spans.get(self.kind_of(day), ())))

    def is_open(self, utc_ns: int) -> bool:
        """Whether a visitor may come in now without anybody's word."""
        if not self.laid_down:
            return True
        minute = minute_of(utc_ns)
        return any(span.opens_minute <= minute < span.closes_minute for span in self.spans_of(beijing_day(utc_ns)))

    def next_change(self, utc_ns: int) -> Change | None:
        """The next opening or closing within a week; None if there is none."""
        if not self.laid_down:
            return None
        day = beijing_day(utc_ns)
        moments = [
            Change(at, opens)
            for ahead in range(_LOOKED_AHEAD_DAYS)
            for span in self.spans_of(day + timedelta(days=ahead))
            for at, opens in (
                (moment_of(day + timedelta(days=ahead), span.opens_minute), True),
                (moment_of(day + timedelta(days=ahead), span.closes_minute), False),
            )
        ]
        # One span that ends where the next begins is no change.
        real = [one for one in moments if Change(one.at_utc_ns, not one.opens) not in moments]
        return min((one for one in real if one.at_utc_ns > utc_ns), key=lambda one: one.at_utc_ns, default=None)


def minute_of(utc_ns: int) -> int:
    """Minute of the Beijing day."""
    moment = beijing(utc_ns)
    return moment.hour * 60 + moment.minute


def moment_of(day: date, minute: int) -> int:
    """UTC nanoseconds of a minute of a Beijing day; minutes past 1440 are of the next day."""
    return beijing_day_start_ns(day) + minute * MINUTE_NS


def span_troubles(spans: Sequence[OpenSpan]) -> dict[str, Trouble]:
    """What keeps spans from being one day's: backwards, out of the day, one over the other."""
    ordered = sorted(spans)
    if any(not 0 <= span.opens_minute < span.closes_minute <= DAY_MINUTES for span in ordered):
        return {"spans": Trouble.OUT_OF_RANGE}
    if any(one.closes_minute > after.opens_minute for one, after in itertools.pairwise(ordered)):
        return {"spans": Trouble.WRONG_FORM}
    return {}


class HoursBook:
    """The office's hours and calendar; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def lay_down(self, spans: Mapping[DayKind, Sequence[OpenSpan]], *, stay_minutes: int, by: str) -> None:
        """All hours at once, in place of those before. Raises RecordRefusedError, DatabaseError."""
        for one in spans.values():
            refuse(span_troubles(one))
        refuse({} if 10 <= stay_minutes <= DAY_MINUTES else {"stay_minutes": Trouble.OUT_OF_RANGE})
        with self._records.writing() as transaction:
            transaction.execute("DELETE FROM open_span")
            transaction.execute_many(
                "INSERT INTO open_span (day_kind, opens_minute, closes_minute) VALUES (?, ?, ?)",
                [(kind.value, one.opens_minute, one.closes_minute) for kind, many in spans.items() for one in many],
            )
            transaction.execute("INSERT OR REPLACE INTO rule VALUES ('stay_minutes', ?)", (stay_minutes,))
            body = {
                "by": by,
                "stay_minutes": stay_minutes,
                "spans": {kind.value: [[one.opens_minute, one.closes_minute] for one in spans[kind]] for kind in spans},
            }
            self._records.note(transaction, "hours", "hours.laid_down", body)

    def mark_days(self, first: date, last: date, kind: DayKind | None, *, note: str, by: str) -> None:
        """Say what kind of days these are; None takes back what was said. Raises RecordRefusedError, DatabaseError."""
        note = tidy_text(note)
        found = {} if timedelta() <= last - first < timedelta(days=_MOST_DAYS) else {"last": Trouble.OUT_OF_RANGE}
        refuse(found | ({"note": Trouble.TOO_LONG} if len(note) > 40 else {}))
        with self._records.writing() as transaction:
            transaction.execute(
                "DELETE FROM calendar_day WHERE day BETWEEN ? AND ?", (first.isoformat(), last.isoformat())
            )
            if kind is not None:
                days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
                transaction.execute_many(
                    "INSERT INTO calendar_day (day, day_kind, note) VALUES (?, ?, ?)",
                    [(day.isoformat(), kind.value, note) for day in days],
                )
            body = {"first": first.isoformat(), "last": last.isoformat(), "kind": kind.value if kind else "", "by": by}
            self._records.note(transaction, "hours", "calendar.marked", body)


def read_hours(path: Path) -> GateHours:
    """What holds; nothing laid down before the file exists. Raises DatabaseError."""
    if not path.exists():
        return GateHours()
    with open_read_only(path) as reader:
        return hours_in(reader)


def hours_in(reader: Transaction) -> GateHours:
    """As `read_hours`, inside a transaction."""
    spans: dict[DayKind, tuple[OpenSpan, ...]] = {}
    for kind, opens, closes in reader.rows("SELECT day_kind, opens_minute, closes_minute FROM open_span ORDER BY 2"):
        spans[DayKind(kind)] = (*spans.get(DayKind(kind), ()), OpenSpan(opens, closes))
    calendar = {
        date.fromisoformat(day): (DayKind(kind), note)
        for day, kind, note in reader.rows("SELECT day, day_kind, note FROM calendar_day ORDER BY day")
    }
    stay = reader.row("SELECT value FROM rule WHERE name = 'stay_minutes'")
    return GateHours(spans, calendar, int(stay[0]) if stay else STAY_MINUTES)
