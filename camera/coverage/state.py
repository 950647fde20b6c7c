"""What is known of each cell of a zone, as one small number: seen, blind, down, not certain; by day, at night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.raster import Mask
from camera.coverage.report import Shares, Watch
from camera.coverage.scene import Patch
from camera.coverage.view import View

Counts = NDArray[np.uint8]
MOST_VIEWERS: Final = 255
"""Cameras that can see one cell: counts are bytes, so that a change costs microseconds."""
WATCHES: Final = (Watch.OK, Watch.FAILING, Watch.UNKNOWN)


class Cell(IntEnum):
    """A cell's state; the night's matter only where the day's is good."""

    SEEN = 0
    BLIND = 1
    DOWN = 2
    UNCERTAIN = 3
    NIGHT_BLIND = 4
    NIGHT_DOWN = 5
    NIGHT_UNCERTAIN = 6


def _state(bits: int) -> Cell:
    day = _told(bits & 1, bits & 2, bits & 4)
    if day is not Cell.SEEN:
        return day
    night = _told(bits & 8, bits & 16, bits & 32)
    return {
        Cell.SEEN: Cell.SEEN,
        Cell.BLIND: Cell.NIGHT_BLIND,
        Cell.DOWN: Cell.NIGHT_DOWN,
        Cell.UNCERTAIN: Cell.NIGHT_UNCERTAIN,
    }[night]


def _told(ok: int, failing: int, unknown: int) -> Cell:
    if ok:
        return Cell.SEEN
    if unknown:
        return Cell.UNCERTAIN
    return Cell.DOWN if failing else Cell.BLIND


_STATES: Final = np.array([_state(bits) for bits in range(64)], dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many cameras of each state see each cell of a plane at one density."""

    day: Counts
    """(3, rows, columns), in the order of WATCHES."""
    night: Counts

    @classmethod
    def empty(cls, rows: int, columns: int) -> Tally:
        """Nothing sees anything."""
        return cls(np.zeros((3, rows, columns), np.uint8), np.zeros((3, rows, columns), np.uint8))

    def full(self, seen: View) -> bool:
        """True if a cell of the view can take no further camera."""
        day = self.day[:, *seen.window.index]
        return bool((day.sum(axis=0, dtype=np.uint16) >= MOST_VIEWERS).any())

    def add(self, seen: View, watch: Watch) -> None:
        """Count a camera's view in."""
        for counts, mask in self._counts(seen, watch):
            np.add(counts, mask, out=counts)

    def take(self, seen: View, watch: Watch) -> None:
        """Count a camera's view out."""
        for counts, mask in self._counts(seen, watch):
            np.subtract(counts, mask, out=counts)

    def _counts(self, seen: View, watch: Watch) -> Iterator[tuple[Counts, Counts]]:
        place = WATCHES.index(watch)
        for counts, mask in ((self.day, seen.day), (self.night, seen.night)):
            yield counts[place][seen.window.index], mask.view(np.uint8)

    def only_one(self, patch: Patch) -> Mask:
        """Cells of a zone that exactly one working camera sees by day."""
        only: Mask = (self.day[0][patch.window.index] == 1) & patch.cells
        return only

    def states(self, patch: Patch) -> NDArray[np.uint8]:
        """The state (Cell) of each cell of a zone; SEEN outside it."""
        bits = np.zeros(patch.cells.shape, np.uint8)
        for place, (counts, watch) in enumerate(product((self.day, self.night), range(3))):
            box = counts[watch][patch.window.index]
            bits |= (box > 0).view(np.uint8) << np.uint8(place)
        states: NDArray[np.uint8] = np.take(_STATES, bits)
        states *= patch.cells.view(np.uint8)
        return states

    def shares(self, patch: Patch, *, night: bool) -> Shares:
        """Of a zone's cells, seen by no, one, two or more."""
        counts, cells = self.night if night else self.day, patch.cells
        ok, unknown = counts[0][patch.window.index], counts[2][patch.window.index]
        total = int(np.count_nonzero(cells))
        seen = int(np.count_nonzero((ok > 0) & cells))
        twice = int(np.count_nonzero((ok > 1) & cells))
        uncertain = int(np.count_nonzero((unknown > 0) & (ok == 0) & cells)) if unknown.any() else 0
        return Shares(
            by_none=(total - seen) / total,
            by_one=(seen - twice) / total,
            by_two_or_more=twice / total,
            uncertain=uncertain / total,
        )
