"""How the map shades a zone's cells, and the outlines of each shade."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from camera.coverage.outline import Lines, outlines
from camera.coverage.raster import Grid
from camera.coverage.scene import Patch
from camera.coverage.state import Cell, Sight
from config.ring import Ring


class Shade(StrEnum):
    """In the order in which they are drawn and told."""

    TWICE = "twice"
    ONCE = "once"
    NIGHT_BLIND = "night_blind"
    UNCERTAIN = "uncertain"
    BLIND = "blind"


def shades(sight: Sight, patch: Patch, grid: Grid) -> Mapping[Shade, tuple[Ring, ...]]:
    """Outlines of a zone's cells by shade; a shade that does not occur has none."""
    states = sight.states
    twice = sight.working_by_day == 2
    good = (states == Cell.SEEN) & patch.cells
    masks: dict[Shade, NDArray[np.bool_]] = {
        Shade.TWICE: good & twice,
        Shade.ONCE: good & ~twice,
        Shade.NIGHT_BLIND: states >= Cell.NIGHT_BLIND,
        Shade.UNCERTAIN: states == Cell.UNCERTAIN,
        Shade.BLIND: (states == Cell.BLIND) | (states == Cell.DOWN),
    }
    return {
        shade: tuple(one.ring for one in outlines(mask, Lines.of(grid, patch.window)))
        for shade, mask in masks.items()
        if mask.any()
    }
