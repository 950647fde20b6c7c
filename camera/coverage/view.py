"""What one camera sees of one layer: a target height at a pixel density, wall shadows and roofs taken off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.coverage.optics import Optics
from camera.coverage.raster import Array, Columns, Grid, Mask, spans
from camera.coverage.shadow import Edges, shadows
from camera.coverage.window import Window

OPEN_AIR = 0


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Everything on one floor that must be seen at one height and density."""

    floor: str
    target_m: float
    """Above the campus's ground."""
    density_px_per_m: float
    grid: Grid
    edges: Edges
    roofed: NDArray[np.int16]
    """Which building's roof covers a cell; OPEN_AIR for none."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The cells that one camera sees of a layer: a rectangle of its grid and which of its cells by day and by night."""

    window: Window
    day: Mask
    night: Mask


def view(layer: Layer, optics: Optics, under_roof: int) -> View | None:
    """The cells in sight, exact at their centres; None if there are none.

    `under_roof` is the building that the camera hangs in, or OPEN_AIR.
    """
    grid = layer.grid
    y = grid.row_centres() - optics.y_m
    low, high = spans(optics.footprint(layer.target_m, layer.density_px_per_m), y)
    first, past = grid.column_span(low + optics.x_m, high + optics.x_m)
    rows = np.flatnonzero(past > first)
    if rows.size == 0:
        return None
    bottom, top = int(rows[0]), int(rows[-1]) + 1
    first, past, y = first[bottom:top], past[bottom:top], y[bottom:top]
    crossed = past > first
    left, right = int(first[crossed].min()), int(past[crossed].max())
    width = right - left
    # Depth in shadows: 1 outside the footprint, one more within each shadow, so 0 is in sight.
    line = np.arange(top - bottom) * (width + 1)
    first = np.where(crossed, first - left, 0)
    past = np.where(crossed, past - left, 0)
    begins, ends = _shadow_spans(layer, optics, y, line, left, width)
    steps = np.bincount(np.concatenate([begins, line + past]), minlength=len(line) * (width + 1))
    steps -= np.bincount(np.concatenate([ends, line + first]), minlength=len(steps))
    depth = np.cumsum(steps.reshape(-1, width + 1)[:, :width], axis=1, dtype=np.int32)
    day: Mask = depth == -1
    window = Window(bottom, top, left, right)
    if layer.roofed.any():
        roofed = layer.roofed[window.index]
        day &= (roofed == OPEN_AIR) | (roofed == under_roof)
    if not day.any():
        return None
    return View(window, day, _lit(layer, optics, y, left, day))


def _shadow_spans(
    layer: Layer, optics: Optics, y: Array, line: Columns, left: int, width: int
) -> tuple[Columns, Columns]:
    grid, edges = layer.grid, layer.edges
    x0 = grid.left_m + left * grid.cell_m
    x1 = x0 + width * grid.cell_m
    between = edges.near(
        (min(x0, optics.x_m), min(float(y[0]), 0.0) + optics.y_m),
        (max(x1, optics.x_m), max(float(y[-1]), 0.0) + optics.y_m),
    )
    here = np.array([optics.x_m, optics.y_m])
    planes, _ = shadows(
        edges.starts[between] - here,
        edges.ends[between] - here,
        edges.tops_m[between],
        optics.height_m,
        layer.target_m,
    )
    low, high = spans(planes, y)
    origin = x0 + grid.cell_m / 2 - optics.x_m
    first = np.clip(np.ceil((low - origin) / grid.cell_m), 0, width)
    past = np.clip(np.floor((high - origin) / grid.cell_m) + 1, 0, width)
    darkens = first < past
    lines = np.broadcast_to(line, first.shape)[darkens]
    return lines + first[darkens].astype(np.intp), lines + past[darkens].astype(np.intp)


def _lit(layer: Layer, optics: Optics, y: Array, left: int, day: Mask) -> Mask:
    if optics.night_range_m is None:
        return day
    reach2 = optics.night_range_m**2 - (optics.height_m - layer.target_m) ** 2
    columns = layer.grid.left_m + (np.arange(day.shape[1]) + left + 0.5) * layer.grid.cell_m - optics.x_m
    lit: Mask = (columns**2)[None, :] <= (reach2 - y**2)[:, None]
    return day & lit
