"""The forecast against plain arithmetic and simulated campuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.forecast import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    PointHistory,
    forecast_volume,
    hour_of_week,
    point_rate,
)

HOUR_MS = 3_600_000
NOW = 500_000
GB = 10**9


def steady(hours: int, size: int = GB, *, keep_days: int = 90, point: str = "gate") -> PointHistory:
    return PointHistory(
        point=point, keep_days=keep_days, written={NOW - back: (size, HOUR_MS) for back in range(hours)}
    )


def test_the_week_begins_on_a_beijing_monday() -> None:
    monday_midnight_beijing = 1_795_363_200 // 3600  # 2026-11-23 00:00 +08:00
    assert hour_of_week(monday_midnight_beijing) == 0
    assert hour_of_week(monday_midnight_beijing - 1) == HOURS_PER_WEEK - 1


def test_a_steady_stream_needs_rate_times_promise() -> None:
    forecast = forecast_volume("main", capacity_bytes=1000 * GB, histories=[steady(200)], now_hour=NOW)
    assert forecast.days_fit == pytest.approx(1000 / 24, rel=1e-6)
    assert forecast.missing_bytes == pytest.approx((90 * 24 - 1000) * GB, rel=1e-6)
    assert forecast.shortfall_in_days == pytest.approx((1000 - 200) / 24, abs=0.1)
    assert forecast.fitting_bits_per_s == pytest.approx(1000 * GB * 8 / (90 * 86400), rel=1e-6)


def test_what_fits_has_no_shortfall() -> None:
    forecast = forecast_volume("main", capacity_bytes=2200 * GB, histories=[steady(200)], now_hour=NOW)
    assert (forecast.shortfall_in_days, forecast.missing_bytes, forecast.fitting_bits_per_s) == (None, 0, None)


def test_the_first_hour_gives_a_forecast_that_says_how_uncertain_it_is() -> None:
    first = forecast_volume("main", capacity_bytes=1000 * GB, histories=[steady(1)], now_hour=NOW)
    later = forecast_volume("main", capacity_bytes=1000 * GB, histories=[steady(800)], now_hour=NOW)
    assert first.days_fit == pytest.approx(1000 / 24)
    assert first.days_fit is not None
    assert first.days_fit_low is not None
    assert first.days_fit_high is not None
    assert first.days_fit_low < 0.8 * first.days_fit < 1.2 * first.days_fit < first.days_fit_high
    assert later.days_fit_low is not None
    assert later.days_fit is not None
    assert later.days_fit_low > 0.95 * later.days_fit
    assert first.rates[0].seen_hours == 1


def test_nothing_written_yet_forecasts_nothing() -> None:
    forecast = forecast_volume("main", capacity_bytes=GB, histories=[steady(0)], now_hour=NOW)
    assert (forecast.days_fit, forecast.shortfall_in_days) == (None, None)


def test_a_holiday_week_is_not_taken_for_the_habit() -> None:
    written = {NOW - back: (GB, HOUR_MS) for back in range(5 * HOURS_PER_WEEK)}
    written |= {NOW - back: (GB // 3, HOUR_MS) for back in range(HOURS_PER_WEEK)}
    rate = point_rate(PointHistory(point="gate", keep_days=90, written=written), NOW)
    assert rate.bytes_per_day == pytest.approx(24 * GB)


def test_an_hour_with_a_gap_counts_as_if_it_had_been_whole() -> None:
    written = {NOW - back: (GB // 2, HOUR_MS // 2) for back in range(50)}
    rate = point_rate(PointHistory(point="gate", keep_days=90, written=written), NOW)
    assert rate.bytes_per_day == pytest.approx(24 * GB)


@given(day=st.integers(1, 20), night=st.integers(1, 20), weekend=st.integers(1, 20), capacity_days=st.integers(20, 85))
def test_a_weekly_pattern_is_foretold_to_a_day(day: int, night: int, weekend: int, capacity_days: int) -> None:
    def size(hour: int) -> int:
        slot = hour_of_week(hour)
        if slot >= 5 * HOURS_PER_DAY:
            return weekend * GB
        return (day if 7 <= slot % HOURS_PER_DAY < 19 else night) * GB

    written = {hour: (size(hour), HOUR_MS) for hour in range(NOW - 10 * HOURS_PER_DAY + 1, NOW + 1)}
    truth, stored = 0, sum(each for each, _ in written.values())
    capacity = stored + sum(size(NOW + ahead) for ahead in range(1, capacity_days * HOURS_PER_DAY - 240))
    while stored <= capacity:
        truth += 1
        stored += size(NOW + truth)
    history = PointHistory(point="gate", keep_days=90, written=written)
    forecast = forecast_volume("main", capacity_bytes=capacity, histories=[history], now_hour=NOW)
    assert forecast.shortfall_in_days == pytest.approx(truth / HOURS_PER_DAY, abs=1)
