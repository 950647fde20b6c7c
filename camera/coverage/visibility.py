"""The exact area in sight on a plan (可视多边形): what a turning eye sees where every wall hides all behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camera.coverage.raster import ragged

Array = NDArray[np.float64]


class NotEnclosedError(ValueError):
    """The eye sees past the last wall: give the boundary's edges as walls too."""


def visibility_polygon(eye: tuple[float, float], starts: Array, ends: Array) -> Array:
    """Corners (K, 2), counter-clockwise, of what is in sight from `eye` among walls (N, 2) to (N, 2).

    Between two neighbouring directions in which a wall ends or two walls cross, one wall is the nearest throughout:
    so it is looked for once, along the middle, and its ends there are computed exactly. Raises NotEnclosedError.
    """
    origin = np.asarray(eye, dtype=np.float64)
    starts, ends = starts - origin, ends - origin
    directions, ranks = _directions(np.concatenate([starts, ends, _crossings(starts, ends)]))
    following = np.roll(directions, -1, axis=0)
    if (_cross(directions, following) <= 0).any():
        raise NotEnclosedError("the walls around do not close")
    nearest = _nearest(directions + following, starts, ends, ranks[: len(starts)], ranks[len(starts) : 2 * len(starts)])
    starts, ends = starts[nearest], ends[nearest]
    corners = np.stack([_meet(directions, starts, ends), _meet(following, starts, ends)], axis=1).reshape(-1, 2)
    step = np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1)
    polygon: Array = corners[step > 1e-12 * np.abs(corners).max()] + origin
    return polygon


def _directions(points: Array) -> tuple[Array, NDArray[np.intp]]:
    """Unit vectors to the points, each once, counter-clockwise; and which of them leads to each point."""
    length = np.hypot(points[:, 0], points[:, 1])
    units = points / np.where(length > 0, length, 1)[:, None]
    angles = np.arctan2(units[:, 1], units[:, 0])
    order = np.argsort(angles)
    order = order[length[order] > 0]  # the eye's own place lies in no direction
    apart = np.append(True, np.diff(angles[order]) > 1e-13)
    ranks = np.zeros(len(points), np.intp)
    ranks[order] = np.cumsum(apart) - 1
    return units[order[apart]], ranks


def _crossings(starts: Array, ends: Array) -> Array:
    """Where walls cross each other between their ends."""
    along = ends - starts
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    meet = (low[:, None, 0] <= high[:, 0]) & (low[:, None, 1] <= high[:, 1])
    first, second = np.nonzero(meet & meet.T)
    first, second = first[first < second], second[first < second]
    to = starts[second] - starts[first]
    turn = _cross(along[first], along[second])
    with np.errstate(divide="ignore", invalid="ignore"):
        here, there = _cross(to, along[second]) / turn, _cross(to, along[first]) / turn
    crosses = (turn != 0) & (here > 0) & (here < 1) & (there > 0) & (there < 1)
    places: Array = starts[first[crosses]] + here[crosses, None] * along[first[crosses]]
    return places


def _nearest(
    middles: Array, starts: Array, ends: Array, from_rank: NDArray[np.intp], to_rank: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The wall that each direction meets first; a wall stands before those between the ranks of its ends."""
    counter_clockwise = _cross(starts, ends) > 0
    first, past = np.where(counter_clockwise, (from_rank, to_rank), (to_rank, from_rank))
    wall, direction = ragged(first, np.where(past < first, past + len(middles), past))
    direction %= len(middles)
    along = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = _cross(starts, along)[wall] / _cross(middles[direction], along[wall])
    # A wall on which the eye itself lies is seen end-on, or from nowhere.
    distance[~(distance > 0)] = np.inf
    shortest = np.full(len(middles), np.inf)
    np.minimum.at(shortest, direction, distance)
    if np.isinf(shortest).any():
        raise NotEnclosedError("a direction meets no wall")
    nearest = np.zeros(len(middles), np.intp)
    hit = distance == shortest[direction]
    nearest[direction[hit]] = wall[hit]
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
