"""The cause of each blind spot: which camera is down, which wall stands in the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from camera.coverage.placed import PlacedCamera
from camera.coverage.reason import Rig, Why, hiding_edge, main_reason
from camera.coverage.report import Reason, Watch
from camera.coverage.scene import LayerKey, Scene
from camera.coverage.spots import Cause, Region
from camera.coverage.state import Cell
from camera.coverage.view import Layer


class Causes:
    """Explains regions against the cameras of a campus; keeps the cameras of each floor as arrays while they hang."""

    def __init__(self, scene: Scene, cameras: Mapping[str, PlacedCamera]) -> None:
        self._scene = scene
        self._cameras = cameras
        self._rigs: dict[str, Rig] = {}
        plan = scene.plan
        self._names = {one.id: one.name for one in plan.walls}
        self._names |= {one.id: one.name for one in plan.buildings}
        self._names |= {one.id: one.name for one in plan.floors}

    def forget(self, floor: str) -> None:
        """A camera of this floor came, went or moved."""
        self._rigs.pop(floor, None)

    def of(self, key: LayerKey, found: list[Region]) -> list[Cause]:
        """The cause of each region of a zone, in order."""
        blind = [region for region in found if region.state is Cell.BLIND]
        judged = iter(self._judge(self._scene.layers[key], blind))
        return [next(judged) if region.state is Cell.BLIND else self._of_state(key, region) for region in found]

    def _of_state(self, key: LayerKey, region: Region) -> Cause:
        if region.state is Cell.NIGHT_BLIND:
            return Cause(Reason.TOO_DARK, self._viewers(key, region, None))
        if region.state in (Cell.DOWN, Cell.NIGHT_DOWN):
            return Cause(Reason.CAMERA_DOWN, self._viewers(key, region, Watch.FAILING))
        return Cause(Reason.NOT_CERTAIN, self._viewers(key, region, Watch.UNKNOWN))

    def _judge(self, layer: Layer, blind: list[Region]) -> list[Cause]:
        if not blind:
            return []
        x = layer.grid.left_m + (np.concatenate([region.columns for region in blind]) + 0.5) * layer.grid.cell_m
        y = layer.grid.bottom_m + (np.concatenate([region.rows for region in blind]) + 0.5) * layer.grid.cell_m
        whys = self._rig(layer.floor).why(layer, x, y)
        causes, at = [], 0
        for region in blind:
            past = at + len(region.rows)
            why = main_reason(whys[at:past])
            place = whys.index(why, at, past)
            causes.append(self._cause(layer, why, float(x[place]), float(y[place])))
            at = past
        return causes

    def _cause(self, layer: Layer, why: Why, x_m: float, y_m: float) -> Cause:
        for point_id in why.points:
            edge = hiding_edge(layer, self._cameras[point_id].optics, x_m, y_m)
            if why.reason is Reason.BEHIND_WALL:
                return Cause(why.reason, (point_id,), self._names[edge] if edge else None)
            if edge is None:
                return Cause(why.reason, (point_id,))
        # What a camera would see only too small, or under its own feet, and behind a wall besides, is out of its view.
        return Cause(Reason.OUT_OF_VIEW, ())

    def _rig(self, floor: str) -> Rig:
        if floor not in self._rigs:
            self._rigs[floor] = Rig({one.point_id: one.optics for one in self._cameras.values() if one.floor == floor})
        return self._rigs[floor]

    def _viewers(self, key: LayerKey, region: Region, watch: Watch | None) -> tuple[str, ...]:
        return tuple(
            camera.point_id
            for camera in self._cameras.values()
            if (watch is None or camera.watch is watch) and camera.shows(key, region)
        )
