"""Why a place is not seen, judged against the cameras as they hang, whether or not they work now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.optics import Array, Optics
from camera.coverage.report import Reason
from camera.coverage.shadow import Edges

NEARLY: Final = 0.2
"""A picture that shows a place at less than this part of the needed density does not count as nearly seeing it."""

DEAD_ZONE_HEIGHTS: Final = 3.0
"""Nearer to the mast than this many heights, what lies below the picture is its dead zone."""
CANDIDATES: Final = 3
"""How many cameras are asked whether a wall stands before them."""

REASONS: Final = (Reason.OUT_OF_VIEW, Reason.TOO_FAR, Reason.DEAD_ZONE, Reason.BEHIND_WALL)
"""In order of how near the camera comes to seeing it: the last that applies is said."""

Places = Array
"""(P, 4): x, y, height above the campus's ground, and the density that is needed there."""
_MOST_PAIRS: Final = 30_000
"""Of places with cameras, or lines of sight with walls, judged at once: few enough to stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """How near cameras come to seeing places: by place and camera, a rank (as in REASONS) and the distance."""

    rank: NDArray[np.int8]
    distance_m: Array

    def part(self, index: slice) -> Nearness:
        """For some of the places."""
        return Nearness(self.rank[index], self.distance_m[index])


def nearness(cameras: Sequence[Optics], places: Places) -> Nearness:
    """How near each of some cameras comes to seeing each place, were no wall in the way."""
    x, y, height, focal, half_height, *axes = np.array([one.sight for one in cameras]).T
    dx, dy, dz = places[:, 0, None] - x, places[:, 1, None] - y, places[:, 2, None] - height
    ahead, below, right, left = axes[0:3], axes[3:6], axes[6:9], axes[9:12]
    depth, fall = (one[0] * dx + one[1] * dy + one[2] * dz for one in (ahead, below))
    limit = depth * half_height
    # How far within the picture's right and left side, as on the plan.
    right_m, left_m = (one[0] * dx + one[1] * dy for one in (right, left))
    framed = (right_m + right[2] * dz >= 0) & (left_m + left[2] * dz >= 0) & (np.abs(fall) <= limit)
    spread = depth * places[:, 3, None]
    distance = np.hypot(dx, dy)
    # Under the camera and in its direction: tilting it down, or hanging it farther off, would show the place.
    beneath = (distance <= DEAD_ZONE_HEIGHTS * np.abs(dz)) & (fall > limit) & (right_m >= 0) & (left_m >= 0)
    rank = (framed & (spread * NEARLY <= focal)).view(np.int8)
    rank[beneath] = 2
    rank[framed & (spread <= focal)] = 3
    return Nearness(rank, distance)


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Why some places are not seen: by place the reason, and the nearest cameras that it is about."""

    rank: NDArray[np.int8]
    """The reason, as its place in REASONS."""
    cameras: NDArray[np.intp]
    """(P, CANDIDATES): by their order, nearest first; -1 for none."""
    farthest_m: Array
    """A camera of the same rank that is nearer than this would be one of them."""

    def part(self, index: slice) -> Judgement:
        """For some of the places."""
        return Judgement(self.rank[index], self.cameras[index], self.farthest_m[index])

    def changed_by(self, coming: Nearness) -> bool:
        """True if one further camera would change any reason, or whom it is about."""
        rank, distance = coming.rank[:, 0], coming.distance_m[:, 0]
        return bool(((rank > self.rank) | ((rank == self.rank) & (rank > 0) & (distance < self.farthest_m))).any())


def judge(cameras: Sequence[Optics], places: Places) -> Judgement:
    """Judge places by the cameras of their floor, whether or not those work now."""
    count = len(places)
    judged = Judgement(np.zeros(count, np.int8), np.full((count, CANDIDATES), -1), np.full(count, np.inf))
    if not cameras:
        return judged
    at_once = max(1, _MOST_PAIRS // len(cameras))
    for part in (slice(at, at + at_once) for at in range(0, count, at_once)):
        found = nearness(cameras, places[part])
        best = judged.rank[part] = found.rank.max(axis=1)
        distance = np.where((found.rank == best[:, None]) & (best > 0)[:, None], found.distance_m, np.inf)
        rows = np.arange(len(distance))
        for step in range(min(CANDIDATES, len(cameras))):
            nearest = distance.argmin(axis=1)
            nearest_m = distance[rows, nearest]
            judged.cameras[part, step] = np.where(np.isfinite(nearest_m), nearest, -1)
            if step == CANDIDATES - 1:
                judged.farthest_m[part] = nearest_m
            distance[rows, nearest] = np.inf
    return judged


def main_place(ranks: Sequence[int]) -> int:
    """Which of some places speaks for all: the first with the reason that holds for most, then the most telling."""
    return ranks.index(max(set(ranks), key=lambda rank: (ranks.count(rank), rank)))


def hiding_edges(edges: Edges, cameras: Sequence[Optics], places: Places) -> list[str | None]:
    """Id of the nearest wall or building that stands between each camera and its place, or None."""
    at_once = max(1, _MOST_PAIRS // max(len(edges), 1))
    found: list[str | None] = []
    for at in range(0, len(places) if len(edges) else 0, at_once):
        found += _hiding_edges(edges, cameras[at : at + at_once], places[at : at + at_once])
    return found or [None] * len(places)


def _hiding_edges(edges: Edges, cameras: Sequence[Optics], places: Places) -> list[str | None]:
    eyes = np.array([(one.x_m, one.y_m, one.height_m) for one in cameras])
    dx, dy, dz = (places[:, :3] - eyes).T[:, :, None]
    wall_x, wall_y = (edges.ends - edges.starts).T
    to_x, to_y = edges.starts[:, 0] - eyes[:, 0, None], edges.starts[:, 1] - eyes[:, 1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = dx * wall_y - dy * wall_x
        along_ray = (to_x * wall_y - to_y * wall_x) / turn
        along_wall = (to_x * dy - to_y * dx) / turn
        hides = (along_ray > 0) & (along_ray <= 1) & (along_wall >= 0) & (along_wall <= 1)
        hides &= eyes[:, 2, None] + along_ray * dz <= edges.tops_m
    nearest = np.where(hides, along_ray, np.inf).argmin(axis=1).tolist()
    return [edges.owners[edge] if hides[row, edge] else None for row, edge in enumerate(nearest)]
