"""The cause of each blind spot of a zone: which camera is down, which wall stands in the way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from camera.coverage.placed import PlacedCamera
from camera.coverage.reason import Judgement, Nearness, Why, hiding_edge, main_reason, nearness
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
        self._around: tuple[PlacedCamera, ...] = ()
        self._x = self._y = np.zeros(0)
        self._judgement: Judgement | None = None

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
        self._around = around
        grid = self._plane.grid
        cells = np.array([cell for region in blind for cell in region.samples], dtype=np.float64).reshape(-1, 2)
        self._x = grid.left_m + (cells[:, 1] + 0.5) * grid.cell_m
        self._y = grid.bottom_m + (cells[:, 0] + 0.5) * grid.cell_m
        self._judgement = Judgement(self._nearness(around)) if blind and around else None
        causes, at = [], 0
        for region in blind:
            past = at + len(region.samples)
            if self._judgement is None:
                causes.append(Cause(Reason.OUT_OF_VIEW, ()))
            else:
                why = main_reason(self._judgement.whys[at:past])
                place = self._judgement.whys.index(why, at, past)
                causes.append(self._cause(why, around, float(self._x[place]), float(self._y[place])))
            at = past
        return causes

    def _nearness(self, cameras: Sequence[PlacedCamera]) -> Nearness:
        density = self._patch.density_px_per_m
        return nearness([one.optics for one in cameras], self._plane.target_m, density, self._x, self._y)

    def changed_by(self, coming: PlacedCamera) -> bool:
        """True if a camera that comes to hang here would change any blind spot's cause."""
        if self._x.size == 0:
            return False
        return self._judgement is None or self._judgement.changed_by(self._nearness([coming]))

    def is_about(self, going: PlacedCamera) -> bool:
        """True if any blind spot's cause is about a camera."""
        # One that came without changing anything was not judged with the others.
        if self._judgement is None or going not in self._around:
            return False
        return self._judgement.is_about(self._around.index(going))

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
