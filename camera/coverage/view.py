"""What one camera sees at one height: the footprint of its picture, less wall shadows and roofs, for each density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.coverage.optics import Optics
from camera.coverage.raster import Array, Columns, Grid, Mask, columns_between, limits, spans
from camera.coverage.shadow import Edges, shadows
from camera.coverage.window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Roof:
    """The cells under one building's roof, seen only from within."""

    building_id: str
    window: Window
    cells: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Everything on one floor that must be seen at one height."""

    floor: str
    target_m: float
    """Above the campus's ground."""
    densities_px_per_m: tuple[float, ...]
    """Those that zones ask for, lowest first."""
    grid: Grid
    edges: Edges
    roofs: tuple[Roof, ...]
    roof_corners: NDArray[np.intp]
    """(N, 4): each roof's window as bottom, -top, left, -right: one comparison finds those that a view meets."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The cells that one camera sees at a density: a window of the grid and which of its cells by day and by night."""

    window: Window
    day: Mask
    night: Mask


def views(plane: Plane, optics: Optics, within: frozenset[str]) -> list[View | None]:
    """The cells in sight at each of the plane's densities, exact at the cells' centres; None where there are none.

    `within` are the buildings that the camera hangs in.
    """
    y = plane.grid.row_centres() - optics.y_m
    frame = optics.frame(plane.target_m)
    reaches = [optics.reach(plane.target_m, density) for density in plane.densities_px_per_m]
    low, high = limits(np.vstack([frame, reaches]), y)
    enters, leaves = low[:4].max(axis=0), high[:4].min(axis=0)
    footprints = [
        _footprint(plane.grid, np.maximum(enters, near) + optics.x_m, np.minimum(leaves, far) + optics.x_m)
        for near, far in zip(low[4:], high[4:], strict=True)
    ]
    if footprints[0] is None:
        return [None] * len(footprints)
    window, _, _ = footprints[0]
    open_view = _unhidden(plane, optics, np.vstack([frame, reaches[0]]), y[window.bottom : window.top], window)
    meets = (plane.roof_corners < (window.top, -window.bottom, window.right, -window.left)).all(axis=1)
    for number in np.flatnonzero(meets).tolist():
        roof = plane.roofs[number]
        if roof.building_id not in within and (common := window.common(roof.window)) is not None:
            open_view[common[0]] &= ~roof.cells[common[1]]
    return [
        None if footprint is None else _view(plane, optics, y, open_view, window, footprint) for footprint in footprints
    ]


Footprint = tuple[Window, Columns, Columns]
"""The window it fits in, and per row of it the first column and one past the last."""


def _footprint(grid: Grid, low: Array, high: Array) -> Footprint | None:
    first, past = grid.column_span(low, high)
    rows = np.flatnonzero(past > first)
    if rows.size == 0:
        return None
    bottom, top = int(rows[0]), int(rows[-1]) + 1
    first, past = first[bottom:top], past[bottom:top]
    return Window(bottom, top, int(first[rows - bottom].min()), int(past[rows - bottom].max())), first, past


def _unhidden(plane: Plane, optics: Optics, hull: Array, y: Array, window: Window) -> Mask:
    """Cells of a window that no wall hides: along each row, shadows begun less shadows ended."""
    height, width = window.top - window.bottom, window.right - window.left
    edges, grid = plane.edges, plane.grid
    here = np.array([optics.x_m, optics.y_m])
    # Between camera and footprint is only what lies on the camera's side of each boundary that has it inside.
    hull = hull[hull[:, 2] >= 0]
    beyond = edges.ends_and_starts @ hull[:, :2].T < hull[:, :2] @ here - hull[:, 2]
    between = ~(beyond[: len(edges)] & beyond[len(edges) :]).any(axis=1)
    starts, ends = edges.starts[between] - here, edges.ends[between] - here
    planes, _ = shadows(starts, ends, edges.tops_m[between], optics.height_m, plane.target_m)
    if not len(planes):
        return np.ones((height, width), dtype=np.bool_)
    low, high = spans(planes, y)
    origin = grid.left_m + (window.left + 0.5) * grid.cell_m - optics.x_m
    first, past = columns_between(low - origin, high - origin, grid.cell_m, width)
    darkens = first < past
    line = np.broadcast_to(np.arange(height) * (width + 1), first.shape)[darkens]
    size = height * (width + 1)
    steps = np.bincount(line + first[darkens], minlength=size)
    steps -= np.bincount(line + past[darkens], minlength=size)
    unhidden: Mask = (np.cumsum(steps) == 0).reshape(height, width + 1)[:, :width]
    return unhidden


def _view(plane: Plane, optics: Optics, y: Array, open_view: Mask, around: Window, footprint: Footprint) -> View | None:
    window, first, past = footprint
    columns = np.arange(window.left, window.right)
    day: Mask = (columns >= first[:, None]) & (columns < past[:, None])
    day &= open_view[
        window.bottom - around.bottom : window.top - around.bottom,
        window.left - around.left : window.right - around.left,
    ]
    if not day.any():
        return None
    if optics.night_range_m is None:
        return View(window, day, day)
    reach2 = optics.night_range_m**2 - (optics.height_m - plane.target_m) ** 2
    x = plane.grid.left_m + (columns + 0.5) * plane.grid.cell_m - optics.x_m
    return View(window, day, day & (x**2 <= (reach2 - y[window.bottom : window.top] ** 2)[:, None]))
