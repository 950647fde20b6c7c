"""A plan prepared for seeing: per floor its opaque edges and roofs, and the layers that its zones ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.raster import Grid, Mask, polygon_mask
from camera.coverage.shadow import Edges
from camera.coverage.view import OPEN_AIR, Layer
from camera.coverage.window import Window
from config.plan import Plan
from config.plan_feature import GROUND, Area, Building, Private, Zone
from config.point import Pose
from config.ring import Ring, contains

PRIVATE_PX_PER_M: Final = 5.0
"""A private place counts as seen from this density on: a grown person is then eight pixels tall."""
INSIDE_WALL_M: Final = 0.02
"""Nearer to a wall than this, nobody can tell on which of its sides a camera hangs."""

LayerKey = tuple[str, float, float]
"""Floor, target height above the campus's ground, pixel density."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The cells of one zone within its layer's grid."""

    layer: LayerKey
    window: Window
    cells: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What does not change while cameras fail and recover."""

    plan: Plan
    edges: Mapping[str, Edges]
    """By floor."""
    layers: Mapping[LayerKey, Layer]
    zones: Mapping[str, Patch]
    private: Mapping[str, Patch]

    def floor_of(self, pose: Pose) -> str:
        """The floor a camera hangs on: the storey whose rooms it is in, else the ground."""
        for floor in self.plan.floors:
            above = pose.height_m - floor.elevation_m
            if 0 <= above < floor.height_m and _within(floor.area, pose):
                return floor.id
        return GROUND

    def roof_over(self, pose: Pose, floor: str) -> int:
        """Number of the building (as in Layer.roofed) that the camera hangs in; OPEN_AIR outside and on a roof."""
        elevation = self.plan.elevation_m(floor)
        for number, building in enumerate(_buildings(self.plan, floor), start=1):
            if pose.height_m < elevation + building.height_m and _within(building.area, pose):
                return number
        return OPEN_AIR

    def wall_holding(self, pose: Pose) -> str | None:
        """Id of a wall that the camera is inside of, so that no side of it can be told."""
        edges = self.edges[self.floor_of(pose)]
        along = edges.ends - edges.starts
        offset = np.array([pose.x_m, pose.y_m]) - edges.starts
        length2 = np.maximum(np.einsum("nk,nk->n", along, along), 1e-12)
        share = np.clip(np.einsum("nk,nk->n", offset, along) / length2, 0, 1)
        apart = np.hypot(*(offset - share[:, None] * along).T)
        holding = np.flatnonzero((apart < INSIDE_WALL_M) & (edges.tops_m > pose.height_m))
        return edges.owners[int(holding[0])] if holding.size else None


def prepare(plan: Plan) -> Scene:
    """Prepare a plan; the work depends on the plan alone."""
    edges = {floor: _edges(plan, floor) for floor in plan.floor_ids()}
    wanted: dict[LayerKey, list[Zone | Private]] = {}
    for zone in plan.zones:
        wanted.setdefault(_key(plan, zone, zone.density_px_per_m), []).append(zone)
    for private in plan.private:
        wanted.setdefault(_key(plan, private, PRIVATE_PX_PER_M), []).append(private)
    layers = {key: _layer(plan, key, [shape.area for shape in shapes], edges[key[0]]) for key, shapes in wanted.items()}
    zones: dict[str, Patch] = {}
    privates: dict[str, Patch] = {}
    for key, shapes in wanted.items():
        for shape in shapes:
            patches = privates if isinstance(shape, Private) else zones
            patches[shape.id] = _patch(key, shape.area, layers[key].grid)
    return Scene(plan, edges, layers, zones, privates)


def _key(plan: Plan, shape: Zone | Private, density_px_per_m: float) -> LayerKey:
    return shape.floor, plan.elevation_m(shape.floor) + shape.target_height_m, density_px_per_m


def _layer(plan: Plan, key: LayerKey, areas: list[Area], edges: Edges) -> Layer:
    floor, target_m, density = key
    grid = Grid.around(areas, plan.cell_m)
    roofed = np.zeros((grid.rows, grid.columns), dtype=np.int16)
    for number, building in enumerate(_buildings(plan, floor), start=1):
        if plan.elevation_m(floor) + building.height_m > target_m:
            _cover(roofed, building.area, grid, number)
    return Layer(floor, target_m, density, grid, edges, roofed)


def _cover(roofed: NDArray[np.int16], area: Area, grid: Grid, number: int) -> None:
    own = Grid.around([area], grid.cell_m)
    row, column = _offset(own, grid)
    common = Window(0, grid.rows, 0, grid.columns).common(Window(row, row + own.rows, column, column + own.columns))
    if common is not None:
        roofed[common[0]][polygon_mask(area, own)[common[1]]] = number


def _patch(key: LayerKey, area: Area, grid: Grid) -> Patch:
    own = Grid.around([area], grid.cell_m)
    row, column = _offset(own, grid)
    return Patch(key, Window(row, row + own.rows, column, column + own.columns), polygon_mask(area, own))


def _offset(inner: Grid, outer: Grid) -> tuple[int, int]:
    return (
        round((inner.bottom_m - outer.bottom_m) / outer.cell_m),
        round((inner.left_m - outer.left_m) / outer.cell_m),
    )


def _edges(plan: Plan, floor: str) -> Edges:
    elevation = plan.elevation_m(floor)
    starts: list[tuple[float, float]] = []
    ends: list[tuple[float, float]] = []
    tops: list[float] = []
    owners: list[str] = []

    def add(corners: Ring, top_m: float, owner: str, *, closed: bool) -> None:
        following = (*corners[1:], corners[0]) if closed else corners[1:]
        starts.extend(corners[: len(following)])
        ends.extend(following)
        tops.extend([top_m] * len(following))
        owners.extend([owner] * len(following))

    for wall in plan.walls:
        if wall.floor == floor:
            add(wall.line, elevation + wall.height_m, wall.id, closed=False)
    for building in _buildings(plan, floor):
        for ring in (building.area.outer, *building.area.holes):
            add(ring, elevation + building.height_m, building.id, closed=True)
    for storey in plan.floors:
        if storey.id == floor:
            for ring in (storey.area.outer, *storey.area.holes):
                add(ring, elevation + storey.height_m, storey.id, closed=True)
    return Edges(
        np.asarray(starts, dtype=np.float64).reshape(-1, 2),
        np.asarray(ends, dtype=np.float64).reshape(-1, 2),
        np.asarray(tops, dtype=np.float64),
        tuple(owners),
    )


def _buildings(plan: Plan, floor: str) -> list[Building]:
    return [building for building in plan.buildings if building.floor == floor]


def _within(area: Area, pose: Pose) -> bool:
    place = np.array([[pose.x_m, pose.y_m]])
    return bool(contains(area.outer, place)[0]) and not any(contains(hole, place)[0] for hole in area.holes)
