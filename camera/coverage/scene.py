"""A plan prepared for seeing: per floor its opaque edges and roofs, and the planes that its zones ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.plane import Plane, Roof, open_sky
from camera.coverage.raster import Array, Grid, Mask, polygon_mask
from camera.coverage.shadow import Edges
from camera.coverage.window import Window
from config.plan import Plan
from config.plan_feature import GROUND, Area, Building, Private, Zone
from config.point import Pose
from config.ring import Ring, contains, distance_m

PRIVATE_PX_PER_M: Final = 5.0
"""A private place counts as seen from this density on: a grown person is then eight pixels tall."""
INSIDE_WALL_M: Final = 0.02
"""Nearer to a wall than this, nobody can tell on which of its sides a camera hangs."""

STREET_M: Final = 20.0
"""A camera may hang across the street; farther off its place is a mistake."""

PlaneKey = tuple[str, float]
"""Floor, and target height above the campus's ground."""
ViewKey = tuple[PlaneKey, float]
"""A plane and a density at which zones on it must be seen."""
OUTSIDE: Final = 255
"""Stands for a cell that does not belong to the zone."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The cells of one zone within its plane's grid."""

    plane: PlaneKey
    density_px_per_m: float
    window: Window
    cells: Mask
    outside: NDArray[np.uint8]
    """OUTSIDE for the window's other cells, 0 for the zone's."""

    @classmethod
    def of(cls, plane: PlaneKey, density_px_per_m: float, window: Window, cells: Mask) -> Patch:
        """From its cells."""
        return cls(plane, density_px_per_m, window, cells, np.where(cells, 0, OUTSIDE).astype(np.uint8))

    @property
    def view(self) -> ViewKey:
        """Which of a camera's views counts for the zone."""
        return self.plane, self.density_px_per_m


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What does not change while cameras fail and recover."""

    plan: Plan
    edges: Mapping[str, Edges]
    """By floor."""
    planes: Mapping[PlaneKey, Plane]
    zones: Mapping[str, Patch]
    zones_on: Mapping[PlaneKey, tuple[tuple[str, ...], Array, Array]]
    """By plane, its zones' ids, the corners of their bounding boxes (N, 4, 2) and the densities they need."""
    private: Mapping[str, Patch]
    buildings: Mapping[str, Sequence[tuple[Building, tuple[float, float, float, float]]]]
    """By floor, each with its left, bottom, right and top."""
    names: Mapping[str, str]
    """Of what can hide something, by id."""

    def floor_of(self, pose: Pose) -> str:
        """The floor a camera hangs on: the storey whose rooms it is in, else the ground."""
        for floor in self.plan.floors:
            above = pose.height_m - floor.elevation_m
            if 0 <= above < floor.height_m and _within(floor.area, pose):
                return floor.id
        return GROUND

    def roofs_over(self, pose: Pose, floor: str) -> frozenset[str]:
        """The buildings that the camera hangs in: none in the open air or on a roof."""
        elevation = self.plan.elevation_m(floor)
        return frozenset(
            building.id
            for building, (left, bottom, right, top) in self.buildings[floor]
            if left <= pose.x_m <= right
            and bottom <= pose.y_m <= top
            and pose.height_m < elevation + building.height_m
            and _within(building.area, pose)
        )

    def holds(self, poses: Sequence[Pose]) -> list[bool]:
        """Whether each camera hangs on the campus, or within a street's width of it."""
        places = np.array([(pose.x_m, pose.y_m) for pose in poses])
        inside: list[bool] = contains(self.plan.outline.area.outer, places, margin_m=STREET_M).tolist()
        return inside

    def wall_holding(self, pose: Pose) -> str | None:
        """Id of a wall that the camera is inside of, so that no side of it can be told."""
        edges = self.edges[self.floor_of(pose)]
        here = np.array([pose.x_m, pose.y_m])
        for edge in edges.near(here - INSIDE_WALL_M, here + INSIDE_WALL_M).tolist():
            apart = distance_m(here[None], edges.starts[edge][None], edges.ends[edge][None])
            if float(apart[0, 0]) < INSIDE_WALL_M and float(edges.tops_m[edge]) > pose.height_m:
                return edges.owners[int(edge)]
        return None


