"""Why a place is not seen, judged against the cameras as they hang, whether or not they work now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from camera.coverage.optics import Array, Optics
from camera.coverage.report import Reason
from camera.coverage.shadow import shadows
from camera.coverage.view import Layer

NEARLY: Final = 0.25
"""A picture that shows a place at less than this part of the needed density does not count as nearly seeing it."""

CANDIDATES: Final = 3
"""How many cameras are asked whether a wall stands before them."""

_REASONS: Final = (Reason.OUT_OF_VIEW, Reason.TOO_FAR, Reason.DEAD_ZONE, Reason.BEHIND_WALL)
"""In order of how near the camera comes to seeing it: the last that applies is said."""


@dataclass(frozen=True, slots=True)
class Why:
    """The reason for one place, and the nearest cameras that it is about, nearest first."""

    reason: Reason
    points: tuple[str, ...]


class Rig:
    """All cameras of a floor as arrays, so that many places are judged at once."""

    def __init__(self, optics: Mapping[str, Optics]) -> None:
        self._ids = tuple(optics)
        cameras = tuple(optics.values())
        self._place = np.array([(one.x_m, one.y_m, one.height_m) for one in cameras]).reshape(-1, 3)
        self._forward = np.array([one.forward for one in cameras]).reshape(-1, 3)
        self._right = np.array([one.right for one in cameras]).reshape(-1, 3)
        self._down = np.array([one.down for one in cameras]).reshape(-1, 3)
        self._half = np.array([(one.half_width, one.half_height) for one in cameras]).reshape(-1, 2)
        self._focal = np.array([one.focal_px for one in cameras])

    def why(self, layer: Layer, x: Array, y: Array) -> list[Why]:
        """The reason for each place of a layer that no camera sees, however well all cameras worked."""
        if not self._ids:
            return [Why(Reason.OUT_OF_VIEW, ())] * len(x)
        dx, dy = x[:, None] - self._place[:, 0], y[:, None] - self._place[:, 1]
        dz = layer.target_m - self._place[:, 2]
        depth = self._along(self._forward, dx, dy, dz)
        across = np.abs(self._along(self._right, dx, dy, dz)) <= depth * self._half[:, 0]
        fall = self._along(self._down, dx, dy, dz)
        limit = depth * self._half[:, 1]
        dense = depth * layer.density_px_per_m
        framed = across & (np.abs(fall) <= limit)
        rank = np.zeros(depth.shape, dtype=np.int8)
        rank[framed & (dense * NEARLY <= self._focal)] = 1
        # Under the camera and in its direction: tilting it down, or hanging it farther off, would show the place.
        ahead = dx * self._forward[:, 0] + dy * self._forward[:, 1] > 0
        beside = np.abs(dx * self._right[:, 0] + dy * self._right[:, 1]) <= np.hypot(dx, dy) * self._half[:, 0]
        near = np.hypot(dx, dy) <= 2 * np.abs(dz) + 1
        rank[ahead & beside & near & (fall > limit)] = 2
        rank[framed & (dense <= self._focal)] = 3
        best = rank.max(axis=1)
        distance = np.where(rank == best[:, None], np.hypot(dx, dy), np.inf)
        nearest = np.argsort(distance, axis=1)[:, :CANDIDATES]
        return [
            Why(
                _REASONS[step],
                tuple(self._ids[camera] for camera in cameras if step and np.isfinite(distance[place, camera])),
            )
            for place, (step, cameras) in enumerate(zip(best.tolist(), nearest.tolist(), strict=True))
        ]

    @staticmethod
    def _along(axis: Array, dx: Array, dy: Array, dz: Array) -> Array:
        return dx * axis[:, 0] + dy * axis[:, 1] + dz * axis[:, 2]


def hiding_edge(layer: Layer, optics: Optics, x_m: float, y_m: float) -> str | None:
    """Id of the nearest wall or building that stands between a camera and a place, or None."""
    here = np.array([optics.x_m, optics.y_m])
    edges = layer.edges
    between = edges.near((min(x_m, optics.x_m), min(y_m, optics.y_m)), (max(x_m, optics.x_m), max(y_m, optics.y_m)))
    planes, kept = shadows(
        edges.starts[between] - here,
        edges.ends[between] - here,
        edges.tops_m[between],
        optics.height_m,
        layer.target_m,
    )
    place = np.array([x_m, y_m]) - here
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
