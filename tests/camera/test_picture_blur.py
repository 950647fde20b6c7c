"""A lens out of focus behind fog: little fine detail is lost, but edges are wide."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera.picture.judgement import Condition, Thresholds, Verdict, judge
from camera.picture.measure import measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.reference import LEARN_LOOKS, first_look

GREY = np.full((180, 320), 128, np.uint8)


def frames_in_fog(sigma_px: float) -> Picture:
    """Bright frames on dark ground, half gone in fog, through a lens out of focus by so much."""
    ground = np.full((HEIGHT_PX, WIDTH_PX), 60, np.float32)
    for row in range(20, HEIGHT_PX, 60):
        for column in range(20, WIDTH_PX, 60):
            ground[row : row + 30, column : column + 30] = 170
            ground[row + 2 : row + 28, column + 2 : column + 28] = 60
    foggy = ground * 0.6 + 60
    seen = np.asarray(cv2.GaussianBlur(foggy, (0, 0), sigma_px), np.float32) if sigma_px else foggy
    noisy = seen + np.random.default_rng(3).normal(0, 0.2, seen.shape)
    plane: Plane = np.clip(noisy, 0, 255).astype(np.uint8)
    return Picture(plane, GREY, GREY)


def judged(picture: Picture, detail_left: float) -> Verdict:
    """What is said of a picture that has so much of the fine detail that the same place has in focus."""
    sharp = frames_in_fog(0)
    place = measure(sharp)
    reference = replace(first_look(place, sharp.y), looks=LEARN_LOOKS)
    detail = np.asarray(place.detail * np.float32(detail_left), np.float32)
    measures = replace(measure(picture), detail=detail, contrast=place.contrast)
    return judge(measures, picture.y, reference, None, Thresholds())


@pytest.mark.parametrize(
    ("sigma_px", "detail_left", "blurred"),
    [(2.0, 0.6, True), (0.0, 0.6, False), (2.0, 0.7, False), (2.0, 0.5, True), (0.0, 0.5, False)],
    ids=["fog and wide edges", "fog in focus", "too little lost", "much lost and wide edges", "lamps out, in focus"],
)
def test_what_fog_leaves_of_detail_is_blurred_only_behind_wide_edges(
    sigma_px: float, detail_left: float, blurred: bool
) -> None:
    verdict = judged(frames_in_fog(sigma_px), detail_left)
    assert verdict.unjudged == ""
    assert (Condition.BLURRED in verdict.suspicions) is blurred
