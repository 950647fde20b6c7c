"""An exact second opinion on what cameras see: slow, ray by ray, and sharing nothing with the product's coverage.

A place counts as seen by a camera if a stick of one metre held there, facing the camera, is drawn with enough pixels
within the picture, and the straight line from lens to place passes over every wall in its way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.plan import Plan
from config.point import Pose

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on the ground floor that must be seen at a height and density."""

    x_m: float
    y_m: float
    z_m: float
    density_px_per_m: float


class Oracle:
    """Judges places of a plan's ground floor."""

    def __init__(self, plan: Plan) -> None:
        surfaces: list[tuple[float, float, float, float, float]] = []
        for wall in plan.walls:
            for (x0, y0), (x1, y1) in zip(wall.line[:-1], wall.line[1:], strict=True):
                surfaces.append((x0, y0, x1, y1, wall.height_m))
        self._blocks: list[tuple[list[tuple[float, float]], float]] = []
        for building in plan.buildings:
            corners = list(building.area.outer)
            self._blocks.append((corners, building.height_m))
            for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
                surfaces.append((x0, y0, x1, y1, building.height_m))
        self._surfaces = np.array(surfaces, dtype=np.float64).reshape(-1, 5)

    def seen(self, pose: Pose, places: list[Place]) -> tuple[Truths, Truths]:
        """Which places the camera sees by day, and which at night."""
        targets = np.array([(one.x_m, one.y_m, one.z_m) for one in places])
        needed = np.array([one.density_px_per_m for one in places])
        lens = np.array([pose.x_m, pose.y_m, pose.height_m])
        u, v, depth = _picture(pose, targets - lens)
        drawn = (depth > 0) & (u >= 0) & (u <= pose.width_px) & (v >= 0) & (v <= pose.height_px)
        sideways = _turned(pose).T @ np.array([1.0, 0.0, 0.0])
        u_left, _, _ = _picture(pose, targets - lens - sideways / 2)
        u_right, _, _ = _picture(pose, targets - lens + sideways / 2)
        drawn &= np.abs(u_right - u_left) >= needed
        for number in np.flatnonzero(drawn):
            drawn[number] = self._open(lens, targets[number])
        reach = np.inf if pose.night_range_m is None else pose.night_range_m
        return drawn, drawn & (np.linalg.norm(targets - lens, axis=1) <= reach)

    def _open(self, lens: Floats, target: Floats) -> bool:
        for corners, height in self._blocks:
            if target[2] < height and _inside(corners, target) and not (_inside(corners, lens) and lens[2] < height):
                return False
        x0, y0, x1, y1, tops = self._surfaces.T
        ray = target[:2] - lens[:2]
        wall_x, wall_y = x1 - x0, y1 - y0
        to_x, to_y = x0 - lens[0], y0 - lens[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = ray[0] * wall_y - ray[1] * wall_x
            along_ray = (to_x * wall_y - to_y * wall_x) / turn
            along_wall = (to_x * ray[1] - to_y * ray[0]) / turn
            level = lens[2] + along_ray * (target[2] - lens[2])
            stops = (along_ray > 0) & (along_ray < 1) & (along_wall >= 0) & (along_wall <= 1) & (level < tops)
        return not bool(stops.any())


def _turned(pose: Pose) -> Floats:
    """Rotation from plan axes (east, north, up) to the picture's (right, down, ahead), as turns one after another."""
    a, t, r = np.radians([pose.azimuth_deg, pose.tilt_deg, pose.roll_deg])
    about_up = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    # Now x is right, y ahead, z up; then nod, then tip the head to the right.
    nod = np.array([[1, 0, 0], [0, np.cos(t), -np.sin(t)], [0, np.sin(t), np.cos(t)]])
    tip = np.array([[np.cos(r), 0, -np.sin(r)], [0, 1, 0], [np.sin(r), 0, np.cos(r)]])
    picture = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    rotation: Floats = picture @ tip @ nod @ about_up
    return rotation


def _picture(pose: Pose, offsets: Floats) -> tuple[Floats, Floats, Floats]:
    right, down, ahead = _turned(pose) @ offsets.T
    focal = pose.width_px / (2 * np.tan(np.radians(pose.hfov_deg / 2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return pose.width_px / 2 + focal * right / ahead, pose.height_px / 2 + focal * down / ahead, ahead


def _inside(corners: list[tuple[float, float]], place: Floats) -> bool:
    x, y = zip(*corners, strict=True)
    if not (min(x) <= place[0] <= max(x) and min(y) <= place[1] <= max(y)):
        return False
    turns = 0.0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = np.array([x0, y0]) - place[:2], np.array([x1, y1]) - place[:2]
        turns += float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))
    return abs(turns) > np.pi
