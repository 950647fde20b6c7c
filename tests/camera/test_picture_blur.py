"""A lens out of focus: what tells is that the place's edges are wider than they were, whatever detail says."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera.picture.judgement import judge
from camera.picture.measure import measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.point_eye import PointEye
from camera.picture.reference import LEARN_LOOKS, first_look
from camera.picture.thresholds import Thresholds
from camera.picture.verdict import Condition, Lately, Verdict
from foundation.clock import NS_PER_S

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


def judged(picture: Picture, detail_left: float, *, ask: bool = False, learnt_sigma_px: float = 0) -> Verdict:
    """What is said of a picture that has so much of the fine detail that the place had when it was learnt."""
    learnt = frames_in_fog(learnt_sigma_px)
    place = measure(learnt)
    reference = replace(first_look(place, learnt.y), looks=LEARN_LOOKS)
    detail = np.asarray(place.detail * np.float32(detail_left), np.float32)
    measures = replace(measure(picture), detail=detail, contrast=place.contrast)
    return judge(measures, picture.y, reference, None, Thresholds(), lately=Lately(ask_focus=ask))


@pytest.mark.parametrize(
    ("sigma_px", "detail_left", "blurred"),
    [(2.0, 0.6, True), (0.0, 0.6, False), (2.0, 0.95, False), (2.0, 0.5, True), (0.0, 0.5, False), (2.0, 0.85, True)],
    ids=[
        "fog and wide edges",
        "fog in focus",
        "not asked",
        "wide edges",
        "lamps out, in focus",
        "noise has detail too",
    ],
)
def test_edges_wider_than_they_were_are_a_lens_out_of_focus(sigma_px: float, detail_left: float, blurred: bool) -> None:
    verdict = judged(frames_in_fog(sigma_px), detail_left)
    assert verdict.unjudged == ""
    assert (Condition.BLURRED in verdict.suspicions) is blurred


def test_edges_are_asked_from_time_to_time_whatever_detail_says() -> None:
    assert Condition.BLURRED in judged(frames_in_fog(2.0), 1.5, ask=True).suspicions
    assert Condition.BLURRED not in judged(frames_in_fog(0.0), 1.5, ask=True).suspicions


def test_a_place_that_was_learnt_with_wide_edges_is_not_out_of_focus() -> None:
    assert Condition.BLURRED not in judged(frames_in_fog(1.5), 0.5, learnt_sigma_px=1.5).suspicions


def test_what_rain_adds_to_detail_does_not_hide_a_lens_out_of_focus_for_a_minute() -> None:
    random, eye = np.random.default_rng(5), PointEye()

    def seen(sigma_px: float, noise: float, number: int) -> Picture:
        place = frames_in_fog(sigma_px).y + random.normal(0, noise, (HEIGHT_PX, WIDTH_PX))
        return Picture(np.clip(place, 0, 255).astype(np.uint8), GREY, GREY, number * 10 * NS_PER_S)

    for number in range(12):
        eye.look(seen(0, 1.0, number))
    assert not eye.open_conditions
    for number in range(12, 18):
        eye.look(seen(2.5, 4.0, number))
    assert eye.open_conditions == {Condition.BLURRED}
