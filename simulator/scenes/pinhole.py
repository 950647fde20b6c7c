"""A pinhole camera on a pole: metres of a scene to pixels of a picture.

The lens is shifted rather than tilted, so upright things stay upright and one straight line per edge is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, tan

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red, as OpenCV has it."""

_SHIFT = 4
"""Fractional bits of a coordinate handed to OpenCV: edges fall between pixels, so slow movement does not jump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole:
    """Where a picture is taken from. x to the right, y up from the ground, z away from the camera, all in metres."""

    width: int
    height: int
    height_m: float
    field_of_view_deg: float
    horizon: float
    """Where the horizon lies, as a share of the picture's height from the top."""

    @property
    def focal_px(self) -> float:
        return self.width / 2 / tan(radians(self.field_of_view_deg) / 2)

    def point(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float]:
        """The pixel at which a point is seen."""
        scale = self.focal_px / z_m
        return self.width / 2 + x_m * scale, self.height * self.horizon + (self.height_m - y_m) * scale

    def px_per_m(self, z_m: float) -> float:
        return self.focal_px / z_m

    def fill(self, picture: Picture, corners_m: list[tuple[float, float, float]], colour: Colour) -> None:
        """Fills a polygon given by its corners in metres."""
        fill(picture, [self.point(*corner) for corner in corners_m], colour)

    def line(
        self,
        picture: Picture,
        start_m: tuple[float, float, float],
        end_m: tuple[float, float, float],
        colour: Colour,
        thickness_m: float,
    ) -> None:
        """Draws a bar whose thickness is that of its middle."""
        thickness = max(1, round(thickness_m * self.px_per_m((start_m[2] + end_m[2]) / 2)))
        line(picture, self.point(*start_m), self.point(*end_m), colour, thickness)


def fill(picture: Picture, corners: list[tuple[float, float]], colour: Colour) -> None:
    """Fills a convex or simple polygon given in pixels."""
    points = np.round(np.asarray(corners) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, _SHIFT)


def line(
    picture: Picture, start: tuple[float, float], end: tuple[float, float], colour: Colour, thickness: int
) -> None:
    cv2.line(picture, _fixed(start), _fixed(end), colour, thickness, cv2.LINE_AA, _SHIFT)


def disc(picture: Picture, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
    cv2.ellipse(picture, _fixed(centre), _fixed(radii), 0, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * (1 << _SHIFT)), round(point[1] * (1 << _SHIFT))
