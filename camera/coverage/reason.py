"""Why a place is not seen, judged against the cameras as they hang, whether or not they work now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from camera.coverage.optics import Array, Optics
from camera.coverage.report import Reason
from camera.coverage.shadow import shadows
from camera.coverage.view import Plane

NEARLY: Final = 0.2
"""A picture that shows a place at less than this part of the needed density does not count as nearly seeing it."""

DEAD_ZONE_HEIGHTS: Final = 3.0
"""Nearer to the mast than this many heights, what lies below the picture is its dead zone."""
CANDIDATES: Final = 3
"""How many cameras are asked whether a wall stands before them."""

_REASONS: Final = (Reason.OUT_OF_VIEW, Reason.TOO_FAR, Reason.DEAD_ZONE, Reason.BEHIND_WALL)
"""In order of how near the camera comes to seeing it: the last that applies is said."""


@dataclass(frozen=True, slots=True)
class Why:
    """The reason for one place, and the nearest cameras that it is about (by their order), nearest first."""

    reason: Reason
    cameras: tuple[int, ...]


def whys(cameras: Sequence[Optics], target_m: float, density_px_per_m: float, x: Array, y: Array) -> list[Why]:
    """The reason for each place that none of these cameras sees, however well they worked."""
    if not cameras:
        return [Why(Reason.OUT_OF_VIEW, ())] * len(x)
    eye = np.array([(one.x_m, one.y_m, target_m - one.height_m, one.focal_px, one.half_height) for one in cameras]).T
    # One row per axis: how far a place lies ahead, below the middle and within the sides, as sums of x, y and z parts.
    axes = np.array([(one.forward, one.down, one.bounds[0], one.bounds[1]) for one in cameras])
    dx, dy = x[:, None] - eye[0], y[:, None] - eye[1]
    depth, fall, right, left = (axes[:, k, 0] * dx + axes[:, k, 1] * dy + axes[:, k, 2] * eye[2] for k in range(4))
    limit = depth * eye[4]
    framed = (right >= 0) & (left >= 0) & (np.abs(fall) <= limit)
    spread = depth * density_px_per_m
    distance = np.hypot(dx, dy)
    # Under the camera and in its direction: tilting it down, or hanging it farther off, would show the place.
    beneath = (distance <= DEAD_ZONE_HEIGHTS * np.abs(eye[2])) & (fall > limit)
    beneath &= (axes[:, 2, 0] * dx + axes[:, 2, 1] * dy >= 0) & (axes[:, 3, 0] * dx + axes[:, 3, 1] * dy >= 0)
    rank = (framed & (spread * NEARLY <= eye[3])).view(np.int8)
    rank = np.where(beneath, 2, np.where(framed & (spread <= eye[3]), 3, rank))
    best = rank.max(axis=1)
    distance[rank != best[:, None]] = np.inf
    nearest = np.argsort(distance, axis=1)[:, :CANDIDATES]
    counts = np.minimum(np.isfinite(distance).sum(axis=1), CANDIDATES)
    return [
        Why(_REASONS[step], tuple(order[:count]) if step else ())
        for step, order, count in zip(best.tolist(), nearest.tolist(), counts.tolist(), strict=True)
    ]


def hiding_edge(plane: Plane, optics: Optics, x_m: float, y_m: float) -> str | None:
    """Id of the nearest wall or building that stands between a camera and a place, or None."""
    here = np.array([optics.x_m, optics.y_m])
    edges = plane.edges
    there = np.array([x_m, y_m])
    between = edges.near(np.minimum(here, there), np.maximum(here, there))
    planes, kept = shadows(
        edges.starts[between] - here,
        edges.ends[between] - here,
        edges.tops_m[between],
        optics.height_m,
        plane.target_m,
    )
    place = there - here
    hides = np.flatnonzero((planes[:, :, :2] @ place + planes[:, :, 2] >= 0).all(axis=1))
    if hides.size == 0:
        return None
    # The third half-plane is n·p >= n·wall: their ratio is how far along the line of sight the wall stands.
    along = -planes[hides, 2, 2] / (planes[hides, 2, :2] @ place)
    return edges.owners[int(between[kept[hides[int(along.argmin())]]])]


def main_reason(whys: Sequence[Why]) -> Why:
    """The reason said of a whole blind spot: the one that holds for most of its places, then the most telling."""
    counted: dict[Reason, int] = {}
    for why in whys:
        counted[why.reason] = counted.get(why.reason, 0) + 1
    reason = max(counted, key=lambda one: (counted[one], _REASONS.index(one)))
    return next(why for why in whys if why.reason is reason)
