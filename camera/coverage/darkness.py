"""What walls leave of the pictures' footprints: along each row, shadows begun less shadows ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camera.coverage.footprint import Footprints
from camera.coverage.optics import Optics
from camera.coverage.plane import Plane
from camera.coverage.raster import MOST_NUMBERS, Array, Columns, Grid, Mask, columns_between, ragged, spans
from camera.coverage.shadow import Edges, shadows


def unhidden(plane: Plane, seen: Footprints, cameras: Sequence[Optics]) -> Iterator[tuple[int, Mask]]:
    """By camera that sees anything, the cells of its widest window that are in its picture and hidden by no wall."""
    for group in _groups(seen):
        long_row = _LongRow.of(seen, group)
        _cast_shadows(plane, seen, long_row, [cameras[number] for number in group], group)
        lit = np.cumsum(long_row.steps, dtype=np.int16) == 0
        for number, (begin, past), width in zip(
            group, pairwise(long_row.begins.tolist()), long_row.width.tolist(), strict=True
        ):
            yield number, lit[begin:past].reshape(-1, width)


def _groups(seen: Footprints) -> list[list[int]]:
    """Cameras that see anything at all, by number, in groups whose windows together are not too large."""
    groups: list[list[int]] = []
    size = 0
    for number, (window, *_) in enumerate(seen.windows):
        if window is None:
            continue
        size += window.size
        if not groups or size > MOST_NUMBERS:
            groups.append([])
            size = window.size
        groups[-1].append(number)
    return groups


def _cast_shadows(
    plane: Plane, seen: Footprints, long_row: _LongRow, cameras: Sequence[Optics], group: Sequence[int]
) -> None:
    """Darken what walls hide from the cameras of a group."""
    grid, edges, here = plane.grid, plane.edges, seen.here[group]
    camera, edge = _between(edges, here, seen.sides[group])
    starts, ends = edges.starts[edge] - here[camera], edges.ends[edge] - here[camera]
    heights_m = np.array([one.height_m for one in cameras])
    cast = shadows(starts, ends, edges.tops_m[edge], heights_m[camera], plane.target_m)
    camera = camera[cast.of]
    lowest = np.maximum(grid.row_at(cast.south_m + here[camera, 1]) - 1, long_row.bottom[camera])
    highest = np.minimum(grid.row_at(cast.north_m + here[camera, 1]) + 2, long_row.top[camera])
    for part in _parts(np.maximum(highest - lowest, 0)):
        of, row = ragged(lowest[part], highest[part])
        seen_by = camera[part][of]
        low, high = spans(cast.planes[part], of, grid.row_centres()[row] - here[seen_by, 1])
        long_row.darken(grid, seen_by, row, low + here[seen_by, 0], high + here[seen_by, 0])


@dataclass(frozen=True, slots=True, eq=False)
class _LongRow:
    """The rows of some cameras' windows one behind the other, and where along it the darkness grows and shrinks.

    Outside the picture is dark as well: darkness begins with the long row, and lifts while a row is in the picture.
    """

    first: Columns
    """(C, R): by row of a camera the first column in the picture, and one past the last."""
    past: Columns
    lowest: Columns
    bottom: Columns
    top: Columns
    left: Columns
    width: Columns
    begins: Columns
    """(C + 1,): where each camera's rows begin, and the long row's length."""
    steps: NDArray[np.int16]

    @classmethod
    def of(cls, seen: Footprints, group: Sequence[int]) -> _LongRow:
        """For cameras by number, each of which sees something; before any shadow falls."""
        windows = [window for number in group if (window := seen.windows[number][0]) is not None]
        bottom, top, left, right = np.array([(one.bottom, one.top, one.left, one.right) for one in windows]).T
        begins = np.concatenate([[0], np.cumsum((top - bottom) * (right - left))])
        row = cls(
            first=seen.first[group, 0],
            past=seen.past[group, 0],
            lowest=seen.lowest[group],
            bottom=bottom,
            top=top,
            left=left,
            width=right - left,
            begins=begins,
            steps=np.zeros(int(begins[-1]) + 1, np.int16),
        )
        row._lift()
        return row

    def _lift(self) -> None:
        camera, row = ragged(self.bottom, self.top)
        first, past = self._span(camera, row)
        crossed = past > first
        start = self._start(camera, row)
        self.steps[0] = 1
        # A row ends where the next begins, but no two begin or end in one place.
        self.steps[(start + past)[crossed]] += 1
        self.steps[(start + first)[crossed]] -= 1

    def darken(self, grid: Grid, camera: Columns, row: Columns, low: Array, high: Array) -> None:
        """Count shadows in: each hides from a camera what lies from low to high in a row."""
        origin = grid.left_m + grid.cell_m / 2
        first, past = columns_between(low - origin, high - origin, grid.cell_m, *self._span(camera, row))
        darkens = first < past
        start = self._start(camera[darkens], row[darkens])
        np.add.at(self.steps, start + first[darkens], 1)
        np.add.at(self.steps, start + past[darkens], -1)

    def _span(self, camera: Columns, row: Columns) -> tuple[Columns, Columns]:
        """The columns in the picture of rows of cameras."""
        place = camera, row - self.lowest[camera]
        return self.first[place], self.past[place]

    def _start(self, camera: Columns, row: Columns) -> Columns:
        """Where column 0 of the grid would stand for rows of cameras."""
        start: Columns = self.begins[camera] + (row - self.bottom[camera]) * self.width[camera] - self.left[camera]
        return start


def _parts(lengths: Columns) -> list[slice]:
    """Cut a list in parts whose lengths together are not too large."""
    passed = np.cumsum(lengths)
    cuts = np.searchsorted(passed, np.arange(MOST_NUMBERS, passed[-1] if len(passed) else 0, MOST_NUMBERS)).tolist()
    return [slice(first, past) for first, past in pairwise([0, *cuts, len(lengths)]) if first < past]


def _between(edges: Edges, here: Array, sides: Array) -> tuple[Columns, Columns]:
    """Pairs of camera and edge where the edge may stand between the camera and its footprint.

    There is only what lies on the camera's side of each boundary that has the camera inside.
    """
    level = np.einsum("csk,ck->cs", sides[:, :, :2], here) - sides[:, :, 2]
    level[sides[:, :, 2] < 0] = -np.inf
    beyond = sides[:, :, :2] @ edges.ends_and_starts.T < level[:, :, None]
    count = len(edges)
    camera, edge = np.nonzero(~(beyond[:, :, :count] & beyond[:, :, count:]).any(axis=1))
    return camera, edge
