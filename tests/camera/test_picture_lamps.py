"""What a cover leaves to see says of lens, lamps and view what it can, and no more."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from camera.picture.cover import largest_blob, pieces_of, with_rim
from camera.picture.judgement import judge
from camera.picture.measure import BLOCKS, measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.reference import LEARN_LOOKS, first_look
from camera.picture.registration import _fit
from camera.picture.thresholds import Thresholds
from camera.picture.verdict import Condition, Lately

GREY = np.full((180, 320), 128, np.uint8)
Light = npt.NDArray[np.float32]


def frames() -> Light:
    """Bright frames on darker ground, everywhere."""
    ground = np.full((HEIGHT_PX, WIDTH_PX), 60, np.float32)
    for row in range(20, HEIGHT_PX, 60):
        for column in range(20, WIDTH_PX, 60):
            ground[row : row + 30, column : column + 30] = 120
            ground[row + 3 : row + 27, column + 3 : column + 27] = 75
    return ground


def plane(light: Light, seed: int, noise: float = 1.0) -> Plane:
    whole: Plane = np.clip(light + np.random.default_rng(seed).normal(0, noise, light.shape), 0, 255).astype(np.uint8)
    return whole


def said(light: Light, noise: float = 1.0, *, before: Light | None = None) -> set[Condition]:
    """What is said of a look at the frames."""
    lately = Lately(before=None if before is None else plane(before, 3, noise))
    learnt = plane(frames(), 1)
    reference = replace(first_look(measure(Picture(learnt, GREY, GREY)), learnt), looks=LEARN_LOOKS)
    now = plane(light, 2, noise)
    return set(judge(measure(Picture(now, GREY, GREY)), now, reference, None, Thresholds(), lately=lately).suspicions)


def left_half(softened_px: float, level: float) -> Light:
    mask = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    mask[:, : WIDTH_PX // 2] = 1
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), softened_px), np.float32)
    return frames() * (1 - mask) + level * mask


@pytest.mark.parametrize("level", [15.0, 150.0])
def test_a_hand_with_a_soft_rim_is_a_cover_and_no_blur(level: float) -> None:
    assert said(left_half(10, level)) == {Condition.COVERED}


def test_a_lens_out_of_focus_is_so_everywhere() -> None:
    assert said(np.asarray(cv2.GaussianBlur(frames(), (0, 0), 3), np.float32)) == {Condition.BLURRED}


def test_lamps_that_go_out_but_for_one_cover_nothing() -> None:
    dark_px = WIDTH_PX * 2 // 5
    lit = frames()
    lit[:, :dark_px] = 8
    lit[:, dark_px:] *= np.linspace(0.3, 1.9, WIDTH_PX - dark_px, dtype=np.float32)[None, :]
    assert said(lit, noise=2.6) == set()
    assert said(lit) == {Condition.COVERED}, "without the noise of gain no lamp went out: the place shows through"
    covered = frames()
    covered[:, :dark_px] = 8
    assert said(covered * 1.3) == {Condition.COVERED}, "exposure alone explains no lamps"


def test_shadows_that_go_with_the_light_of_a_lamp_are_no_cover() -> None:
    gone = frames()
    gone[80:280, 200:360] = 130
    assert said(gone) == {Condition.COVERED}, "in one light it has come before the lens"
    lit_from_one_side = np.linspace(0.6, 1.6, WIDTH_PX, dtype=np.float32)[None, :]
    assert said(gone * lit_from_one_side) == set()


def test_slats_of_a_shutter_are_no_stripes_and_what_goes_through_all_rows_is() -> None:
    slats = frames()
    for row in range(3):
        slats[row::6, 360:] += 90
    assert Condition.STRIPES not in said(slats)
    stripes = frames() + 8 * np.sin(np.arange(HEIGHT_PX, dtype=np.float32) / 6 * 2 * np.pi)[:, None]
    assert Condition.STRIPES in said(stripes)


def test_edges_wiped_out_here_and_there_by_another_light_are_no_cover_in_one_piece_they_are() -> None:
    learnt = plane(frames(), 1)
    day = replace(first_look(measure(Picture(learnt, GREY, GREY)), learnt), looks=LEARN_LOOKS)
    wiped, hidden = frames(), frames()
    for row in range(0, HEIGHT_PX, 60):
        for column in range((row // 60) % 2 * 60, WIDTH_PX, 120):
            wiped[row : row + 60, column : column + 60] = 100
    wiped[:, WIDTH_PX - 60 :] = 100
    hidden[:, : WIDTH_PX * 2 // 3] = 100
    for scene, expected in ((wiped, set()), (hidden, {Condition.COVERED})):
        now = plane(scene, 2)
        verdict = judge(measure(Picture(now, GREY, GREY)), now, None, None, Thresholds(), other_light=day)
        assert set(verdict.suspicions) == expected


def test_grain_on_a_sheet_is_no_other_place_however_much_of_it_there_is() -> None:
    rng = np.random.default_rng(5)
    sheet = np.full((HEIGHT_PX, WIDTH_PX), 90, np.float32)
    assert said(sheet, noise=6, before=sheet) == {Condition.COVERED}
    elsewhere = np.kron(rng.normal(90, 30, (45, 80)), np.ones((8, 8))).astype(np.float32)
    assert said(elsewhere, noise=6, before=elsewhere) == {Condition.MOVED}


def test_corners_that_all_fall_on_one_spot_are_no_motion() -> None:
    points = np.random.default_rng(4).uniform(0, 300, (40, 2)).astype(np.float32)
    assert _fit(points, points * 0.01 + 200, 40) is None
    assert _fit(points, points + 30, 40) is not None


def test_only_large_pieces_have_a_rim() -> None:
    blocks = np.zeros((BLOCKS[1], BLOCKS[0]), np.bool_)
    blocks[1:5, 1:6] = blocks[7, 12] = True
    large = pieces_of(blocks, 0.085)
    assert large.sum() == 20
    assert largest_blob(with_rim(large)) == pytest.approx(42 / 144)
