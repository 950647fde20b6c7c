"""What cameras see at one height: the footprint of each picture, less wall shadows and roofs, for each density.

Many cameras are computed in one pass over long arrays; a numpy call costs as much for one camera as for thirty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from camera.coverage.darkness import unhidden
from camera.coverage.footprint import footprints
from camera.coverage.optics import Optics
from camera.coverage.plane import Plane
from camera.coverage.raster import MOST_NUMBERS, Columns, Mask
from camera.coverage.window import Window

MOST_AT_ONCE: Final = 32
"""Cameras in one pass: enough to make calls cheap, few enough for the arrays to stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The cells that one camera sees at a density: a window of the grid and which of its cells by day and by night."""

    window: Window
    day: Mask
    night: Mask


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera, and the buildings that it hangs in."""

    optics: Optics
    within: frozenset[str] = frozenset()


def views(plane: Plane, eyes: Sequence[Eye]) -> list[list[View | None]]:
    """The cells in sight of each camera at each density of the plane, exact at the cells' centres; None for none."""
    numbers = (4 + len(plane.densities_px_per_m)) * plane.grid.rows + 10 * len(plane.edges)
    at_once = max(1, min(MOST_AT_ONCE, MOST_NUMBERS // numbers))
    return [found for at in range(0, len(eyes), at_once) for found in _views(plane, eyes[at : at + at_once])]


def _views(plane: Plane, eyes: Sequence[Eye]) -> list[list[View | None]]:
    cameras = [eye.optics for eye in eyes]
    seen = footprints(plane, cameras)
    found: list[list[View | None]] = [[None] * len(plane.densities_px_per_m) for _ in eyes]
    for number, lit in unhidden(plane, seen, cameras):
        widest, *_ = seen.windows[number]
        assert widest is not None
        lit &= plane.unroofed(widest, eyes[number].within)
        for density, window in enumerate(seen.windows[number]):
            if window is not None:
                cells = lit[window.within(widest)]
                if density > 0:
                    rows = slice(window.bottom - seen.lowest[number], window.top - seen.lowest[number])
                    first, past = seen.first[number, density, rows], seen.past[number, density, rows]
                    cells = cells & _between_columns(window, first, past)
                found[number][density] = _view(plane, cameras[number], window, cells)
    return found


def _between_columns(window: Window, first: Columns, past: Columns) -> Mask:
    """Cells of a window that lie, by row, from a first column to before a last."""
    columns = np.arange(window.left, window.right, dtype=np.int32)
    cells: Mask = (columns >= first[:, None]) & (columns < past[:, None])
    return cells


def _view(plane: Plane, optics: Optics, window: Window, day: Mask) -> View | None:
    """What is seen by day, and how much of it at night."""
    if not day.any():
        return None
    if optics.night_range_m is None:
        return View(window, day, day)
    reach2 = optics.night_range_m**2 - (optics.height_m - plane.target_m) ** 2
    x = plane.grid.column_centres(window.left, window.right) - optics.x_m
    y = plane.grid.row_centres(window.bottom, window.top) - optics.y_m
    return View(window, day, day & (x**2 <= (reach2 - y**2)[:, None]))
