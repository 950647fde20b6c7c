"""A pose as a pinhole camera: what is in its picture, and at how many pixels a metre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from config.point import Pose

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Optics:
    """Directions in plan metres (east, north, up); depth Z runs along `forward`.

    Pixel density on a plane that faces the camera is focal_px / Z. A point is in the picture if
    |right · X| <= Z · half_width and |down · X| <= Z · half_height, X counted from the lens.
    """

    x_m: float
    y_m: float
    height_m: float
    """Above the campus's ground."""
    focal_px: float
    half_width: float
    """Half the picture's width, in focal lengths."""
    half_height: float
    forward: Array
    right: Array
    down: Array
    bounds: Array
    """Normals of the picture's right, left, lower and upper edge, pointing into it."""
    sight: Array
    """x, y, height, focal length, half height, `forward`, `down`, right and left normal in one row."""
    night_range_m: float | None

    @classmethod
    def of(cls, pose: Pose) -> Optics:
        """From a pose: azimuth clockwise from north, tilt downward, roll clockwise as seen from behind the camera."""
        azimuth, tilt, roll = radians(pose.azimuth_deg), radians(pose.tilt_deg), radians(pose.roll_deg)
        forward = np.array([cos(tilt) * sin(azimuth), cos(tilt) * cos(azimuth), -sin(tilt)])
        level = np.array([cos(azimuth), -sin(azimuth), 0.0])
        plumb = np.array([-sin(tilt) * sin(azimuth), -sin(tilt) * cos(azimuth), -cos(tilt)])
        right, down = cos(roll) * level + sin(roll) * plumb, cos(roll) * plumb - sin(roll) * level
        half_width = tan(radians(pose.hfov_deg) / 2)
        half_height = half_width * pose.height_px / pose.width_px
        wide, high = half_width * forward, half_height * forward
        focal_px = pose.width_px / 2 / half_width
        place = (pose.x_m, pose.y_m, pose.height_m, focal_px, half_height)
        return cls(
            x_m=pose.x_m,
            y_m=pose.y_m,
            height_m=pose.height_m,
            focal_px=focal_px,
            half_width=half_width,
            half_height=half_height,
            forward=forward,
            right=right,
            down=down,
            bounds=np.array([wide - right, wide + right, high - down, high + down]),
            sight=np.concatenate([place, forward, down, wide - right, wide + right]),
            night_range_m=pose.night_range_m,
        )

    def pixel(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float] | None:
        """Where a place appears, from the picture's upper left corner; None behind the lens. It may lie outside."""
        offset = np.array([x_m - self.x_m, y_m - self.y_m, z_m - self.height_m])
        depth = float(self.forward @ offset)
        if depth <= 0:
            return None
        return (
            self.focal_px * (self.half_width + float(self.right @ offset) / depth),
            self.focal_px * (self.half_height + float(self.down @ offset) / depth),
        )

    def ground_place(self, u_px: float, v_px: float, target_m: float) -> tuple[float, float] | None:
        """The place at a height that a pixel shows; None if the pixel looks past that plane."""
        ray = (
            self.forward
            + (u_px / self.focal_px - self.half_width) * self.right
            + (v_px / self.focal_px - self.half_height) * self.down
        )
        drop = target_m - self.height_m
        if ray[2] * drop <= 0:
            return None
        length = drop / float(ray[2])
        return self.x_m + length * float(ray[0]), self.y_m + length * float(ray[1])


def frames(cameras: Sequence[Optics], target_m: float) -> Array:
    """Each picture's right, left, lower and upper edge (C, 4, 3) as half-planes on the plane at a height.

    A place (x, y), counted from the camera, is within a half-plane (a, b, c) if a·x + b·y + c >= 0.
    """
    planes = np.array([one.bounds for one in cameras])
    planes[:, :, 2] *= target_m - np.array([one.height_m for one in cameras])[:, None]
    return planes


def reaches(cameras: Sequence[Optics], target_m: float, densities_px_per_m: Sequence[float]) -> Array:
    """How far each picture shows at least each density on the plane at a height (C, D, 3): half-planes, as frames()."""
    back = -np.array([one.forward for one in cameras])
    heights_m, focals_px = np.array([(one.height_m, one.focal_px) for one in cameras]).T
    planes = np.repeat(back[:, None], len(densities_px_per_m), axis=1)
    planes[:, :, 2] *= (target_m - heights_m)[:, None]
    planes[:, :, 2] += focals_px[:, None] / np.asarray(densities_px_per_m)
    return planes
