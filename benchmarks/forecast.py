"""Is the forecast right: `python -m benchmarks.forecast [--quick]`.

Simulated campuses (day and night, quiet weekends, a holiday week, a camera added) write until their disk cannot keep
what is promised; the forecast is asked 30 days before. worst_error_days is the largest difference between the date it
gave and the true one, over all patterns and seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from random import Random

from storage.forecast import HOURS_PER_DAY, PointHistory, forecast_volume, hour_of_week

HOUR_MS = 3_600_000
ASKED_BEFORE_DAYS = 30
HISTORY_DAYS = 40
KEEP_DAYS = 90
START_HOUR = 490_000
SEEDS, QUICK_SEEDS = 40, 8

Pattern = Callable[[int, int, Random], float]
"""Bytes of a point (by number) in an hour since the beginning; 0 while it is not there."""

GB = 10**9


def slot_of(hour: int) -> int:
    """Hour of the Beijing week."""
    return hour_of_week(START_HOUR + hour)


def day_and_night(hour: int, point: int, random: Random) -> float:
    """Busy from 7 to 19."""
    busy = 7 <= slot_of(hour) % HOURS_PER_DAY < 19
    return (1.0 if busy else 0.35) * (1 + point * 0.1) * random.uniform(0.85, 1.15)


def weekend(hour: int, point: int, random: Random) -> float:
    """Half on Saturday and Sunday."""
    quiet = slot_of(hour) >= 5 * HOURS_PER_DAY
    return day_and_night(hour, point, random) * (0.5 if quiet else 1.0)


def holiday_behind(hour: int, point: int, random: Random) -> float:
    """A holiday week that ended three days before the forecast is asked."""
    day = hour // HOURS_PER_DAY
    return weekend(hour, point, random) * (0.4 if HISTORY_DAYS - 10 <= day < HISTORY_DAYS - 3 else 1.0)


def holiday_ahead(hour: int, point: int, random: Random) -> float:
    """A holiday of five days in the time that is foretold."""
    day = hour // HOURS_PER_DAY
    return weekend(hour, point, random) * (0.6 if HISTORY_DAYS + 10 <= day < HISTORY_DAYS + 15 else 1.0)


def camera_added(hour: int, point: int, random: Random) -> float:
    """The fourth of four cameras came two days before the forecast is asked."""
    there = point < 3 or hour >= (HISTORY_DAYS - 2) * HOURS_PER_DAY
    return weekend(hour, point, random) if there else 0.0


PATTERNS: dict[str, Pattern] = {
    "day_and_night": day_and_night,
    "weekend": weekend,
    "holiday_behind": holiday_behind,
    "holiday_ahead": holiday_ahead,
    "camera_added": camera_added,
}
POINTS = 4


def error_days(pattern: Pattern, seed: int) -> float:
    """How far the forecast is off, asked 30 days before the disk is full."""
    random = Random(seed)
    asked = HISTORY_DAYS * HOURS_PER_DAY
    full = (HISTORY_DAYS + ASKED_BEFORE_DAYS) * HOURS_PER_DAY
    written = [[pattern(hour, point, random) * GB for hour in range(full)] for point in range(POINTS)]
    capacity = round(sum(sum(hours) for hours in written))
    histories = [
        PointHistory(
            point=f"point-{point}",
            keep_days=KEEP_DAYS,
            written={START_HOUR + hour: (round(size), HOUR_MS) for hour, size in enumerate(hours[:asked]) if size},
        )
        for point, hours in enumerate(written)
    ]
    forecast = forecast_volume("main", capacity_bytes=capacity, histories=histories, now_hour=START_HOUR + asked - 1)
    if forecast.shortfall_in_days is None:
        return float(KEEP_DAYS)
    return abs(forecast.shortfall_in_days - ASKED_BEFORE_DAYS)


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    seeds = QUICK_SEEDS if parser.parse_args().quick else SEEDS
    figures = {}
    for name, pattern in PATTERNS.items():
        figures[f"{name}_error_days"] = round(max(error_days(pattern, seed) for seed in range(seeds)), 2)
        print(f"{name}: {figures[f'{name}_error_days']} days", flush=True)
    figures = {"worst_error_days": max(figures.values()), **figures}
    print(json.dumps({"benchmark": "forecast", "figures": figures}))


if __name__ == "__main__":
    main()
