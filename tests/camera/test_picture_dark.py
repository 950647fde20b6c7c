"""Black is noise without structure, however bright a camera's gain makes it; a dark yard keeps its light and shade."""

from __future__ import annotations

import numpy as np
import pytest

from camera.picture.judgement import judge_alone
from camera.picture.measure import measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.thresholds import Thresholds
from camera.picture.verdict import Condition

GREY = np.full((180, 320), 128, np.uint8)


def under_gain(yard: float, row: float, level: float = 24, seed: int = 4) -> Picture:
    """Noise by pixel and by row, over a yard whose lamp and shadow are so many grey levels apart."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    lit = yard * np.exp(-(((rows - 200) / 90) ** 2) - ((columns - 400) / 130) ** 2)
    seen = level + lit + random.normal(0, 12, lit.shape) + random.normal(0, row, (HEIGHT_PX, 1))
    plane: Plane = np.clip(seen, 0, 255).astype(np.uint8)
    return Picture(plane, GREY, GREY)


@pytest.mark.parametrize(("yard", "row"), [(0, 0), (0, 5), (0, 9)])
def test_noise_by_pixel_and_row_is_black(yard: float, row: float) -> None:
    assert set(judge_alone(measure(under_gain(yard, row)), None, Thresholds())) == {Condition.BLACK}


@pytest.mark.parametrize(("yard", "row"), [(8, 0), (14, 0), (14, 1)])
def test_what_noise_does_not_explain_is_a_place_and_not_black(yard: float, row: float) -> None:
    assert Condition.BLACK not in judge_alone(measure(under_gain(yard, row)), None, Thresholds())
