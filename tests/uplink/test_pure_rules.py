"""Back-off, clock skew, birth numbers."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import rfc3339
from uplink.backoff import Backoff
from uplink.clock_quality import system_clock_quality
from uplink.event import ClockQuality
from uplink.messages.heartbeat import HeartbeatEcho
from uplink.presence import BirthNumbers
from uplink.skew import measure_skew

MS = 1_000_000


@given(st.integers(0, 100), st.integers(0, 2**32))
def test_a_pause_is_anything_up_to_the_limit_and_the_limit_is_two_seconds_while_an_alarm_waits(
    failures: int, seed: int
) -> None:
    backoff = Backoff(random.Random(seed), failures)
    assert 0 <= backoff.draw_s(urgent=True) <= 2.0
    assert 0 <= backoff.draw_s(urgent=False) <= 60.0


def test_campuses_that_fail_together_do_not_come_back_together() -> None:
    draws = sorted(Backoff(random.Random(campus), 10).draw_s(urgent=False) for campus in range(300))
    buckets = [sum(1 for draw in draws if second <= draw < second + 6) for second in range(0, 60, 6)]
    assert min(buckets) > 10


@given(st.integers(-(10**12), 10**12), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_the_clocks_difference_is_found_within_the_stated_error(
    offset_ms: int, there_ms: int, wait_ms: int, back_ms: int
) -> None:
    start = 1_800_000_000_000 * MS
    offset = offset_ms * MS % (10**9 * MS)
    echo = HeartbeatEcho(
        path="p", birth=1, number=1, sent_at=rfc3339(start), received_at=rfc3339(start + there_ms * MS + offset)
    )
    said = start + (there_ms + wait_ms) * MS + offset
    skew = measure_skew(echo, center_said_at=rfc3339(said), heard_utc_ns=start + (there_ms + wait_ms + back_ms) * MS)
    assert skew is not None
    assert abs(skew.offset_ns - offset) <= skew.error_ns + 1


def test_times_that_contradict_each_other_measure_nothing() -> None:
    echo = HeartbeatEcho(path="p", birth=1, number=1, sent_at=rfc3339(10**18), received_at=rfc3339(10**18))
    assert measure_skew(echo, center_said_at=rfc3339(10**18 + 10**9), heard_utc_ns=10**18 + 10**8) is None


@given(st.lists(st.integers(1, 2500), min_size=1, max_size=4))
def test_birth_numbers_grow_over_restarts(lives: list[int]) -> None:
    disk = [0]

    def reserve(count: int) -> int:
        disk[0] += count
        return disk[0] - count

    given_away: list[int] = []
    for connections in lives:
        numbers = BirthNumbers(reserve)
        given_away += [numbers.take() for _ in range(connections)]
    assert given_away == sorted(set(given_away))


def test_the_kernel_says_something_of_its_clock() -> None:
    assert system_clock_quality() in set(ClockQuality)
