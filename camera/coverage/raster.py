"""Convex regions on a grid of square cells, exact at the cells' centres: a row crosses a region in one span."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from config.plan_feature import Area

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Columns = NDArray[np.signedinteger[Any]]
MOST_NUMBERS: Final = 2_000_000
"""In an array of one pass; bounds the memory on large grids and among many walls."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one size; row 0 is the southernmost, column 0 the westernmost."""

    left_m: float
    bottom_m: float
    cell_m: float
    rows: int
    columns: int

    @classmethod
    def around(cls, areas: list[Area], cell_m: float) -> Grid:
        """The smallest grid over some areas whose lines lie on whole multiples of the cell."""
        corners = np.asarray([corner for area in areas for corner in area.outer])
        low, high = corners.min(axis=0), corners.max(axis=0)
        left, bottom = floor(low[0] / cell_m + 1e-9), floor(low[1] / cell_m + 1e-9)
        right, top = ceil(high[0] / cell_m - 1e-9), ceil(high[1] / cell_m - 1e-9)
        return cls(left * cell_m, bottom * cell_m, cell_m, max(1, top - bottom), max(1, right - left))

    @property
    def right_m(self) -> float:
        """Its eastern edge."""
        return self.left_m + self.columns * self.cell_m

    @property
    def top_m(self) -> float:
        """Its northern edge."""
        return self.bottom_m + self.rows * self.cell_m

    def row_centres(self, first: int = 0, last: int | None = None) -> Array:
        """North coordinates of the rows' centres."""
        rows = np.arange(first, self.rows if last is None else last, dtype=np.float64)
        centres: Array = self.bottom_m + (rows + 0.5) * self.cell_m
        return centres

    def column_centres(self, first: int, past: int) -> Array:
        """East coordinates of some columns' centres."""
        centres: Array = self.left_m + (np.arange(first, past, dtype=np.float64) + 0.5) * self.cell_m
        return centres

    def row_at(self, y_m: Array) -> Columns:
        """The rows that lie at some heights; one off the grid for heights beyond it."""
        rows = np.minimum(np.maximum((y_m - self.bottom_m) / self.cell_m, -1), self.rows)
        return np.floor(rows).astype(np.int32)

    def column_span(self, low: Array, high: Array) -> tuple[Columns, Columns]:
        """First column and one past the last whose centres lie in [low, high] (metres), cut to the grid."""
        origin = self.left_m + self.cell_m / 2
        return columns_between(low - origin, high - origin, self.cell_m, 0, self.columns)


def columns_between(
    low: Array, high: Array, cell_m: float, first: int | Columns, past: int | Columns
) -> tuple[Columns, Columns]:
    """The columns from first to past whose centres lie in [low, high], counted from the first column's centre."""
    begin = np.minimum(np.maximum(np.ceil(low / cell_m), first), past)
    end = np.minimum(np.maximum(np.floor(high / cell_m) + 1, first), past)
    return begin.astype(np.int32), end.astype(np.int32)


def ragged(first: Columns, past: Columns) -> tuple[Columns, Columns]:
    """Ranges one behind the other: of each element its range's number, and its value. Reversed ranges are empty."""
    lengths = np.maximum(past - first, 0)
    of = np.repeat(np.arange(len(lengths)), lengths)
    return of, np.arange(len(of)) + (first - np.cumsum(lengths) + lengths)[of]


def limits(half_planes: Array, y: Array) -> tuple[Array, Array]:
    """Where rows at heights y (…, R) enter and leave half-planes (…, 3): low and high x, each (…, R)."""
    slope, low, high = _bounds(half_planes)
    slanted = slope[..., None] * y
    return slanted + low[..., None], slanted + high[..., None]


def spans(regions: Array, of: Columns, y: Array) -> tuple[Array, Array]:
    """Where rows at heights y (R,) cross convex regions, each given by K half-planes (N, K, 3): low and high x (R,).

    `of` says which region each row is for. A row that misses its region has low > high. One half-plane at a time: what
    is worked on stays in the cache.
    """
    enters, leaves = np.full(len(y), -np.inf), np.full(len(y), np.inf)
    for plane in range(regions.shape[1]):
        slope, low, high = _bounds(regions[:, plane])
        slanted = slope[of] * y
        np.maximum(enters, slanted + low[of], out=enters)
        slanted += high[of]
        np.minimum(leaves, slanted, out=leaves)
    return enters, leaves


def _bounds(half_planes: Array) -> tuple[Array, Array, Array]:
    """a·x + b·y + c >= 0 as x >= slope·y + low and x <= slope·y + high, one of them without end."""
    a = half_planes[..., 0]
    # An edge parallel to the rows lets a whole row through or none of it.
    a = np.where(a == 0, 1e-150, a)
    slope, start = half_planes[..., 1] / -a, half_planes[..., 2] / -a
    rising = a > 0
    return slope, np.where(rising, start, -np.inf), np.where(rising, np.inf, start)


def polygon_mask(area: Area, grid: Grid) -> Mask:
    """Cells whose centres lie in a polygon with holes; the nearest cell if it is smaller than any."""
    y = grid.row_centres()[:, None]
    starts = np.concatenate([np.asarray(ring, dtype=np.float64) for ring in (area.outer, *area.holes)])
    ends = np.concatenate(
        [np.roll(np.asarray(ring, dtype=np.float64), -1, axis=0) for ring in (area.outer, *area.holes)]
    )
    (x0, y0), (x1, y1) = starts.T, ends.T
    rows, edges = np.nonzero((y >= np.minimum(y0, y1)) & (y < np.maximum(y0, y1)))
    x = x0[edges] + (y[rows, 0] - y0[edges]) * (x1 - x0)[edges] / (y1 - y0)[edges]
    columns, _ = grid.column_span(x, x)
    width = grid.columns + 1
    toggles = np.bincount(rows * width + columns, minlength=grid.rows * width).reshape(grid.rows, width)
    mask: Mask = (np.cumsum(toggles, axis=1) % 2 == 1)[:, :-1]
    if not mask.any():
        x, north = np.mean(area.outer, axis=0)
        row = min(max(int((north - grid.bottom_m) / grid.cell_m), 0), grid.rows - 1)
        column = min(max(int((x - grid.left_m) / grid.cell_m), 0), grid.columns - 1)
        mask[row, column] = True
    return mask
