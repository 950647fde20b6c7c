"""A camera that hangs on the plan, with what it sees of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from camera.coverage.optics import Optics, frames, reaches
from camera.coverage.raster import Mask
from camera.coverage.reason import DEAD_ZONE_HEIGHTS, NEARLY
from camera.coverage.region import Region
from camera.coverage.report import PoseSource, Watch
from camera.coverage.scene import Patch, Scene, ViewKey
from camera.coverage.view import Eye, View, views
from camera.coverage.window import Index, Window
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

    def glimpse(self, patch: Patch) -> Glimpse | None:
        """What it has in sight of a zone by day; None for nothing."""
        seen = self.views.get(patch.view)
        common = None if seen is None else seen.window.common(patch.window)
        if seen is None or common is None:
            return None
        cells = seen.day[common[0]] & patch.cells[common[1]]
        count = int(np.count_nonzero(cells))
        return Glimpse(self, patch.window, common[1], cells, count) if count else None


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """The part of a zone that a camera has in sight by day, whether or not it works now."""

    camera: PlacedCamera
    zone: Window
    index: Index
    """To take the part out of the zone's window."""
    cells: Mask
    count: int
    """How many cells it is."""

    def count_among(self, some: Mask) -> int:
        """How many of some of the zone's window's cells it is."""
        return int(np.count_nonzero(some[self.index] & self.cells))

    def shows(self, region: Region) -> bool:
        """True if one of a region's sampled cells is in sight."""
        rows, columns = self.index
        height, width = self.cells.shape
        for row, column in region.samples:
            north, east = row - self.zone.bottom - rows.start, column - self.zone.left - columns.start
            if 0 <= north < height and 0 <= east < width and self.cells[north, east]:
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A camera that comes to hang on the plan; its pose must not lie inside a wall."""

    point_id: str
    pose: Pose
    watch: Watch
    source: PoseSource


def hang(scene: Scene, arrivals: Sequence[Arrival]) -> list[PlacedCamera]:
    """Compute what cameras see; together, as one costs nearly as much as thirty."""
    floors = [scene.floor_of(one.pose) for one in arrivals]
    cameras = [Optics.of(one.pose) for one in arrivals]
    return [
        PlacedCamera(
            point_id=arrival.point_id,
            pose=arrival.pose,
            source=arrival.source,
            watch=arrival.watch,
            floor=floor,
            optics=optics,
            views=seen,
            around=around,
        )
        for arrival, floor, optics, seen, around in zip(
            arrivals,
            floors,
            cameras,
            _sights(scene, [one.pose for one in arrivals], floors, cameras),
            _around(scene, floors, cameras),
            strict=True,
        )
    ]


def sights(scene: Scene, poses: Sequence[Pose]) -> list[dict[ViewKey, View]]:
    """What cameras at some poses see, for each height and density that zones of their floors ask for."""
    return _sights(scene, poses, [scene.floor_of(pose) for pose in poses], [Optics.of(pose) for pose in poses])


def _sights(
    scene: Scene, poses: Sequence[Pose], floors: Sequence[str], cameras: Sequence[Optics]
) -> list[dict[ViewKey, View]]:
    eyes = [
        Eye(optics, scene.roofs_over(pose, floor)) for pose, floor, optics in zip(poses, floors, cameras, strict=True)
    ]
    found: list[dict[ViewKey, View]] = [{} for _ in poses]
    for key, plane in scene.planes.items():
        there = [number for number, floor in enumerate(floors) if floor == plane.floor]
        for number, by_density in zip(there, views(plane, [eyes[number] for number in there]), strict=True):
            for density, seen in zip(plane.densities_px_per_m, by_density, strict=True):
                if seen is not None:
                    found[number][key, density] = seen
    return found


def _around(scene: Scene, floors: Sequence[str], cameras: Sequence[Optics]) -> list[tuple[str, ...]]:
    """By camera, zones that its footprint at a fraction of the needed density may touch, and those about its foot."""
    found: list[list[str]] = [[] for _ in cameras]
    for key, plane in scene.planes.items():
        there = [number for number, floor in enumerate(floors) if floor == plane.floor]
        ids, boxes, densities = scene.zones_on[key]
        if not there or not ids:
            continue
        on_floor = [cameras[number] for number in there]
        here = np.array([(one.x_m, one.y_m) for one in on_floor])
        corners = boxes - here[:, None, None]
        frame = frames(on_floor, plane.target_m)[:, None].repeat(len(ids), axis=1)
        reach = reaches(on_floor, plane.target_m, (densities * NEARLY).tolist())[:, :, None]
        sides = np.concatenate([frame, reach], axis=2)
        inside = np.einsum("cnpk,cnsk->cnps", corners, sides[..., :2]) + sides[:, :, None, :, 2] >= 0
        touches = inside.any(axis=2).all(axis=2)
        gap = np.maximum(np.maximum(corners.min(axis=2), -corners.max(axis=2)), 0)
        drop_m = np.array([one.height_m for one in on_floor]) - plane.target_m
        at_foot = np.hypot(gap[..., 0], gap[..., 1]) <= DEAD_ZONE_HEIGHTS * np.abs(drop_m)[:, None]
        for number, zone in zip(*(one.tolist() for one in np.nonzero(touches | at_foot)), strict=True):
            found[there[number]].append(ids[zone])
    return [tuple(one) for one in found]
