"""From the states of a zone's cells to named blind spots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.outline import outlines
from camera.coverage.raster import Grid, Mask
from camera.coverage.report import Part, Reason, Spot
from camera.coverage.state import Cell
from camera.coverage.window import Window
from config.plan_feature import Zone
from config.ring import Ring

MOST_SAMPLES: Final = 9
"""Cells of a large blind spot that are asked for their reason."""

_PARTS: Final = (
    (Part.SOUTH_WEST, Part.SOUTH, Part.SOUTH_EAST),
    (Part.WEST, Part.MIDDLE, Part.EAST),
    (Part.NORTH_WEST, Part.NORTH, Part.NORTH_EAST),
)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Connected cells of one state within a zone; rows and columns count in the plane's grid."""

    state: Cell
    area_m2: float
    rings: tuple[Ring, ...]
    part: Part
    samples: tuple[tuple[int, int], ...]
    """A few of its cells, spread over it, as rows and columns of the grid."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a region is not seen, and whom it is about."""

    reason: Reason
    points: tuple[str, ...]
    hidden_by: str | None = None


def regions(states: NDArray[np.uint8], grid: Grid, window: Window, smallest_m2: float) -> tuple[list[Region], float]:
    """Regions of a zone that are not seen, from its cells' states (a window of the grid).

    Also the area in m² by day of those smaller than the smallest worth a name.
    """
    found: list[Region] = []
    scattered_m2 = 0.0
    for state in Cell:
        if state is Cell.SEEN:
            continue
        mask = states == state.value
        if not mask.any():
            continue
        large, small = _connected(mask, grid, window, state, smallest_m2)
        found += large
        if state in (Cell.BLIND, Cell.DOWN, Cell.UNCERTAIN):
            scattered_m2 += small
    return found, scattered_m2


def _connected(mask: Mask, grid: Grid, window: Window, state: Cell, smallest_m2: float) -> tuple[list[Region], float]:
    import cv2  # here, so that only a role that computes coverage pays for it

    cell_m2 = grid.cell_m**2
    # Cells that touch at a corner belong together: a thin oblique shadow is one blind spot, not a string of beads.
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA] * cell_m2
    listed = areas >= smallest_m2
    listed[0] = False
    small_m2 = float(areas[1:][~listed[1:]].sum())
    if not listed.any():
        return [], small_m2
    if not listed[1:].all():
        mask = listed[labels]
    rings: dict[int, list[Ring]] = {}
    for outline in outlines(mask, grid, window.bottom, window.left):
        rings.setdefault(int(labels[outline.row, outline.column]), []).append(outline.ring)
    found = []
    for label in np.flatnonzero(listed).tolist():
        left, bottom, width, height = stats[label, :4].tolist()
        inside = np.flatnonzero((labels[bottom : bottom + height, left : left + width] == label).ravel())
        samples = min(3 + inside.size // 200, MOST_SAMPLES, inside.size)
        chosen = inside[(np.arange(samples) * (inside.size - 1) // max(samples - 1, 1))].tolist()
        found.append(
            Region(
                state,
                float(areas[label]),
                tuple(rings[label]),
                _part(centres[label], mask.shape, (width, height)),
                tuple((cell // width + bottom + window.bottom, cell % width + left + window.left) for cell in chosen),
            )
        )
    return found, small_m2


def _part(centre: NDArray[np.float64], shape: tuple[int, ...], extent: tuple[int, int]) -> Part:
    rows, columns = shape
    if extent[0] > 0.8 * columns and extent[1] > 0.8 * rows:
        return Part.WHOLE
    third_x = min(int((centre[0] + 0.5) / columns * 3), 2)
    third_y = min(int((centre[1] + 0.5) / rows * 3), 2)
    return _PARTS[third_y][third_x]


def name_spots(zone: Zone, found: Sequence[Region], causes: Sequence[Cause]) -> list[Spot]:
    """Regions as blind spots with names, largest first; several in the same part of a zone are numbered."""
    spots: list[Spot] = []
    used: Counter[Part] = Counter()
    pairs = zip(found, causes, strict=True)
    for region, cause in sorted(pairs, key=lambda pair: (pair[0].state >= Cell.NIGHT_BLIND, -pair[0].area_m2)):
        used[region.part] += 1
        spots.append(
            Spot(
                zone_id=zone.id,
                zone_name=zone.name,
                part=region.part,
                number=used[region.part],
                area_m2=region.area_m2,
                rings=region.rings,
                reason=cause.reason,
                night_only=region.state >= Cell.NIGHT_BLIND,
                points=cause.points,
                hidden_by=cause.hidden_by,
            )
        )
    return spots
