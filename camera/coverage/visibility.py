"""The exact area in sight on a plan (可视多边形): what a turning eye sees where every wall hides all behind it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ROWS: Final = 256
"""Directions looked along at once; bounds the memory of a plan with many walls."""


class NotEnclosedError(ValueError):
    """The eye sees past the last wall: give the boundary's edges as walls too."""


def visibility_polygon(eye: tuple[float, float], starts: Array, ends: Array) -> Array:
    """Corners (K, 2), counter-clockwise, of what is in sight from `eye` among walls (N, 2) to (N, 2).

    Between two neighbouring directions in which a wall ends or two walls cross, one wall is the nearest throughout:
    so it is looked for once, along the middle, and its ends there are computed exactly. Raises NotEnclosedError.
    """
    origin = np.asarray(eye, dtype=np.float64)
    starts, ends = starts - origin, ends - origin
    directions = _directions(np.concatenate([starts, ends, _crossings(starts, ends)]))
    following = np.roll(directions, -1, axis=0)
    if (_cross(directions, following) <= 0).any():
        raise NotEnclosedError("the walls around do not close")
    middles = directions + following
    nearest = np.concatenate([_nearest(middles[at : at + _ROWS], starts, ends) for at in range(0, len(middles), _ROWS)])
    corners = np.stack(
        [_meet(directions, starts[nearest], ends[nearest]), _meet(following, starts[nearest], ends[nearest])], axis=1
    ).reshape(-1, 2)
    step = np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1)
    polygon: Array = corners[step > 1e-12 * np.abs(corners).max()] + origin
    return polygon


def _directions(points: Array) -> Array:
    """Unit vectors to the points, each once, counter-clockwise."""
    length = np.hypot(points[:, 0], points[:, 1])
    units = points[length > 0] / length[length > 0, None]
    angles = np.arctan2(units[:, 1], units[:, 0])
    order = np.argsort(angles)
    units, angles = units[order], angles[order]
    apart: Array = units[np.append(True, np.diff(angles) > 1e-13)]
    return apart


def _crossings(starts: Array, ends: Array) -> Array:
    """Where walls cross each other between their ends."""
    along = ends - starts
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    meet = (low[:, None] <= high[None]).all(axis=2)
    first, second = np.nonzero(np.triu(meet & meet.T, 1))
    to = starts[second] - starts[first]
    turn = _cross(along[first], along[second])
    with np.errstate(divide="ignore", invalid="ignore"):
        here, there = _cross(to, along[second]) / turn, _cross(to, along[first]) / turn
    crosses = (turn != 0) & (here > 0) & (here < 1) & (there > 0) & (there < 1)
    places: Array = starts[first[crosses]] + here[crosses, None] * along[first[crosses]]
    return places


def _nearest(directions: Array, starts: Array, ends: Array) -> NDArray[np.intp]:
    """The wall that each direction meets first."""
    dx, dy = directions[:, 0, None], directions[:, 1, None]
    left = dx * starts[:, 1] - dy * starts[:, 0]
    right = dx * ends[:, 1] - dy * ends[:, 0]
    along = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = _cross(starts, along) / (dx * along[:, 1] - dy * along[:, 0])
    distance[(left * right > 0) | ~(distance > 0)] = np.inf
    nearest: NDArray[np.intp] = distance.argmin(axis=1)
    if np.isinf(distance[np.arange(len(nearest)), nearest]).any():
        raise NotEnclosedError("a direction meets no wall")
    return nearest


def _meet(directions: Array, starts: Array, ends: Array) -> Array:
    along = ends - starts
    turn = _cross(directions, along)
    # A wall seen end-on has no width: its start stands for it.
    distance = np.where(turn != 0, _cross(starts, along) / np.where(turn != 0, turn, 1), np.nan)
    places: Array = np.where(np.isnan(distance)[:, None], starts, directions * distance[:, None])
    return places


def _cross(a: Array, b: Array) -> Array:
    result: Array = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return result
