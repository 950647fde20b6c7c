"""A pose is written with a field of view or with lens and sensor; a view of 0° or 180° is none."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.point import Pose

POSE: dict[str, Any] = {
    "x_m": 1.0,
    "y_m": 2.0,
    "height_m": 3.0,
    "azimuth_deg": 90.0,
    "tilt_deg": 10.0,
    "width_px": 1920,
    "height_px": 1080,
}


@pytest.mark.parametrize("x_m", [float("nan"), float("inf"), 1e9])
def test_a_place_that_is_none_is_refused(x_m: float) -> None:
    with pytest.raises(ValidationError, match="x_m"):
        Pose.model_validate({**POSE, "hfov_deg": 90, "x_m": x_m})


def test_lens_and_sensor_give_the_field_of_view() -> None:
    # A 1/2.8" sensor is 5.57 mm wide: with a 2.8 mm lens that is 89.7 degrees.
    assert Pose.model_validate({**POSE, "lens_mm": 2.8, "sensor_mm": 5.57}).hfov_deg == pytest.approx(89.7, abs=0.1)


@pytest.mark.parametrize(
    ("optics", "said"),
    [
        ({"hfov_deg": 0}, "greater than 0"),
        ({"hfov_deg": 180}, "less than 180"),
        ({"hfov_deg": 90, "lens_mm": 2.8, "sensor_mm": 5.57}, "keep one of them"),
        ({"lens_mm": 2.8}, "a lens needs lens_mm and sensor_mm"),
        ({"lens_mm": 0, "sensor_mm": 5.57}, "a lens needs lens_mm and sensor_mm"),
        ({"lens_mm": "2.8", "sensor_mm": 5.57}, "a lens needs lens_mm and sensor_mm"),
        ({}, "Field required"),
    ],
)
def test_a_view_that_cannot_be_is_refused(optics: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Pose.model_validate({**POSE, **optics})
