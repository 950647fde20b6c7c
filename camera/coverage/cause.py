"""The cause of each blind spot of a zone: which camera is down, which wall stands in the way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from camera.coverage.placed import PlacedCamera
from camera.coverage.reason import Why, hiding_edge, main_reason, whys
from camera.coverage.report import Reason, Watch
from camera.coverage.scene import Patch, Scene
from camera.coverage.spots import Cause, Region
from camera.coverage.state import Cell

_OF_STATE: Final = {
    Cell.DOWN: (Reason.CAMERA_DOWN, Watch.FAILING),
    Cell.UNCERTAIN: (Reason.NOT_CERTAIN, Watch.UNKNOWN),
    Cell.NIGHT_BLIND: (Reason.TOO_DARK, None),
    Cell.NIGHT_DOWN: (Reason.CAMERA_DOWN, Watch.FAILING),
    Cell.NIGHT_UNCERTAIN: (Reason.NOT_CERTAIN, Watch.UNKNOWN),
}


class Causes:
    """Explains a zone's regions by the cameras around it."""

    def __init__(self, scene: Scene, patch: Patch) -> None:
        self._scene = scene
        self._patch = patch
        self._plane = scene.planes[patch.plane]
        self._walls: dict[tuple[PlacedCamera, float, float], str | None] = {}
        """What stands between a camera and a place: found once, as walls do not move."""

    def of(
        self, found: Collection[Region], around: Collection[PlacedCamera], seeing: Collection[PlacedCamera]
    ) -> list[Cause]:
        """The cause of each region, in order, by the cameras around the zone and those of them that see some of it."""
        blind = [region for region in found if region.state is Cell.BLIND]
        judged = iter(self._judge(blind, tuple(around)))
        return [next(judged) if region.state is Cell.BLIND else self._of_state(region, seeing) for region in found]

    def _of_state(self, region: Region, seeing: Collection[PlacedCamera]) -> Cause:
        reason, watch = _OF_STATE[region.state]
        viewers = (one for one in seeing if watch is None or one.watch is watch)
        return Cause(reason, tuple(one.point_id for one in viewers if one.shows(self._patch.view, region)))

    def _judge(self, blind: list[Region], around: tuple[PlacedCamera, ...]) -> list[Cause]:
        if not blind:
            return []
        grid = self._plane.grid
        y, x = np.array([cell for region in blind for cell in region.samples], dtype=np.float64).T
        x, y = grid.left_m + (x + 0.5) * grid.cell_m, grid.bottom_m + (y + 0.5) * grid.cell_m
        judged = whys([one.optics for one in around], self._plane.target_m, self._patch.density_px_per_m, x, y)
        causes, at = [], 0
        for region in blind:
            past = at + len(region.samples)
            why = main_reason(judged[at:past])
            place = judged.index(why, at, past)
            causes.append(self._cause(why, around, float(x[place]), float(y[place])))
            at = past
        return causes

    def _cause(self, why: Why, around: tuple[PlacedCamera, ...], x_m: float, y_m: float) -> Cause:
        for camera in (around[number] for number in why.cameras):
            wall = self._wall(camera, x_m, y_m)
            if why.reason is Reason.BEHIND_WALL:
                return Cause(why.reason, (camera.point_id,), wall)
            if wall is None:
                return Cause(why.reason, (camera.point_id,))
        # What a camera would see only too small, or under its own feet, and behind a wall besides, is out of its view.
        return Cause(Reason.OUT_OF_VIEW, ())

    def _wall(self, camera: PlacedCamera, x_m: float, y_m: float) -> str | None:
        key = camera, x_m, y_m
        if key not in self._walls:
            owner = hiding_edge(self._plane, camera.optics, x_m, y_m)
            self._walls[key] = None if owner is None else self._scene.names[owner]
        return self._walls[key]

    def forget(self, camera: PlacedCamera) -> None:
        """The camera is gone from where it hung."""
        self._walls = {key: wall for key, wall in self._walls.items() if key[0] is not camera}
