from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from foundation.clock import (
    NS_PER_S,
    ManualClock,
    SystemClock,
    Timex,
    beijing_day,
    beijing_day_start_ns,
    read_timex,
    rfc3339,
    utc_datetime,
    utc_ns_of,
    wall_clock_is_kept,
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


@pytest.mark.parametrize(
    ("state", "max_error_us", "kept"),
    [
        (0, 8_000, True),  # chronyd, just after its first answers
        (0, 1_024_000, True),  # systemd-timesyncd, just before it asks again
        (1, 8_000, True),  # a leap second is announced
        (5, 8_000, False),  # chronyd without `rtcsync`
        (5, 16_000_000, False),  # nobody, or a person has just set the clock
        (0, 9_595_000, False),  # chronyd, working off ten seconds by slewing
        (0, 15_000_000, False),  # eight hours after chronyd died
    ],
)
def test_a_wall_clock_is_kept_only_while_the_kernel_bounds_its_error(state: int, max_error_us: int, kept: bool) -> None:
    def told(timex: Timex) -> int:
        timex.maxerror = max_error_us
        return state

    assert wall_clock_is_kept(told) is kept


def test_this_kernel_is_asked_and_answers() -> None:
    timex = Timex()
    timex.maxerror = -1
    assert 0 <= read_timex(timex) <= 5
    assert 0 <= timex.maxerror <= 16_000_000  # it stops counting at 16 s
