"""What the footage pages draw: a cell for each of 90 days, a day or a film as one bar (录像时间轴). Geometry only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from storage.days import BEIJING_OFFSET_MS, DAY_MS, day_of, day_span_ms
from storage.ledger import Span
from storage.query import Gap
from storage.timeline import HeldSpan, Timeline

STRIP_DAYS: Final = 90
CELL_WIDTH: Final = 10
CELL_STEP: Final = 12
CELL_HEIGHT: Final = 40
BAR_WIDTH: Final = 1440
"""A day has a unit a minute."""
_LEAST_HEIGHT: Final = 1.0
"""A gap of a second shows as well."""
_LEAST_WIDTH: Final = 1.5
_MARKS: Final = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a strip."""

    day: date
    x: int
    due_ms: int
    missing_ms: int

    @property
    def gap_height(self) -> float:
        """The share that is missing, as a height."""
        if not self.missing_ms:
            return 0.0
        return round(max(_LEAST_HEIGHT, CELL_HEIGHT * self.missing_ms / self.due_ms), 1)

    @property
    def completeness(self) -> float:
        """录像完整率 of the day."""
        return 1 - self.missing_ms / self.due_ms if self.due_ms else 1.0


def strip(found: Timeline, first: date) -> tuple[Cell, ...]:
    """The days from `first` on that a timeline of all of them gives."""
    missing = _by_day(found.gaps, first)
    footage = _by_day(found.footage, first)
    return tuple(
        Cell(first + timedelta(days=number), number * CELL_STEP, footage[number] + missing[number], missing[number])
        for number in range(STRIP_DAYS)
    )


def _by_day(spans: Iterable[Span | Gap], first: date) -> list[int]:
    """Milliseconds of each day of a strip that lie in some spans."""
    origin_ms = day_span_ms(first)[0]
    totals = [0] * STRIP_DAYS
    for span in spans:
        at_ms, end_ms = max(0, span.start_ms - origin_ms), min(STRIP_DAYS * DAY_MS, span.end_ms - origin_ms)
        while at_ms < end_ms:
            number = at_ms // DAY_MS
            until_ms = min(end_ms, (number + 1) * DAY_MS)
            totals[number] += until_ms - at_ms
            at_ms = until_ms
    return totals


def strip_span_ms(today: date) -> tuple[date, int, int]:
    """The first day of a strip that ends today, and the stretch of all its days."""
    first = today - timedelta(days=STRIP_DAYS - 1)
    return first, day_span_ms(first)[0], day_span_ms(today)[1]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch on a bar."""

    x: float
    width: float
    start_ms: int
    end_ms: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A time under a bar."""

    x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a point as it is drawn."""

    span: Span
    footage: tuple[Piece, ...]
    gaps: tuple[Piece, ...]
    holds: tuple[Piece, ...]
    marks: tuple[Mark, ...]

    def x_of(self, utc_ms: int) -> float:
        """Where a moment lies."""
        return _x(self.span, utc_ms)


def bar(found: Timeline) -> Bar:
    """A timeline as a bar; a gap's text is its cause as the ledger names it, a hold's its reason."""
    span = found.span
    return Bar(
        span=span,
        footage=tuple(_piece(span, each.start_ms, each.end_ms) for each in found.footage),
        gaps=tuple(_piece(span, gap.start_ms, gap.end_ms, gap.cause) for gap in found.gaps),
        holds=tuple(_piece(span, hold.start_ms, hold.end_ms, hold.reason) for hold in found.holds),
        marks=tuple(_marks(span)),
    )


def _piece(span: Span, start_ms: int, end_ms: int, text: str = "") -> Piece:
    start_ms, end_ms = max(start_ms, span.start_ms), min(end_ms, span.end_ms)
    x = _x(span, start_ms)
    return Piece(x, round(max(_LEAST_WIDTH, _x(span, end_ms) - x), 2), start_ms, end_ms, text)


def _x(span: Span, utc_ms: int) -> float:
    return round((utc_ms - span.start_ms) / max(1, span.length_ms) * BAR_WIDTH, 2)


def _marks(span: Span) -> list[Mark]:
    step_ms = next((step for step in _STEPS_MS if span.length_ms / step <= _MARKS), _STEPS_MS[-1])
    first_ms = -(-(span.start_ms + BEIJING_OFFSET_MS) // step_ms) * step_ms - BEIJING_OFFSET_MS
    return [Mark(_x(span, at), _clock(at, step_ms)) for at in range(first_ms, span.end_ms, step_ms)]


def _clock(utc_ms: int, step_ms: int) -> str:
    second = (utc_ms + BEIJING_OFFSET_MS) // 1000 % 86_400
    text = f"{second // 3600:02d}:{second // 60 % 60:02d}"
    return text if step_ms >= 60_000 else f"{text}:{second % 60:02d}"


_STEPS_MS: Final = tuple(1000 * s for s in (5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200))


def worst_gaps(gaps: Sequence[Gap], most: int) -> list[Gap]:
    """The longest gaps in order of time, for a table that a person can read."""
    return sorted(sorted(gaps, key=lambda gap: gap.start_ms - gap.end_ms)[:most], key=lambda gap: gap.start_ms)


def days_around(day: date, now_ms: int) -> tuple[date, date | None]:
    """The day before, and the day after unless that is still to come."""
    after = day + timedelta(days=1)
    return day - timedelta(days=1), after if after <= day_of(now_ms) else None


def open_holds(found: Timeline) -> tuple[HeldSpan, ...]:
    """Holds in the order of what they hold."""
    return tuple(sorted(found.holds, key=lambda hold: hold.start_ms))
