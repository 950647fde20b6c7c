"""What can be wrong with a picture: each variant turns a clear picture of a scene into what the camera then shows."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np

from simulator.scenes.pinhole import Picture

Change = Callable[[Picture, float], Picture]
"""From a clear picture and its second of the minute to the picture shown."""


class Variant(StrEnum):
    CLEAR = "clear"
    COVERED = "covered"
    """A dark cloth before the lens (遮挡): at least 80 % of the picture is gone, the rest is out of focus."""
    FROZEN = "frozen"
    """The first picture of the minute for ever (冻结), writing and noise included; see Painter."""
    BLURRED = "blurred"
    """Out of focus (虚焦)."""
    TURNED = "turned"
    """The camera was pushed (移位): aside by a quarter of the picture, and rolled."""
    DARK = "dark"
    """Night without light (过暗): next to nothing is left but noise."""
    NOISE = "noise"
    """Snow (雪花): strong noise, another one in each picture."""


def change_for(variant: Variant, width: int, height: int) -> Change:
    """The change a variant makes to pictures of this size."""
    return _CHANGES[variant](width, height)


def _clear(width: int, height: int) -> Change:
    return lambda picture, second: picture


def _covered(width: int, height: int) -> Change:
    margin = max(4, width // 60)
    cloth = _cloth(width + 2 * margin, height + 2 * margin)
    free = round(width * 0.16) // 8 * 8
    # what is out of focus may as well be mixed at an eighth of the size
    small = (free // 8, max(1, height // 8))
    edge = np.linspace(0, 1, small[0], dtype=np.float32)[None, :, None] ** 1.5

    def cover(picture: Picture, second: float) -> Picture:
        # the cloth trembles a little, a whole number of times a minute so that the loop closes
        across = margin + round(margin * 0.8 * np.sin(2 * np.pi * second / 7.5))
        down = margin + round(margin * 0.5 * np.sin(2 * np.pi * second / 5))
        covered = cloth[down : down + height, across : across + width].copy()
        behind = covered[:, width - free :]
        strip = cv2.blur(cv2.resize(picture[:, width - free :], small, interpolation=cv2.INTER_AREA), (3, 3))
        hidden = cv2.resize(behind, small, interpolation=cv2.INTER_AREA)
        mixed = (strip * (0.45 * edge) + hidden * (1 - edge)).astype(np.uint8)
        behind[:] = cv2.resize(mixed, (free, height), interpolation=cv2.INTER_LINEAR)
        return covered

    return cover


def _blurred(width: int, height: int) -> Change:
    sigma = max(2.5, height / 90)
    return lambda picture, second: np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def _turned(width: int, height: int) -> Change:
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 7.0, 1.0)
    turn[0, 2] += width * 0.25
    turn[1, 2] -= height * 0.06

    def push(picture: Picture, second: float) -> Picture:
        # what comes into view is drawn as the mirror image of what lies beside it: textured, and not what was there
        return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)

    return push


def _dark(width: int, height: int) -> Change:
    table = np.clip(np.arange(256) * 0.045 + 4, 0, 255).astype(np.uint8)
    return lambda picture, second: np.asarray(cv2.LUT(picture, table), np.uint8)


def _noise(width: int, height: int) -> Change:
    def snow(picture: Picture, second: float) -> Picture:
        grains = np.random.default_rng(round(second * 1000)).normal(0, 45, (height, width, 1))
        return np.clip(picture + grains, 0, 255).astype(np.uint8)

    return snow


def _cloth(width: int, height: int) -> Picture:
    """Dark, out of focus, with a few soft folds."""
    random = np.random.default_rng(17)
    folds = cv2.resize(random.normal(0, 7, (3, 7)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fall = np.linspace(8, -8, height)[:, None]
    shade = np.clip(34 + folds + fall, 6, 70)
    return np.clip(np.stack([shade * 0.82, shade * 0.9, shade * 1.08], axis=2), 0, 255).astype(np.uint8)


_CHANGES: dict[Variant, Callable[[int, int], Change]] = {
    Variant.CLEAR: _clear,
    Variant.COVERED: _covered,
    Variant.FROZEN: _clear,
    Variant.BLURRED: _blurred,
    Variant.TURNED: _turned,
    Variant.DARK: _dark,
    Variant.NOISE: _noise,
}
