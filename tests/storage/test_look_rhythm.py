"""All points look at their connections at the same instants, and late frames do not hide a camera's true time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import NS_PER_S
from storage.frame_clock import SETTLE_S, WINDOW_S
from storage.look_rhythm import LOOK_NS, OPENING_LOOK_NS, OPENING_NS, until_look_s

instants = st.integers(0, 10 * 365 * 86_400 * NS_PER_S)


@given(instants, st.integers(0, LOOK_NS - 1), st.integers(0, LOOK_NS - 1))
def test_points_that_end_their_looks_at_different_times_look_again_together(beat: int, one: int, other: int) -> None:
    start = beat // LOOK_NS * LOOK_NS
    next_looks = {
        round((start + ended) / NS_PER_S + until_look_s(start + ended, -OPENING_NS), 3) for ended in (one, other)
    }
    assert len(next_looks) == 1
    assert 0 < until_look_s(start + one, -OPENING_NS) <= LOOK_NS / NS_PER_S


@given(instants, st.integers(0, OPENING_NS - 1))
def test_a_young_connection_is_looked_at_more_often(opened: int, age: int) -> None:
    assert 0 < until_look_s(opened + age, opened) <= OPENING_LOOK_NS / NS_PER_S


@pytest.mark.parametrize("frame_rate", [5, 8, 10, 12, 12.5, 15, 18, 20, 22, 24, 25, 30, 50, 60])
@given(phase=st.floats(0, 1, exclude_max=True))
def test_some_look_falls_close_behind_a_frame_of_any_camera(frame_rate: float, phase: float) -> None:
    frame_ns = NS_PER_S / frame_rate
    for every_ns, within_s in ((OPENING_LOOK_NS, SETTLE_S), (LOOK_NS, WINDOW_S)):
        looks = range(0, round(within_s * NS_PER_S), every_ns)
        least_late_ns = min((look + phase * frame_ns) % frame_ns for look in looks)
        assert least_late_ns <= 0.0101 * NS_PER_S
