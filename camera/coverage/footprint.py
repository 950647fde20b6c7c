"""The part of a plane that pictures show, were nothing in the way: by row of the grid, from which column to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from camera.coverage.optics import Optics, frames, reaches
from camera.coverage.plane import Plane
from camera.coverage.raster import Array, Columns, limits
from camera.coverage.window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Footprints:
    """Of some cameras, by camera and density, the coarsest density first: it holds the others."""

    here: Array
    """(C, 2): where the cameras hang."""
    sides: Array
    """(C, 5, 3): the half-planes that bound the coarsest footprint, counted from the camera."""
    lowest: Columns
    """(C,): the row of the grid that each camera's rows are counted from."""
    first: Columns
    """(C, D, R): by row the first column in the picture, and one past the last."""
    past: Columns
    windows: list[list[Window | None]]
    """By camera and density, the smallest that holds the footprint."""


def footprints(plane: Plane, cameras: Sequence[Optics]) -> Footprints:
    """Where each row of the grid crosses each camera's picture."""
    grid = plane.grid
    here = np.array([(one.x_m, one.y_m) for one in cameras])
    frame = frames(cameras, plane.target_m)
    reach = reaches(cameras, plane.target_m, plane.densities_px_per_m)
    south_m, north_m = _extent(cameras, plane.densities_px_per_m[0])
    lowest = np.maximum(grid.row_at(here[:, 1] + south_m), 0)
    highest = np.minimum(grid.row_at(here[:, 1] + north_m) + 1, grid.rows)
    rows = lowest[:, None] + np.arange(max(int((highest - lowest).max()), 1))
    y = grid.bottom_m + (rows + 0.5) * grid.cell_m - here[:, 1, None]
    low, high = limits(np.concatenate([frame, reach], axis=1), y[:, None])
    enters = np.maximum(low[:, 4:], low[:, :4].max(axis=1)[:, None]) + here[:, 0, None, None]
    leaves = np.minimum(high[:, 4:], high[:, :4].min(axis=1)[:, None]) + here[:, 0, None, None]
    first, past = grid.column_span(enters, leaves)
    crossed = (past > first) & (rows < grid.rows)[:, None]
    bottom, top = crossed.argmax(axis=2), crossed.shape[2] - crossed[:, :, ::-1].argmax(axis=2)
    left = np.where(crossed, first, grid.columns).min(axis=2)
    right = np.where(crossed, past, 0).max(axis=2)
    corners = np.stack([bottom + lowest[:, None], top + lowest[:, None], left, right], axis=2).tolist()
    windows = [[Window(*one) if one[2] < one[3] else None for one in of_one] for of_one in corners]
    return Footprints(here, np.concatenate([frame, reach[:, :1]], axis=1), lowest, first, past, windows)


def _extent(cameras: Sequence[Optics], density_px_per_m: float) -> tuple[Array, Array]:
    """How far south and north of each camera anything is drawn at a density, whatever its height."""
    depth = np.array([one.focal_px for one in cameras]) / density_px_per_m
    ahead, aside = np.array(
        [(one.forward[1], abs(one.right[1]) * one.half_width + abs(one.down[1]) * one.half_height) for one in cameras]
    ).T
    return np.minimum(depth * (ahead - aside), 0), np.maximum(depth * (ahead + aside), 0)
