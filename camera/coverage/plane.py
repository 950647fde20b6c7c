"""Everything on one floor that must be seen at one height."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from camera.coverage.raster import Grid, Mask
from camera.coverage.shadow import Edges
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
    open_sky: Mask
    """Cells under no roof."""

    def unroofed(self, window: Window, within: Collection[str]) -> Mask:
        """Cells of a window that no roof covers, but those of the buildings that the camera itself hangs in."""
        if not within:
            return self.open_sky[window.index]
        return open_sky(self.grid, [roof for roof in self.roofs if roof.building_id not in within])[window.index]


def open_sky(grid: Grid, roofs: Collection[Roof]) -> Mask:
    """Cells of a grid under none of some roofs."""
    free = np.ones((grid.rows, grid.columns), np.bool_)
    whole = Window(0, grid.rows, 0, grid.columns)
    for roof in roofs:
        common = whole.common(roof.window)
        if common is not None:
            free[common[0]] &= ~roof.cells[common[1]]
    return free
