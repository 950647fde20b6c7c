"""Why a place is not seen, judged against the cameras as they hang, whether or not they work now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """How near cameras come to seeing places: by place and camera, a rank (as in _REASONS) and the distance."""

    rank: NDArray[np.int8]
    distance_m: Array


def nearness(cameras: Sequence[Optics], target_m: float, density_px_per_m: float, x: Array, y: Array) -> Nearness:
    """How near each of some cameras comes to seeing each place, were no wall in the way."""
    eye = np.array([(one.x_m, one.y_m, target_m - one.height_m, one.focal_px, one.half_height) for one in cameras]).T
    axes = np.array([(one.forward, one.down, one.bounds[0], one.bounds[1]) for one in cameras])
    dx, dy = x[:, None] - eye[0], y[:, None] - eye[1]
    # How far a place lies ahead, below the middle, and within the right and left side.
    depth, fall, right, left = (axes[:, k, 0] * dx + axes[:, k, 1] * dy + axes[:, k, 2] * eye[2] for k in range(4))
    limit = depth * eye[4]
    framed = (right >= 0) & (left >= 0) & (np.abs(fall) <= limit)
    spread = depth * density_px_per_m
    distance = np.hypot(dx, dy)
    # Under the camera and in its direction: tilting it down, or hanging it farther off, would show the place.
    beneath = (distance <= DEAD_ZONE_HEIGHTS * np.abs(eye[2])) & (fall > limit)
    beneath &= (axes[:, 2, 0] * dx + axes[:, 2, 1] * dy >= 0) & (axes[:, 3, 0] * dx + axes[:, 3, 1] * dy >= 0)
    rank = (framed & (spread * NEARLY <= eye[3])).view(np.int8)
    rank[beneath] = 2
    rank[framed & (spread <= eye[3])] = 3
    return Nearness(rank, distance)


class Judgement:
    """The reasons for some places that no camera sees, judged once and kept while nothing changes them."""

    def __init__(self, found: Nearness) -> None:
        places, cameras = found.rank.shape
        self._best = found.rank.max(axis=1) if cameras else np.zeros(places, np.int8)
        distance = np.where(found.rank == self._best[:, None], found.distance_m, np.inf)
        order = np.argsort(distance, axis=1)[:, :CANDIDATES]
        nearest = np.take_along_axis(distance, order, axis=1)
        # With fewer candidates than are asked for, any further camera would be one.
        self._farthest_m = nearest[:, -1] if cameras >= CANDIDATES else np.full(places, np.inf)
        counts = np.isfinite(nearest).sum(axis=1)
        self.whys = [
            Why(_REASONS[step], tuple(cameras[:count]) if step else ())
            for step, cameras, count in zip(self._best.tolist(), order.tolist(), counts.tolist(), strict=True)
        ]

    def changed_by(self, coming: Nearness) -> bool:
        """True if one further camera would change any reason, or whom it is about."""
        rank, distance = coming.rank[:, 0], coming.distance_m[:, 0]
        return bool(((rank > self._best) | ((rank == self._best) & (rank > 0) & (distance < self._farthest_m))).any())

    def is_about(self, camera: int) -> bool:
        """True if a camera (by its order) is among those that a reason is about."""
        return any(camera in why.cameras for why in self.whys)


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
