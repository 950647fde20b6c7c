"""When a point is tried again: soon at first, then more seldom, and thirty cameras never in step."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from storage.backoff import FIRST_S, LONGEST_S, Backoff


@given(st.integers())
def test_the_first_retry_comes_within_two_seconds_and_none_later_than_a_minute(seed: int) -> None:
    backoff = Backoff(Random(seed))
    waits = [backoff.next_s() for _ in range(12)]
    assert 0 < waits[0] <= FIRST_S == 2.0
    assert all(0 < wait <= LONGEST_S for wait in waits)
    backoff.reset()
    assert backoff.next_s() <= FIRST_S


def test_a_fleet_that_stalls_at_one_moment_comes_back_spread_out() -> None:
    fleet = [Backoff(Random(number)) for number in range(32)]
    for attempt in range(4):
        waits = sorted(backoff.next_s() for backoff in fleet)
        span_s = min(FIRST_S * 2**attempt, LONGEST_S)
        tenths = [sum(tenth * span_s / 10 <= wait < (tenth + 1) * span_s / 10 for wait in waits) for tenth in range(10)]
        assert max(tenths) <= 10, f"attempt {attempt}: {tenths}"
