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


def _cloth(width: int, height: int) -> Picture:
    """Dark, out of focus, with a few soft folds."""
    random = np.random.default_rng(17)
    folds = cv2.resize(random.normal(0, 7, (3, 7)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fall = np.linspace(8, -8, height)[:, None]
    shade = np.clip(34 + folds + fall, 6, 70)
    return np.clip(np.stack([shade * 0.82, shade * 0.9, shade * 1.08], axis=2), 0, 255).astype(np.uint8)


_CHANGES: dict[Variant, Callable[[int, int], Change]] = {Variant.CLEAR: _clear, Variant.COVERED: _covered}
