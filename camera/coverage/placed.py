"""A camera that hangs on the plan, with what it sees of each layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from camera.coverage.optics import Optics
from camera.coverage.raster import Mask
from camera.coverage.reason import DEAD_ZONE_HEIGHTS, NEARLY
from camera.coverage.report import PoseSource, Watch
from camera.coverage.scene import Patch, Scene, ViewKey
from camera.coverage.spots import Region
from camera.coverage.view import View, views
from config.point import Pose


@dataclass(slots=True, eq=False, kw_only=True)
class PlacedCamera:
    """Everything fixed by its pose, and whether it is known to see now."""

    point_id: str
    pose: Pose
    source: PoseSource
    watch: Watch
    floor: str
    optics: Optics
    views: dict[ViewKey, View]
    around: tuple[str, ...]
    """Zones that it sees or nearly sees."""

    def cells_of(self, patch: Patch, among: Mask | None = None) -> int:
        """How many of a zone's cells (or of some of its window's cells) it has in sight by day."""
        seen = self.views.get(patch.view)
        common = None if seen is None else seen.window.common(patch.window)
        if seen is None or common is None:
            return 0
        cells = patch.cells if among is None else among
        return int(np.count_nonzero(seen.day[common[0]] & cells[common[1]]))

    def shows(self, key: ViewKey, region: Region) -> bool:
        """True if it has one of a region's sampled cells in sight by day."""
        seen = self.views.get(key)
        if seen is None:
            return False
        window = seen.window
        return any(
            window.holds(row, column) and seen.day[row - window.bottom, column - window.left]
            for row, column in region.samples
        )


def hang(scene: Scene, point_id: str, pose: Pose, watch: Watch, source: PoseSource) -> PlacedCamera:
    """Compute what a camera at this pose sees; the pose must not lie inside a wall."""
    floor = scene.floor_of(pose)
    optics = Optics.of(pose)
    return PlacedCamera(
        point_id=point_id,
        pose=pose,
        source=source,
        watch=watch,
        floor=floor,
        optics=optics,
        views=dict(_sights(scene, pose, floor, optics)),
        around=tuple(_around(scene, floor, optics)),
    )


def sights(scene: Scene, pose: Pose) -> Iterator[tuple[ViewKey, View]]:
    """What a camera at this pose sees, for each height and density that zones of its floor ask for."""
    return _sights(scene, pose, scene.floor_of(pose), Optics.of(pose))


def _sights(scene: Scene, pose: Pose, floor: str, optics: Optics) -> Iterator[tuple[ViewKey, View]]:
    within = scene.roofs_over(pose, floor)
    for key, plane in scene.planes.items():
        if plane.floor == floor:
            for density, seen in zip(plane.densities_px_per_m, views(plane, optics, within), strict=True):
                if seen is not None:
                    yield (key, density), seen


def _around(scene: Scene, floor: str, optics: Optics) -> Iterator[str]:
    """Zones that the picture's footprint at half the needed density may touch, and those about its foot."""
    for key, plane in scene.planes.items():
        if plane.floor != floor or key not in scene.zones_on:
            continue
        ids, boxes, densities = scene.zones_on[key]
        corners = boxes - np.array([optics.x_m, optics.y_m])
        frame = optics.frame(plane.target_m)
        outside = (corners @ frame[:, :2].T + frame[:, 2] < 0).all(axis=1).any(axis=1)
        outside |= (corners @ optics.forward[:2]).min(axis=1) + optics.forward[2] * (
            plane.target_m - optics.height_m
        ) > optics.focal_px / (densities * NEARLY)
        gap = np.maximum(np.maximum(corners.min(axis=1), -corners.max(axis=1)), 0)
        at_foot = np.hypot(*gap.T) <= DEAD_ZONE_HEIGHTS * abs(optics.height_m - plane.target_m)
        for number in np.flatnonzero(~outside | at_foot).tolist():
            yield ids[number]
