"""What is known of each cell of a zone, as one small number: by how many cameras it is seen, by day and at night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.report import Shares, Watch
from camera.coverage.scene import OUTSIDE, Patch
from camera.coverage.view import View

Counts = NDArray[np.uint8]
MOST_VIEWERS: Final = 255
"""Cameras that can see one cell: counts are bytes, so that a change costs microseconds."""
WATCHES: Final = (Watch.OK, Watch.FAILING, Watch.UNKNOWN)

_MOST_TOLD: Final = (2, 1, 1, 2, 1, 1)
"""How far counts are told apart: working cameras 0, 1, 2 or more, others 0, 1 or more; by day, then at night."""
_WEIGHTS: Final = np.array([1, 3, 6, 12, 36, 72], np.uint8)
"""The weights of these digits in a cell's number (Sight)."""
SIGHTS: Final = 144


class Cell(IntEnum):
    """A cell's state; the night's matter only where the day's is good."""

    SEEN = 0
    BLIND = 1
    DOWN = 2
    UNCERTAIN = 3
    NIGHT_BLIND = 4
    NIGHT_DOWN = 5
    NIGHT_UNCERTAIN = 6


def _state(day: tuple[int, ...], night: tuple[int, ...]) -> Cell:
    by_day = _told(*day)
    if by_day is not Cell.SEEN:
        return by_day
    return {
        Cell.SEEN: Cell.SEEN,
        Cell.BLIND: Cell.NIGHT_BLIND,
        Cell.DOWN: Cell.NIGHT_DOWN,
        Cell.UNCERTAIN: Cell.NIGHT_UNCERTAIN,
    }[_told(*night)]


def _told(ok: int, failing: int, unknown: int) -> Cell:
    if ok:
        return Cell.SEEN
    if unknown:
        return Cell.UNCERTAIN
    return Cell.DOWN if failing else Cell.BLIND


def _states() -> NDArray[np.uint8]:
    """By a cell's number its state."""
    states = np.full(OUTSIDE + 1, Cell.SEEN, np.uint8)
    for digits in product(*(range(most + 1) for most in _MOST_TOLD)):
        number = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS.tolist(), strict=True))
        states[number] = _state(digits[:3], digits[3:])
    return states


_STATES: Final = _states()
_NUMBERS: Final = np.arange(SIGHTS)
_OK_BY_DAY: Final = _NUMBERS % 3
_WORKING_BY_DAY: Final = np.append(_OK_BY_DAY, np.zeros(OUTSIDE + 1 - SIGHTS)).astype(np.uint8)
_OK_AT_NIGHT: Final = _NUMBERS // 12 % 3


def _counted(ok: NDArray[np.intp], unknown: NDArray[np.intp]) -> NDArray[np.intp]:
    """By number whether it counts for any cell at all, and as seen by none, one, two or more, and not certainly."""
    return np.column_stack([np.ones_like(ok), ok == 0, ok == 1, ok == 2, (ok == 0) & (unknown == 1)])


_BY_DAY: Final = _counted(_OK_BY_DAY, _NUMBERS // 6 % 2)
_AT_NIGHT: Final = _counted(_OK_AT_NIGHT, _NUMBERS // 72)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is known now of a zone's cells."""

    numbers: Counts
    """By cell of the zone's window; OUTSIDE where it is not the zone's."""
    cells: NDArray[np.intp]
    """(256,): how many cells have each number."""

    @property
    def states(self) -> Counts:
        """The state (Cell) of each cell; SEEN outside the zone."""
        states: Counts = _STATES.take(self.numbers)
        return states

    @property
    def working_by_day(self) -> Counts:
        """How many working cameras see each cell by day; 2 for two or more, 0 outside the zone."""
        working: Counts = _WORKING_BY_DAY.take(self.numbers)
        return working

    @property
    def by_day(self) -> Shares:
        """Seen by no, one, two or more."""
        return self._shares(_BY_DAY)

    @property
    def at_night(self) -> Shares:
        """The same in the dark."""
        return self._shares(_AT_NIGHT)

    def _shares(self, counted: NDArray[np.intp]) -> Shares:
        total, none, one, more, uncertain = (self.cells[:SIGHTS] @ counted).tolist()
        return Shares(
            by_none=none / total, by_one=one / total, by_two_or_more=more / total, uncertain=uncertain / total
        )


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many cameras of each state see each cell of a plane at one density."""

    counts: Counts
    """(6, rows, columns): by day in the order of WATCHES, then at night."""

    @classmethod
    def empty(cls, rows: int, columns: int) -> Tally:
        """Nothing sees anything."""
        return cls(np.zeros((6, rows, columns), np.uint8))

    def full(self, seen: View) -> bool:
        """True if a cell of the view can take no further camera."""
        day = self.counts[:3, *seen.window.index]
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
        place, index = WATCHES.index(watch), seen.window.index
        yield self.counts[place][index], seen.day.view(np.uint8)
        yield self.counts[place + 3][index], seen.night.view(np.uint8)

    def sight(self, patch: Patch) -> Sight:
        """What is known of a zone's cells."""
        counts = self.counts[:, *patch.window.index]
        some = (counts > 0).view(np.uint8) * _WEIGHTS[:, None, None]
        numbers: Counts = np.add.reduce(some, axis=0, dtype=np.uint8)
        for place in (0, 3):
            numbers += (counts[place] > 1).view(np.uint8) * _WEIGHTS[place]
        np.maximum(numbers, patch.outside, out=numbers)
        return Sight(numbers, np.bincount(numbers.ravel(), minlength=OUTSIDE + 1))
