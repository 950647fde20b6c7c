"""Outlines of cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camera.coverage.outline import Lines, outlines
from camera.coverage.raster import Grid
from camera.coverage.window import Window
from config.ring import contains, self_crossing, signed_area_m2

masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def lines(mask: np.ndarray, left_m: float = 0.0, bottom_m: float = 0.0, cell_m: float = 1.0) -> Lines:
    """Of a mask that is a grid's every cell."""
    rows, columns = mask.shape
    return Lines.of(Grid(left_m, bottom_m, cell_m, rows, columns), Window(0, rows, 0, columns))


@given(masks)
def test_outer_rings_less_holes_are_exactly_the_cells(mask: np.ndarray) -> None:
    rings = [one.ring for one in outlines(mask, lines(mask, 10.0, -4.0, 0.5))]
    assert sum(map(signed_area_m2, rings)) == mask.sum() * 0.25
    rows, columns = np.indices(mask.shape)
    centres = np.column_stack([10 + (columns.ravel() + 0.5) * 0.5, -4 + (rows.ravel() + 0.5) * 0.5])
    times = sum(contains(ring, centres).astype(int) for ring in rings) if rings else np.zeros(mask.size)
    assert (np.asarray(times) % 2 == mask.ravel()).all()


@given(masks)
def test_each_outline_names_a_cell_that_it_bounds(mask: np.ndarray) -> None:
    assert all(mask[one.row, one.column] for one in outlines(mask, lines(mask)))


@pytest.mark.parametrize("mask", [np.eye(3, dtype=bool), np.eye(3, dtype=bool)[::-1]])
def test_cells_that_touch_at_a_corner_get_rings_of_their_own(mask: np.ndarray) -> None:
    rings = [one.ring for one in outlines(mask, lines(mask))]
    assert len(rings) == 3
    assert all(self_crossing(ring) is None for ring in rings)


def test_a_rectangle_has_four_corners_however_many_cells_it_has() -> None:
    mask = np.ones((40, 70), dtype=bool)
    (one,) = outlines(mask, lines(mask, cell_m=0.5))
    assert len(one.ring) == 4
    assert signed_area_m2(one.ring) == 20 * 35
