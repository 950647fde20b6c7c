"""A camera that hangs on the plan, with what it sees of each layer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from camera.coverage.optics import Optics
from camera.coverage.report import PoseSource, Watch
from camera.coverage.scene import LayerKey, Patch, Scene
from camera.coverage.spots import Region
from camera.coverage.view import View, view
from config.point import Pose


@dataclass(slots=True, eq=False, kw_only=True)
class PlacedCamera:
    """Everything fixed by its pose, and whether it is known to see now."""

    point_id: str
    number: int
    """Counts up with every placing, so that a tally can tell cameras apart."""
    pose: Pose
    source: PoseSource
    watch: Watch
    floor: str
    optics: Optics
    views: dict[LayerKey, View] = field(default_factory=dict)

    def cells_of(self, patch: Patch) -> int:
        """How many of a zone's cells it has in sight by day."""
        seen = self.views.get(patch.layer)
        common = None if seen is None else seen.window.common(patch.window)
        if seen is None or common is None:
            return 0
        return int(np.count_nonzero(seen.day[common[0]] & patch.cells[common[1]]))

    def shows(self, layer: LayerKey, region: Region) -> bool:
        """True if it has one of a region's sampled cells in sight by day."""
        seen = self.views.get(layer)
        if seen is None:
            return False
        rows, columns = region.rows - seen.window.bottom, region.columns - seen.window.left
        height, width = seen.day.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        return bool(np.any(seen.day[rows[inside], columns[inside]]))


def hang(scene: Scene, point_id: str, pose: Pose, watch: Watch, source: PoseSource, number: int) -> PlacedCamera:
    """Compute what a camera at this pose sees; the pose must not lie inside a wall."""
    floor = scene.floor_of(pose)
    optics = Optics.of(pose)
    roof = scene.roof_over(pose, floor)
    views = {
        key: seen
        for key, layer in scene.layers.items()
        if layer.floor == floor and (seen := view(layer, optics, roof)) is not None
    }
    return PlacedCamera(
        point_id=point_id,
        number=number,
        pose=pose,
        source=source,
        watch=watch,
        floor=floor,
        optics=optics,
        views=views,
    )
