"""Outlines of areas made of cells: exact, along the cells' edges, with as many corners as the shape has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.coverage.raster import Grid, Mask
from camera.coverage.window import Window
from config.ring import Ring


@dataclass(frozen=True, slots=True)
class Outline:
    """One closed outline and a cell that it bounds."""

    ring: Ring
    row: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Where the lines between the rows of a mask lie on the plan, from the first row's lower edge on."""

    north_m: NDArray[np.float64]
    west_m: NDArray[np.float64]
    """Where the first column begins: one mask may hold windows of several grids, one above the other."""
    cell_m: float

    @classmethod
    def of(cls, grid: Grid, window: Window) -> Lines:
        """Of a window of a grid."""
        lines = np.arange(window.bottom, window.top + 1, dtype=np.float64)
        west_m = grid.left_m + window.left * grid.cell_m
        return cls(grid.bottom_m + lines * grid.cell_m, np.full(len(lines), west_m), grid.cell_m)


def outlines(mask: Mask, lines: Lines) -> list[Outline]:
    """Outlines of the set cells of a mask.

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
    return _trace(y, x, opens, beside, above[beside], lines)


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
    after: NDArray[np.intp],
    lines: Lines,
) -> list[Outline]:
    """Follow the corners around; `after` leads along a row and a column to the next that stands as the first does."""
    following = after.tolist()
    visited = bytearray(len(following))
    order: list[int] = []
    rings: list[tuple[int, int]] = []
    for start in np.flatnonzero(opens).tolist():
        if visited[start]:
            continue
        corner, first = start, len(order)
        while not visited[corner]:
            visited[corner] = 1
            order.append(corner)
            corner = following[corner]
        rings.append((start, first))
    corners = np.column_stack([order, beside[order]]).ravel()
    east, north = lines.west_m[y[corners]] + x[corners] * lines.cell_m, lines.north_m[y[corners]]
    places = list(zip(east.tolist(), north.tolist(), strict=True))
    # `start` begins an edge to the east with the area to its north: that cell is the corner's own north-east.
    return [
        Outline(tuple(places[2 * first : 2 * past]), int(y[start]), int(x[start]))
        for (start, first), (_, past) in zip(rings, [*rings[1:], (0, len(order))], strict=True)
    ]
