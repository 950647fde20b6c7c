"""The outline of one camera's view for the map: its field of view up to where its picture is too coarse, less walls."""

from __future__ import annotations

from math import cos, hypot, sin
from typing import Final

import numpy as np

from camera.coverage.optics import Array, Optics
from camera.coverage.shadow import Edges
from camera.coverage.visibility import visibility_polygon

_ARC_STEPS: Final = 16
MAX_REACH_M: Final = 60.0
"""Longer views are cut on the map: lines across the whole campus help nobody."""


def sector(optics: Optics, edges: Edges, density_px_per_m: float) -> Array:
    """Corners (K, 2) in metres, counter-clockwise. Walls as high as the camera stop it; lower ones it looks over."""
    reach_m = min(optics.focal_px / density_px_per_m, MAX_REACH_M)
    ahead = np.arctan2(optics.forward[1], optics.forward[0])
    half = np.arctan(optics.half_width / max(hypot(*optics.forward[:2]), 1e-6))
    arc = [ahead + half * (2 * step / _ARC_STEPS - 1) for step in range(_ARC_STEPS + 1)]
    rim = [(optics.x_m + reach_m * cos(angle), optics.y_m + reach_m * sin(angle)) for angle in arc]
    # The eye must lie inside what is looked over, so the sector's point is drawn a hand's breadth behind it.
    back = (optics.x_m - 0.1 * cos(ahead), optics.y_m - 0.1 * sin(ahead))
    rim.append(back)
    corners = np.array(rim)
    around = edges.near(corners.min(axis=0), corners.max(axis=0))
    tall = around[edges.tops_m[around] >= optics.height_m]
    starts = np.concatenate([edges.starts[tall], corners])
    ends = np.concatenate([edges.ends[tall], np.roll(corners, -1, axis=0)])
    return visibility_polygon((optics.x_m, optics.y_m), starts, ends)