def prepare(plan: Plan) -> Scene:
    """Prepare a plan; the work depends on the plan alone."""
    edges = {floor: _edges(plan, floor) for floor in plan.floor_ids()}
    wanted: dict[PlaneKey, list[tuple[Zone | Private, float]]] = {}
    for zone in plan.zones:
        wanted.setdefault(_key(plan, zone), []).append((zone, zone.density_px_per_m))
    for private in plan.private:
        wanted.setdefault(_key(plan, private), []).append((private, PRIVATE_PX_PER_M))
    planes: dict[PlaneKey, Plane] = {}
    zones: dict[str, Patch] = {}
    privates: dict[str, Patch] = {}
    for key, shapes in wanted.items():
        planes[key] = _plane(plan, key, shapes, edges[key[0]])
        for shape, density in shapes:
            patches = privates if isinstance(shape, Private) else zones
            patches[shape.id] = Patch.of(key, density, *_cells(shape.area, planes[key].grid))
    zones_on = {key: _boxes([zone for zone in plan.zones if _key(plan, zone) == key]) for key in planes}
    boxes = {
        floor: [(building, _box(building.area)) for building in _buildings(plan, floor)] for floor in plan.floor_ids()
    }
    names = {one.id: one.name for one in plan.walls}
    names |= {one.id: one.name for one in plan.buildings}
    names |= {one.id: one.name for one in plan.floors}
    return Scene(plan, edges, planes, zones, zones_on, privates, boxes, names)


def _boxes(zones: list[Zone]) -> tuple[tuple[str, ...], Array, Array]:
    boxes = [_box(zone.area) for zone in zones]
    corners = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes]
    return (
        tuple(zone.id for zone in zones),
        np.array(corners, dtype=np.float64).reshape(-1, 4, 2),
        np.array([zone.density_px_per_m for zone in zones]),
    )


def _key(plan: Plan, shape: Zone | Private) -> PlaneKey:
    return shape.floor, plan.elevation_m(shape.floor) + shape.target_height_m


def _plane(plan: Plan, key: PlaneKey, shapes: list[tuple[Zone | Private, float]], edges: Edges) -> Plane:
    floor, target_m = key
    grid = Grid.around([shape.area for shape, _ in shapes], plan.cell_m)
    roofs = tuple(
        Roof(building.id, *_cells(building.area, grid))
        for building in _buildings(plan, floor)
        if plan.elevation_m(floor) + building.height_m > target_m
    )
    densities = tuple(sorted({density for _, density in shapes}))
    return Plane(floor, target_m, densities, grid, edges, roofs, open_sky(grid, roofs))


def _cells(area: Area, grid: Grid) -> tuple[Window, Mask]:
    """The cells of an area; the window counts in the grid and may reach beyond it."""
    own = Grid.around([area], grid.cell_m)
    row, column = _offset(own, grid)
    return Window(row, row + own.rows, column, column + own.columns), polygon_mask(area, own)


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
    return Edges.of(
        np.asarray(starts, dtype=np.float64).reshape(-1, 2),
        np.asarray(ends, dtype=np.float64).reshape(-1, 2),
        np.asarray(tops, dtype=np.float64),
        owners,
    )


def _buildings(plan: Plan, floor: str) -> list[Building]:
    return [building for building in plan.buildings if building.floor == floor]


def _box(area: Area) -> tuple[float, float, float, float]:
    x, y = zip(*area.outer, strict=True)
    return min(x), min(y), max(x), max(y)


def _within(area: Area, pose: Pose) -> bool:
    place = np.array([[pose.x_m, pose.y_m]])
    return bool(contains(area.outer, place)[0]) and not any(contains(hole, place)[0] for hole in area.holes)
