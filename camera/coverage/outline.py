"""Outlines of areas made of cells: exact, along the cells' edges, with as many corners as the shape has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.coverage.raster import Grid, Mask
from config.ring import Ring


@dataclass(frozen=True, slots=True)
class Outline:
    """One closed outline and a cell that it bounds."""

    ring: Ring
    row: int
    column: int


def outlines(mask: Mask, grid: Grid, row: int = 0, column: int = 0) -> list[Outline]:
    """Outlines of the set cells of a part of a grid that begins at (row, column).

    Outer rings run counter-clockwise, holes clockwise. Cells that touch only at a corner get rings of their own.
    A corner has one neighbour along its row and one along its column: sorted either way they pair up.
    """
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.bool_)
    padded[1:-1, 1:-1] = mask
    south_west, south_east, north_west, north_east = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    turning = south_west ^ south_east ^ north_west ^ north_east
    saddle = (south_west == north_east) & (south_east == north_west) & (south_west != south_east)
    y, x = np.nonzero(turning | saddle)
    if y.size == 0:
        return []
    sw, ne = south_west[y, x], north_east[y, x]
    nw, se = north_west[y, x], south_east[y, x]
    double = saddle[y, x]
    # A saddle is two corners, each belonging to one cell: west with south, or west with north.
    east = np.where(double, False, se != ne)
    north = np.where(double, ~sw, nw != ne)
    y, x = np.concatenate([y, y[double]]), np.concatenate([x, x[double]])
    east, north = np.concatenate([east, np.ones(double.sum(), bool)]), np.concatenate([north, sw[double]])
    opens = np.concatenate([ne, ne[double]]) & east  # its edge to the east has the area on its left
    beside = _partners(y, x, east)
    above = _partners(x, y, north)
    return _trace(y, x, opens, beside, above, grid, row, column)


def _partners(line: NDArray[np.intp], place: NDArray[np.intp], outward: Mask) -> NDArray[np.intp]:
    order = np.argsort((line * (int(place.max()) + 1) + place) * 2 + outward).reshape(-1, 2)
    partners = np.empty(line.size, dtype=np.intp)
    partners[order[:, 0]], partners[order[:, 1]] = order[:, 1], order[:, 0]
    return partners


def _trace(
    y: NDArray[np.intp],
    x: NDArray[np.intp],
    opens: Mask,
    beside: NDArray[np.intp],
    above: NDArray[np.intp],
    grid: Grid,
    row: int,
    column: int,
) -> list[Outline]:
    next_corner = beside.tolist()
    turn = above.tolist()
    rows, columns = y.tolist(), x.tolist()
    north = (grid.bottom_m + (y + row) * grid.cell_m).tolist()
    east = (grid.left_m + (x + column) * grid.cell_m).tolist()
    visited = bytearray(len(rows))
    found = []
    for start in np.flatnonzero(opens).tolist():
        if visited[start]:
            continue
        corner, ring = start, []
        while not visited[corner]:
            visited[corner] = 1
            ring.append((east[corner], north[corner]))
            corner = next_corner[corner]
            visited[corner] = 1
            ring.append((east[corner], north[corner]))
            corner = turn[corner]
        # `start` begins an edge to the east with the area to its north: that cell is the corner's own north-east.
        found.append(Outline(tuple(ring), rows[start], columns[start]))
    return found
