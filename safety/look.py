"""Looks at major faults not yet mended, twice a day (重大隐患每日两查): which were done, which were missed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from foundation.clock import NS_PER_S, beijing_day, beijing_day_start_ns
from safety.fault import FaultEntry, Happening
from safety.grade import Grade

_NOON_NS: Final = 12 * 3_600 * NS_PER_S
SHOWN_DAYS: Final = 14

_BROKEN: Final = (Happening.OPENED, Happening.REOPENED, Happening.RETURNED, Happening.RECHECK_FAILED)
_MENDED: Final = (Happening.RECHECKED, Happening.CLOSED)


class Half(StrEnum):
    """The two looks of a Beijing day: before noon and after."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class Done(StrEnum):
    """What became of a look."""

    SIGNED = "signed"
    MISSED = "missed"
    DUE = "due"
    """Still time for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look that was due."""

    day: date
    half: Half
    done: Done
    entry: FaultEntry | None = None
    """Who signed it first, when and with what words."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a fault was major and not mended; `end_utc_ns` None: it still is."""

    start_utc_ns: int
    end_utc_ns: int | None


def watched_spans(history: Sequence[FaultEntry]) -> tuple[Span, ...]:
    """When a fault had to be looked at, from its history."""
    spans: list[Span] = []
    major, broken, since = False, False, None
    for entry in history:
        if entry.what in (Happening.OPENED, Happening.GRADED):
            major = entry.detail == Grade.MAJOR
        if entry.what in _BROKEN:
            broken = True
        elif entry.what in _MENDED:
            broken = False
        if major and broken and since is None:
            since = entry.at_utc_ns
        elif since is not None and not (major and broken):
            spans.append(Span(since, entry.at_utc_ns))
            since = None
    return (*spans, Span(since, None)) if since is not None else tuple(spans)


def looks(history: Sequence[FaultEntry], now_utc_ns: int, *, days: int = SHOWN_DAYS) -> tuple[Look, ...]:
    """Looks due in the latest days, newest first.

    A half day counts as missed if the fault was major and unmended from its beginning to its end and nobody signed.
    """
    spans = watched_spans(history)
    signed = [entry for entry in history if entry.what is Happening.LOOKED]
    found: list[Look] = []
    for back in range(days):
        day = beijing_day(now_utc_ns) - timedelta(days=back)
        for half in (Half.AFTERNOON, Half.MORNING):
            look = _look(day, half, spans, signed, now_utc_ns)
            if look is not None:
                found.append(look)
    return tuple(found)


def missed(history: Sequence[FaultEntry], now_utc_ns: int) -> int:
    """How many looks of the latest days nobody signed."""
    return sum(look.done is Done.MISSED for look in looks(history, now_utc_ns))


def _look(day: date, half: Half, spans: Sequence[Span], signed: Sequence[FaultEntry], now_utc_ns: int) -> Look | None:
    start_ns = beijing_day_start_ns(day) + (_NOON_NS if half is Half.AFTERNOON else 0)
    end_ns = start_ns + _NOON_NS
    entry = next((entry for entry in signed if start_ns <= entry.at_utc_ns < end_ns), None)
    if entry is not None:
        return Look(day=day, half=half, done=Done.SIGNED, entry=entry)
    if end_ns <= now_utc_ns:
        whole = any(
            span.start_utc_ns <= start_ns and (span.end_utc_ns is None or span.end_utc_ns >= end_ns) for span in spans
        )
        return Look(day=day, half=half, done=Done.MISSED) if whole else None
    due = start_ns <= now_utc_ns and any(span.end_utc_ns is None for span in spans)
    return Look(day=day, half=half, done=Done.DUE) if due else None
