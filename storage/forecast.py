"""How long the disks will do (存储预测): forecast from bytes per hour, from the first hour, with its uncertainty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

HOURS_PER_DAY: Final = 24
HOURS_PER_WEEK: Final = 168
_EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""
BEIJING_HOURS: Final = 8
MEMORY_WEEKS: Final = 6
"""Older weeks say less about the camera than about the season."""
UNSEEN_SPREAD: Final = 0.5
"""How far a never seen hour may lie from what the others suggest: streams of one camera differ by this between a
quiet night and a busy noon; measured ones replace it."""
LONGEST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class PointHistory:
    """What a point wrote on a volume."""

    point: str
    keep_days: int
    written: Mapping[int, tuple[int, int]]
    """Hour since 1970 UTC: bytes and recorded milliseconds in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRate:
    """What a point writes."""

    point: str
    bytes_per_day: float
    bytes_per_day_low: float
    bytes_per_day_high: float
    by_hour_of_week: tuple[float, ...]
    """Bytes in each hour of the Beijing week, Monday 00:00 first."""
    seen_hours: int
    """Of the 168 hours of a week."""

    @property
    def bits_per_s(self) -> float:
        """Mean rate."""
        return self.bytes_per_day * 8 / 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeForecast:
    """Whether a volume keeps what is promised."""

    volume: str
    capacity_bytes: int
    """Without the reserve."""
    stored_bytes: int
    rates: tuple[PointRate, ...]
    days_fit: float | None
    """Days of footage that fit when full; None while nothing is written. With its range:"""
    days_fit_low: float | None
    days_fit_high: float | None
    shortfall_in_days: float | None
    """After so many days the first footage within its promise has no room; None if it all fits. With its range:"""
    shortfall_in_days_low: float | None
    shortfall_in_days_high: float | None
    missing_bytes: int
    """What must be added so that everything promised fits; 0 if it does."""
    fitting_bits_per_s: float | None
    """Mean rate per point at which it would fit without another disk; None if it does."""


def hour_of_week(hour: int) -> int:
    """Place of an hour since 1970 UTC in the Beijing week, Monday 00:00 is 0."""
    return (hour + BEIJING_HOURS + _EPOCH_WEEKDAY * HOURS_PER_DAY) % HOURS_PER_WEEK


def point_rate(history: PointHistory, now_hour: int) -> PointRate:
    """Typical bytes of each hour of the week. An hour of the week is the median of its last weeks, so that a holiday
    does not count as the new habit; one not seen yet is taken from the same hour of other days, then from all."""
    per_week: dict[int, list[float]] = defaultdict(list)
    per_day: dict[int, list[float]] = defaultdict(list)
    everything: list[float] = []
    for hour in sorted(history.written):
        size, duration_ms = history.written[hour]
        if not now_hour - MEMORY_WEEKS * HOURS_PER_WEEK <= hour <= now_hour or duration_ms < 60_000:
            continue
        full = size * 3_600_000 / duration_ms  # an hour with a gap counts as if it had been recorded whole
        slot = hour_of_week(hour)
        per_week[slot].append(full)
        per_day[slot % HOURS_PER_DAY].append(full)
        everything.append(full)
    if not everything:
        return PointRate(
            point=history.point,
            bytes_per_day=0,
            bytes_per_day_low=0,
            bytes_per_day_high=0,
            by_hour_of_week=(0.0,) * HOURS_PER_WEEK,
            seen_hours=0,
        )
    hours, low, high = [], 0.0, 0.0
    for slot in range(HOURS_PER_WEEK):
        seen, same_hour = per_week.get(slot), per_day.get(slot % HOURS_PER_DAY)
        typical = median(seen or same_hour or everything)
        hours.append(typical)
        if seen and len(seen) > 1:
            spread = (max(seen) - min(seen)) / 2 / len(seen) ** 0.5
        elif seen or same_hour:
            spread = typical * UNSEEN_SPREAD / 4
        else:
            spread = typical * UNSEEN_SPREAD
        low += max(0.0, typical - spread)
        high += typical + spread
    return PointRate(
        point=history.point,
        bytes_per_day=sum(hours) / 7,
        bytes_per_day_low=low / 7,
        bytes_per_day_high=high / 7,
        by_hour_of_week=tuple(hours),
        seen_hours=len(per_week),
    )


@dataclass(slots=True)
class _Shelf:
    """One volume in the simulation: what is stored of which point, by the hour in which it may go."""

    leaving: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    stored: float = 0.0


def forecast_volume(
    volume: str, *, capacity_bytes: int, histories: Sequence[PointHistory], now_hour: int
) -> VolumeForecast:
    """Run the volume forward hour by hour, letting go of what has reached its promise, until something does not fit."""
    rates = tuple(point_rate(history, now_hour) for history in histories)
    stored = sum(size for history in histories for size, _ in history.written.values())
    need = sum(rate.bytes_per_day * history.keep_days for rate, history in zip(rates, histories, strict=True))
    daily = sum(rate.bytes_per_day for rate in rates)
    low = sum(rate.bytes_per_day_low for rate in rates)
    high = sum(rate.bytes_per_day_high for rate in rates)

    def shortfall(scale: float) -> float | None:
        return _shortfall_days(capacity_bytes, histories, rates, now_hour, scale)

    missing = max(0, round(need - capacity_bytes))
    point_days = sum(history.keep_days for history in histories)
    return VolumeForecast(
        volume=volume,
        capacity_bytes=capacity_bytes,
        stored_bytes=stored,
        rates=rates,
        days_fit=min(LONGEST_DAYS, capacity_bytes / daily) if daily else None,
        days_fit_low=min(LONGEST_DAYS, capacity_bytes / high) if high else None,
        days_fit_high=min(LONGEST_DAYS, capacity_bytes / low) if low else None,
        shortfall_in_days=shortfall(1.0),
        shortfall_in_days_low=shortfall(high / daily) if daily else None,
        shortfall_in_days_high=shortfall(low / daily) if daily else None,
        missing_bytes=missing,
        fitting_bits_per_s=capacity_bytes * 8 / (point_days * 86_400) if missing and point_days else None,
    )


def _shortfall_days(
    capacity: int, histories: Sequence[PointHistory], rates: Sequence[PointRate], now_hour: int, scale: float
) -> float | None:
    shelf = _Shelf()
    for history in histories:
        keep_hours = history.keep_days * HOURS_PER_DAY
        for hour, (size, _) in history.written.items():
            if hour + keep_hours > now_hour:
                shelf.leaving[hour + keep_hours] += size
                shelf.stored += size
    horizon = max((history.keep_days for history in histories), default=0) * HOURS_PER_DAY + HOURS_PER_WEEK
    for ahead in range(1, horizon + 1):
        hour = now_hour + ahead
        shelf.stored -= shelf.leaving.pop(hour, 0.0)
        slot = hour_of_week(hour)
        for history, rate in zip(histories, rates, strict=True):
            more = rate.by_hour_of_week[slot] * scale
            shelf.stored += more
            shelf.leaving[hour + history.keep_days * HOURS_PER_DAY] += more
        if shelf.stored > capacity:
            return ahead / HOURS_PER_DAY
    return None
