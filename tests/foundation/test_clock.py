from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from foundation.clock import (
    NS_PER_S,
    ManualClock,
    SystemClock,
    beijing_day,
    beijing_day_start_ns,
    rfc3339,
    utc_datetime,
    utc_ns_of,
)


def test_a_day_is_a_beijing_day() -> None:
    before_midnight = utc_ns_of(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC))
    assert beijing_day(before_midnight) == date(2026, 11, 20)
    assert beijing_day(before_midnight + NS_PER_S) == date(2026, 11, 21)
    assert beijing_day_start_ns(date(2026, 11, 21)) == before_midnight + NS_PER_S


def test_a_moment_survives_the_way_to_a_datetime_and_back_to_the_microsecond() -> None:
    moment = 1_795_000_000_123_456_000
    assert utc_ns_of(utc_datetime(moment)) == moment
    assert rfc3339(moment) == "2026-11-18T11:06:40.123456Z"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        utc_ns_of(datetime(2026, 11, 21))


def test_a_step_of_the_wall_clock_leaves_running_time_alone() -> None:
    clock = ManualClock()
    running = clock.running_ns()
    clock.step_wall(days=-100)
    assert clock.running_ns() == running


def test_the_system_clock_runs_and_names_its_boot() -> None:
    clock = SystemClock()
    assert clock.running_ns() <= clock.running_ns()
    assert len(clock.boot_id()) == 36
