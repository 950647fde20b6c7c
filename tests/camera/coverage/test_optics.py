"""The pinhole against the check values and formulas that were measured before."""

from __future__ import annotations

from math import cos, radians, sin, tan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.coverage.optics import Optics, frames, reaches
from camera.coverage.raster import spans
from config.point import Pose


def pose(**changed: float) -> Pose:
    values = {
        "x_m": 0.0,
        "y_m": 0.0,
        "height_m": 3.5,
        "azimuth_deg": 90.0,
        "tilt_deg": 0.0,
        "hfov_deg": 90.0,
        "width_px": 1920,
        "height_px": 1080,
    }
    return Pose.model_validate({**values, **changed})


def ahead(camera: Pose, target_m: float, density: float) -> tuple[float, float]:
    """Where straight ahead (east) the footprint begins and ends."""
    cameras = [Optics.of(camera)]
    planes = np.concatenate([frames(cameras, target_m), reaches(cameras, target_m, [density])], axis=1)
    low, high = spans(planes, np.zeros(1, np.intp), np.zeros(1))
    return float(low[0]), float(high[0])


@pytest.mark.parametrize(
    ("width_px", "hfov_deg", "density", "reach_m"), [(1920, 90, 25, 38.4), (1920, 90, 250, 3.84), (2560, 80, 125, 12.2)]
)
def test_a_level_camera_reaches_as_far_as_its_pixels_do(
    width_px: int, hfov_deg: float, density: float, reach_m: float
) -> None:
    camera = pose(width_px=width_px, hfov_deg=hfov_deg)
    _, far = ahead(camera, camera.height_m, density)
    assert far == pytest.approx(reach_m, abs=0.05)


@pytest.mark.parametrize(("target_m", "dead_m"), [(0.0, 2.07), (1.7, 1.07)])
def test_the_dead_zone_under_the_mast(target_m: float, dead_m: float) -> None:
    near, _ = ahead(pose(tilt_deg=30.0), target_m, 25)
    assert near == pytest.approx(dead_m, abs=0.01)


@given(
    azimuth=st.floats(0, 359.9),
    tilt=st.floats(5, 60),
    roll=st.floats(-20, 20),
    u=st.floats(0, 1920),
    v=st.floats(540, 1080),
)
def test_a_pixel_shows_the_place_that_is_drawn_at_it(
    azimuth: float, tilt: float, roll: float, u: float, v: float
) -> None:
    optics = Optics.of(pose(azimuth_deg=azimuth, tilt_deg=tilt, roll_deg=roll))
    place = optics.ground_place(u, v, 0.0)
    if place is not None and max(map(abs, place)) < 1e4:
        assert optics.pixel(*place, 0.0) == pytest.approx((u, v), abs=1e-3)


def test_density_falls_with_depth_not_with_distance_on_the_ground() -> None:
    camera = pose(tilt_deg=30.0)
    _, far = ahead(camera, 1.6, 62)
    focal_px = 960 / tan(radians(45))
    assert focal_px / (far * cos(radians(30)) + (3.5 - 1.6) * sin(radians(30))) == pytest.approx(62)


def test_rolling_clockwise_lowers_the_right_of_the_camera_so_the_picture_turns_the_other_way() -> None:
    level, rolled = Optics.of(pose()), Optics.of(pose(roll_deg=10.0))
    straight, turned = level.pixel(10, -3, 3.5), rolled.pixel(10, -3, 3.5)
    assert straight is not None
    assert turned is not None
    assert straight[0] > 960  # south is to the right of a camera that looks east
    assert turned[1] < straight[1]


def test_nothing_is_drawn_behind_the_lens() -> None:
    assert Optics.of(pose()).pixel(-5, 0, 1) is None
