"""What a wall hides, by its height."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.coverage.raster import spans
from camera.coverage.shadow import shadows, stretch


def hidden(wall_m: float, camera_m: float, target_m: float, at_m: float = 10.0) -> tuple[float, float] | None:
    """What a wall across the view, at_m ahead (east), hides of the line straight ahead."""
    cast = shadows(
        np.array([[at_m, -1.0]]), np.array([[at_m, 1.0]]), np.array([wall_m]), np.array([camera_m]), target_m
    )
    if not len(cast.of):
        return None
    low, high = spans(cast.planes, np.zeros(1, np.intp), np.zeros(1))
    return float(low[0]), float(high[0])


def test_a_low_wall_hides_a_strip_behind_it() -> None:
    assert hidden(2.0, 4.0, 0.0) == pytest.approx((10.0, 10 * 4 / 2))
    assert hidden(2.0, 4.0, 1.6) == pytest.approx((10.0, 10 * (4 - 1.6) / (4 - 2)))


def test_a_wall_as_high_as_the_camera_hides_everything_behind_it() -> None:
    found = hidden(4.0, 4.0, 0.0)
    assert found is not None
    assert found[0] == pytest.approx(10.0)
    assert found[1] > 1e6


def test_a_wall_lower_than_what_must_be_seen_hides_nothing() -> None:
    assert hidden(1.5, 4.0, 1.6) is None


def test_a_camera_below_the_target_looks_up_over_a_low_wall_until_the_line_meets_it() -> None:
    # From 1 m up to 1.6 m: at the wall of 1.3 m, 10 m away, the line to a place d away is at 1 + 0.6·10/d.
    found = hidden(1.3, 1.0, 1.6)
    assert found is not None
    assert found[0] == pytest.approx(20.0)
    assert hidden(0.9, 1.0, 1.6) is None


def test_a_wall_seen_end_on_hides_nothing() -> None:
    cast = shadows(np.array([[5.0, 0.0]]), np.array([[9.0, 0.0]]), np.array([9.0]), np.array([3.0]), 0.0)
    assert len(cast.planes) == len(cast.of) == 0


@given(st.floats(0.5, 12), st.floats(0.5, 12), st.floats(0, 3))
def test_a_higher_wall_never_hides_less(wall_m: float, camera_m: float, target_m: float) -> None:
    near, far = stretch(np.array([wall_m, wall_m + 1]), np.array([camera_m, camera_m]), target_m)
    assert near[1] <= near[0]
    assert not np.isfinite(near[0]) or far[1] >= far[0] or near[1] < near[0]
