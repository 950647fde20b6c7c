"""Connected areas of one state within a zone, with their outlines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.outline import Lines, outlines
from camera.coverage.raster import Grid, Mask
from camera.coverage.report import Part
from camera.coverage.state import Cell
from camera.coverage.window import Window
from config.ring import Ring

MOST_SAMPLES: Final = 9
"""Cells of a large blind spot that are asked for their reason."""
SHEET_CELLS: Final = 200_000
"""In one pass: few enough to stay in the processor's cache."""

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
    box: Window
    """The smallest that holds it."""
    samples: tuple[tuple[int, int], ...]
    """A few of its cells, spread over it from the first to the last, as rows and columns of the grid."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The cells of one zone that are in one state."""

    state: Cell
    mask: Mask
    window: Window
    grid: Grid
    changed: Mask
    """Cells whose state is another than when the regions before were drawn."""
    before: Mapping[tuple[int, int], Region]
    """Those regions, by their first cell."""

    def kept(self, first: tuple[int, int], box: Window, area_m2: float) -> Region | None:
        """The region from before that these figures are of, if nothing changed within its box: then it is the same."""
        region = self.before.get(first)
        if region is None or region.box != box or region.area_m2 != area_m2:
            return None
        return None if self.changed[box.within(self.window)].any() else region


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What a tile is made of."""

    regions: tuple[Region, ...]
    """By their first cell, as one reads a map from the south."""
    scattered_m2: float
    """Area of the regions that are smaller than is worth a name."""


def draw(tiles: Sequence[Tile], smallest_m2: float) -> list[Drawn]:
    """The regions of each tile, in order; tiles of one plan, so with cells of one size."""
    return [drawn for sheet in _sheets(tiles) for drawn in _draw(sheet, smallest_m2)]


def _sheets(tiles: Sequence[Tile]) -> Iterator[list[Tile]]:
    """Tiles that are drawn in one pass: one above the other, the widest making the width."""
    sheet: list[Tile] = []
    height = width = 0
    for tile in tiles:
        rows, columns = tile.mask.shape
        height, width = height + rows + 1, max(width, columns)
        if sheet and height * width > SHEET_CELLS:
            yield sheet
            sheet, height, width = [], rows + 1, columns
        sheet.append(tile)
    if sheet:
        yield sheet


def _draw(sheet: Sequence[Tile], smallest_m2: float) -> list[Drawn]:
    import cv2  # here, so that only a role that computes coverage pays for it

    # An empty row between tiles keeps their cells apart.
    bottoms = np.cumsum([0] + [len(tile.mask) + 1 for tile in sheet])
    mask = np.zeros((int(bottoms[-1]), max(tile.mask.shape[1] for tile in sheet)), np.bool_)
    for bottom, tile in zip(bottoms.tolist(), sheet, strict=False):
        mask[bottom : bottom + tile.mask.shape[0], : tile.mask.shape[1]] = tile.mask
    # Cells that touch at a corner belong together: a thin oblique shadow is one blind spot, not a string of beads.
    # In four cells can be one region at most; short labels take half the time.
    kind = cv2.CV_16U if mask.size < 4 * 2**16 else cv2.CV_32S
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8, ltype=kind)
    areas = stats[:, cv2.CC_STAT_AREA] * sheet[0].grid.cell_m ** 2
    owners = np.searchsorted(bottoms, stats[:, cv2.CC_STAT_TOP], side="right") - 1
    named = areas >= smallest_m2
    small = ~named
    named[0] = small[0] = False  # what is in no tile
    scattered_m2 = np.bincount(owners[small], weights=areas[small], minlength=len(sheet)).tolist()
    found: list[list[Region]] = [[] for _ in sheet]
    fresh: list[tuple[int, Window, list[tuple[int, int]]]] = []
    for label in np.flatnonzero(named).tolist():
        owner = int(owners[label])
        tile, (x, y, width, height) = sheet[owner], stats[label, :4].tolist()
        south, west = tile.window.bottom + y - int(bottoms[owner]), tile.window.left + x
        box = Window(south, south + height, west, west + width)
        cells = labels[y : y + height, x : x + width] == label
        region = tile.kept((south, west + int(cells[0].argmax())), box, float(areas[label]))
        if region is None:
            fresh.append((label, box, _samples(cells, box)))
        else:
            found[owner].append(region)
            named[label] = False
    rings = _rings(sheet, labels, named) if fresh else {}
    for label, box, samples in fresh:
        owner = int(owners[label])
        tile = sheet[owner]
        middle = float(centres[label, 0]), float(centres[label, 1]) - float(bottoms[owner])
        part = _part(middle, tile.mask.shape, box)
        found[owner].append(Region(tile.state, float(areas[label]), tuple(rings[label]), part, box, tuple(samples)))
    return [
        Drawn(tuple(sorted(regions, key=lambda region: region.samples[0])), area_m2)
        for regions, area_m2 in zip(found, scattered_m2, strict=True)
    ]


def _rings(sheet: Sequence[Tile], labels: NDArray[Any], wanted: Mask) -> dict[int, list[Ring]]:
    """The outlines of some of a sheet's regions, by label."""
    rings: dict[int, list[Ring]] = {}
    for outline in outlines(wanted.take(labels), _lines(sheet)):
        rings.setdefault(int(labels[outline.row, outline.column]), []).append(outline.ring)
    return rings


def _lines(sheet: Sequence[Tile]) -> Lines:
    of_tiles = [Lines.of(tile.grid, tile.window) for tile in sheet]
    # The empty row's upper line is the next tile's lowest, so each tile has as many lines as rows, and one.
    return Lines(
        np.concatenate([one.north_m for one in of_tiles]),
        np.concatenate([one.west_m for one in of_tiles]),
        sheet[0].grid.cell_m,
    )


def _samples(cells: Mask, box: Window) -> list[tuple[int, int]]:
    inside = np.flatnonzero(cells)
    count = min(3 + inside.size // 200, MOST_SAMPLES, inside.size)
    width = box.right - box.left
    chosen = inside[np.arange(count) * (inside.size - 1) // max(count - 1, 1)].tolist()
    return [(box.bottom + cell // width, box.left + cell % width) for cell in chosen]


def _part(middle: tuple[float, float], shape: tuple[int, ...], box: Window) -> Part:
    """Which part of a zone with so many rows and columns the region of a box is, by its middle (column, row)."""
    rows, columns = shape
    if box.right - box.left > 0.8 * columns and box.top - box.bottom > 0.8 * rows:
        return Part.WHOLE
    third_x = min(int((middle[0] + 0.5) / columns * 3), 2)
    third_y = min(int((middle[1] + 0.5) / rows * 3), 2)
    return _PARTS[third_y][third_x]
