from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.scenes.overlay import chinese_font, clock_text, read_seconds
from simulator.scenes.painter import SCENES, Painter
from simulator.scenes.variant import Variant

WIDTH, HEIGHT = 640, 360


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("variant", [variant for variant in Variant if variant is not Variant.FROZEN])
def test_the_clock_in_the_picture_can_be_read_back(scene: str, variant: Variant) -> None:
    painter = Painter(scene, variant, WIDTH, HEIGHT)
    for second in (0.0, 9.9, 37.2, 59.9):
        assert read_seconds(painter.picture(second)) == pytest.approx(second)


def test_a_picture_without_a_clock_is_not_read() -> None:
    random = np.random.default_rng(1)
    assert read_seconds(random.integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)) is None
    assert read_seconds(np.zeros((HEIGHT, WIDTH, 3), np.uint8)) is None


def test_a_tenth_begins_when_it_is_reached() -> None:
    assert clock_text(7.0) == "--:--:07.0"
    assert clock_text(7.0999) == "--:--:07.0"
    assert clock_text(7.1) == "--:--:07.1"


@pytest.mark.parametrize("scene", SCENES)
def test_people_move_and_the_last_picture_of_a_minute_leads_to_the_first(scene: str) -> None:
    painter = Painter(scene, Variant.CLEAR, WIDTH, HEIGHT)
    below_clock = slice(HEIGHT // 8, HEIGHT)
    one, later = painter.picture(10.0)[below_clock], painter.picture(12.0)[below_clock]
    moved = np.any(np.abs(one.astype(int) - later) > 20, axis=2)
    assert moved.mean() > 0.003
    last, first = painter.picture(59.95)[below_clock], painter.picture(0.0)[below_clock]
    jumped = np.any(np.abs(last.astype(int) - first) > 20, axis=2)
    assert jumped.mean() < moved.mean()


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_has_enough_texture_to_be_judged(scene: str) -> None:
    grey = cv2.cvtColor(Painter(scene, Variant.CLEAR, WIDTH, HEIGHT).picture(20.0), cv2.COLOR_BGR2GRAY)
    assert np.asarray(cv2.Canny(grey, 60, 120) > 0).mean() > 0.03
    assert grey.std() > 25


@pytest.mark.parametrize("scene", SCENES)
def test_a_cover_takes_at_least_four_fifths_of_the_picture(scene: str) -> None:
    clear = Painter(scene, Variant.CLEAR, WIDTH, HEIGHT).picture(20.0)
    covered = Painter(scene, Variant.COVERED, WIDTH, HEIGHT).picture(20.0)
    dark = covered.max(axis=2) < 80
    assert dark.mean() >= 0.8
    assert covered.mean() < clear.mean() / 2


@pytest.mark.parametrize("scene", SCENES)
def test_noise_makes_two_frames_of_one_moment_differ_by_little(scene: str) -> None:
    painter = Painter(scene, Variant.CLEAR, WIDTH, HEIGHT)
    one, other = (painter.planes(5.0, index)[:HEIGHT].astype(int) for index in (0, 1))
    assert 1.0 < np.abs(one - other).mean() < 6.0


@pytest.mark.skipif(chinese_font() is None, reason="no Chinese font here (Debian: fonts-noto-cjk)")
def test_the_name_is_chinese_where_it_can_be_drawn() -> None:
    assert {name for _, name in SCENES.values()} == {"学校正门 01", "教学楼一层走廊 02"}


def small(variant: Variant, second: float) -> NDArray[np.float32]:
    return Painter("gate", variant, 320, 180).picture(second).astype(np.float32)


def test_a_frozen_picture_is_the_same_to_the_last_bit_and_its_clock_stands() -> None:
    painter = Painter("gate", Variant.FROZEN, 320, 180)
    first = painter.planes(0.0, 0).copy()
    assert np.array_equal(first, painter.planes(31.4, 157))
    assert read_seconds(Painter("gate", Variant.FROZEN, 640, 360).picture(31.4)) == 0.0


def test_blurred_dark_turned_and_snowy_are_what_they_are_called() -> None:
    def edges(picture: NDArray[np.float32]) -> float:
        return float(cv2.Laplacian(picture[30:150, :, 1], cv2.CV_32F).var())  # between the writings, which stay sharp

    clear = small(Variant.CLEAR, 7.0)
    assert edges(small(Variant.BLURRED, 7.0)) < edges(clear) / 5
    assert small(Variant.DARK, 7.0)[20:150].mean() < 20 < clear.mean()
    assert np.abs(small(Variant.TURNED, 7.0) - clear).mean() > 10
    snow, later = small(Variant.NOISE, 7.0), small(Variant.NOISE, 7.2)
    assert edges(snow) > edges(clear) * 3
    assert np.abs(snow - later).mean() > 20
