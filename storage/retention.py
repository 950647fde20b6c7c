"""What may be deleted (存储时长): a pure rule over proven ages, apart from the loop that applies it.

Reading of the promise and what was refused: docs/decisions/0011-retention.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from foundation.proven_time import ProvenAge

DAY_NS: Final = 86_400 * 1_000_000_000
NS_PER_MS: Final = 1_000_000


class Ruling(StrEnum):
    """Why a segment stays or goes."""

    HELD = "held"
    """A person's hold covers part of it."""
    WITHIN_PROMISE = "within_promise"
    """Not proven to be older than what was promised."""
    NOT_NEEDED = "not_needed"
    """Old enough to go, but nothing asks for its place yet."""
    EXPIRED = "expired"
    """Past the day after which the policy wants it gone."""
    SPACE = "space"
    """Old enough, and its place is needed."""
    BREACH = "breach"
    """Younger than promised, deleted because the owner chose `when_full: overwrite`; each one is recorded."""

    @property
    def deletes(self) -> bool:
        """Whether the segment goes."""
        return self in (Ruling.EXPIRED, Ruling.SPACE, Ruling.BREACH)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised for a segment: the longer of the policy when it was recorded and the policy now."""

    keep_days: int
    delete_after_days: int | None

    @staticmethod
    def of(*, recorded_keep_days: int, keep_days: int, delete_after_days: int | None) -> Promise:
        """A later policy may lengthen a promise, never shorten it."""
        longest = max(recorded_keep_days, keep_days)
        return Promise(longest, None if delete_after_days is None else max(delete_after_days, longest))


@dataclass(frozen=True, slots=True)
class Hold:
    """A person's wish that a stretch of a point's footage stays (录像保全)."""

    id: str
    from_ms: int
    to_ms: int
    made_ms: int
    made_axis_ms: int
    until_ms: int | None

    def binds(self, age: ProvenAge) -> bool:
        """False once the time until its end has provenly passed; a wrong wall clock cannot end it early."""
        if self.until_ms is None:
            return True
        return age.age_ns(self.made_axis_ms * NS_PER_MS) < (self.until_ms - self.made_ms) * NS_PER_MS

    def covers(self, start_ms: int, end_ms: int) -> bool:
        """Whether any of that stretch is meant."""
        return start_ms < self.to_ms and end_ms > self.from_ms


@dataclass(frozen=True, slots=True)
class Pressure:
    """Whether a volume needs room, and what its owner chose for when nothing on it is old enough."""

    needs_room: bool = False
    overwrite: bool = False


def rule(
    *,
    start_ms: int,
    end_ms: int,
    end_axis_ms: int,
    age: ProvenAge,
    promise: Promise,
    holds: Iterable[Hold],
    pressure: Pressure,
) -> Ruling:
    """Decide about one segment. Its age counts from its end, and only as far as it is proven."""
    if any(hold.covers(start_ms, end_ms) and hold.binds(age) for hold in holds):
        return Ruling.HELD
    proven_ns = age.age_ns(end_axis_ms * NS_PER_MS)
    if proven_ns < promise.keep_days * DAY_NS:
        return Ruling.BREACH if pressure.needs_room and pressure.overwrite else Ruling.WITHIN_PROMISE
    if promise.delete_after_days is not None and proven_ns >= promise.delete_after_days * DAY_NS:
        return Ruling.EXPIRED
    return Ruling.SPACE if pressure.needs_room else Ruling.NOT_NEEDED


def cutoff_axis_ms(age: ProvenAge, promise: Promise, pressure: Pressure) -> int:
    """The latest end on the running axis that `rule` could let go without a breach: what a sweep looks at."""
    if pressure.needs_room:
        days: int | None = promise.keep_days
    else:
        days = promise.delete_after_days
    if days is None:
        return -1
    return age.youngest_axis_older_than(days * DAY_NS) // NS_PER_MS
