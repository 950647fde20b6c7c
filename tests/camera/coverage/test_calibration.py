"""A pose solved from places clicked in the picture."""

from __future__ import annotations

from math import hypot
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from camera.coverage.calibration import CalibrationRefusedError, Click, calibrate, compare
from camera.coverage.optics import Optics
from config.point import Pose
from tests.camera.coverage.conftest import camera


def clicks_of(pose: Pose, count: int, random: Random, noise_px: float = 0.0) -> list[Click]:
    """Places on the ground as a person clicks them, somewhat beside."""
    optics, clicks = Optics.of(pose), list[Click]()
    for _ in range(3_000):
        u, v = random.uniform(0, pose.width_px), random.uniform(0, pose.height_px)
        place = optics.ground_place(u, v, 0.0)
        if place is None or hypot(place[0] - pose.x_m, place[1] - pose.y_m) > 60:
            continue
        shift = random.gauss(0, noise_px), random.gauss(0, noise_px)
        clicks.append(
            Click(
                u_px=min(max(u + shift[0], 0), pose.width_px),
                v_px=min(max(v + shift[1], 0), pose.height_px),
                x_m=place[0],
                y_m=place[1],
            )
        )
        if len(clicks) == count:
            return clicks
    return []


def forgotten(pose: Pose) -> Pose:
    """Nothing known of it but where it hangs and its resolution."""
    return pose.model_copy(update={"azimuth_deg": 0.0, "tilt_deg": 0.0, "roll_deg": 0.0, "hfov_deg": 60.0})


@settings(max_examples=40)
@given(
    azimuth=st.floats(0, 359),
    tilt=st.floats(10, 40),
    roll=st.floats(-8, 8),
    hfov=st.floats(35, 105),
    seed=st.integers(0, 999),
)
def test_exact_clicks_give_the_exact_pose(azimuth: float, tilt: float, roll: float, hfov: float, seed: int) -> None:
    pose = camera(3, 4, azimuth, tilt_deg=tilt, roll_deg=roll, hfov_deg=hfov)
    clicks = clicks_of(pose, 5, Random(seed))
    assume(len(clicks) == 5)
    try:
        solved = calibrate(clicks, forgotten(pose))
    except CalibrationRefusedError as error:
        assume("one line" not in str(error))
        raise
    difference = compare(pose, solved.pose, clicks)
    assert abs(difference.azimuth_deg) < 0.01
    assert abs(difference.tilt_deg) < 0.01
    assert abs(difference.roll_deg) < 0.01
    assert abs(difference.hfov_deg) < 0.01
    assert solved.error_px < 0.1


def test_a_hand_that_clicks_a_few_pixels_beside_is_told_in_pixels_and_metres() -> None:
    pose = camera(3, 4, 120, tilt_deg=25.0, hfov_deg=70.0)
    solved = calibrate(clicks_of(pose, 8, Random(2), noise_px=4), forgotten(pose))
    difference = compare(pose, solved.pose, clicks_of(pose, 8, Random(3)))
    assert abs(difference.azimuth_deg) < 1
    assert abs(difference.hfov_deg) < 2
    assert 0.5 < solved.error_px < 8
    assert 0.005 < solved.error_m < 1.5
    assert solved.worst_px >= solved.error_px


def test_a_wrong_declared_pose_disagrees_and_a_right_one_does_not() -> None:
    pose = camera(3, 4, 120, tilt_deg=25.0, hfov_deg=70.0)
    clicks = clicks_of(pose, 6, Random(5))
    solved = calibrate(clicks, forgotten(pose))
    assert not compare(pose, solved.pose, clicks).significant
    turned = pose.model_copy(update={"azimuth_deg": 140.0})
    difference = compare(turned, solved.pose, clicks)
    assert difference.significant
    assert difference.azimuth_deg == pytest.approx(20, abs=0.1)
    assert difference.shift_px > 100


def test_places_above_the_ground_may_be_clicked() -> None:
    pose = camera(3, 4, 120, tilt_deg=10.0, hfov_deg=70.0)
    optics = Optics.of(pose)
    clicks = clicks_of(pose, 3, Random(5))
    head = optics.pixel(12, 1, 1.7)
    assert head is not None
    clicks.append(Click(u_px=head[0], v_px=head[1], x_m=12, y_m=1, z_m=1.7))
    assert abs(compare(pose, calibrate(clicks, forgotten(pose)).pose, clicks).azimuth_deg) < 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda clicks: clicks[:3], "too few"),
        (lambda clicks: [*clicks[:5], Click(u_px=5000, v_px=10, x_m=1, y_m=1)], "outside the picture"),
        (lambda clicks: [Click(u_px=500 + n, v_px=300, x_m=n, y_m=20) for n in range(5)], "one line"),
        (lambda clicks: [Click(u_px=c.u_px, v_px=c.v_px, x_m=9, y_m=9) for c in clicks], "twice"),
        (
            lambda clicks: [
                Click(u_px=a.u_px, v_px=a.v_px, x_m=b.x_m, y_m=b.y_m)
                for a, b in zip(clicks, [*clicks[3:], *clicks[:3]], strict=True)
            ],
            "no direction",
        ),
    ],
)
def test_clicks_that_give_no_pose_are_refused_with_the_remedy(change, message: str) -> None:  # type: ignore[no-untyped-def]
    pose = camera(3, 4, 120, tilt_deg=25.0, hfov_deg=70.0)
    with pytest.raises(CalibrationRefusedError, match=message):
        calibrate(change(clicks_of(pose, 6, Random(5))), forgotten(pose))
