"""Faults made in a picture, as the issue of pictures counts them; knows nothing of how they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Fault = Callable[[Image, np.random.Generator], Image]


def cover(image: Image, random: np.random.Generator, share: float = 0.42) -> Image:
    """A hand or a bag from a random side over `share` of the view, out of focus, of a random shade."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    side = int(random.integers(0, 4))
    if side < 2:
        edge = round(width * share)
        mask[:, :edge] = 1
    else:
        edge = round(height * share)
        mask[:edge] = 1
    mask = mask[:, ::-1] if side == 1 else mask[::-1] if side == 3 else mask
    soft: Any = cv2.GaussianBlur(np.ascontiguousarray(mask), (0, 0), 6)
    shade = random.uniform(8, 200, 3) * (float(image.mean()) / 128 + 0.2)
    thing = np.clip(shade, 0, 255) + cv2.GaussianBlur(random.normal(0, 30, image.shape), (0, 0), 25)
    return _whole(image * (1 - soft[:, :, None]) + thing * soft[:, :, None])


def blur(image: Image, random: np.random.Generator) -> Image:
    """Out of focus by sigma 2 px."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8)


def pan(image: Image, random: np.random.Generator) -> Image:
    """Turned by 20 to 30 px in any direction."""
    angle, far = random.uniform(0, 6.28), random.uniform(20, 30)
    matrix = np.array([[1, 0, far * np.cos(angle)], [0, 1, far * np.sin(angle)]])
    return _warped(image, matrix)


def roll(image: Image, random: np.random.Generator) -> Image:
    """Tilted by 3 to 5 degrees."""
    degrees = float(random.uniform(3, 5) * random.choice([-1, 1]))
    return _warped(image, cv2.getRotationMatrix2D((320, 180), degrees, 1))


def black(image: Image, random: np.random.Generator) -> Image:
    """No light at all."""
    return _whole(np.abs(random.normal(2, 1.5, image.shape)))


def noise(image: Image, random: np.random.Generator) -> Image:
    """Sigma 20 of brightness."""
    return _whole(image + random.normal(0, 20, (*image.shape[:2], 1)))


FAULTS: dict[str, Fault] = {"cover": cover, "blur": blur, "pan": pan, "roll": roll, "black": black, "noise": noise}
"""Freezing is made by showing the same picture again."""


def _warped(image: Image, matrix: Any) -> Image:
    height, width = image.shape[:2]
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _whole(values: Any) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
