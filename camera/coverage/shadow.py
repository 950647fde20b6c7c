"""What walls hide: the part of a plane at target height that lies in a wall's shadow, as half-planes.

A wall of height h at distance d hides d … d·(H−z)/(H−h) from a camera at H looking at height z; without end if h >= H.
A camera below the plane (H < z) looks up over the wall: hidden is what lies beyond d·(z−H)/(h−H).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_ENDLESS: Final = 1e30
"""So many times the wall's distance is beyond any campus."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Upright surfaces of one floor: segments on the plan and the height of their tops above the campus's ground."""

    starts: Array
    """(N, 2) metres."""
    ends: Array
    tops_m: Array
    owners: tuple[str, ...]
    """Id of the wall or building that each edge belongs to."""
    ends_and_starts: Array
    """(2N, 2): all ends, then all starts."""
    lows: Array
    """(N, 2): the lower left corners of their bounding boxes, and the upper right."""
    highs: Array

    @classmethod
    def of(cls, starts: Array, ends: Array, tops_m: Array, owners: Sequence[str]) -> Edges:
        """Edges from their ends, tops and owners."""
        ends_and_starts = np.concatenate([ends, starts])
        lows, highs = np.minimum(starts, ends), np.maximum(starts, ends)
        return cls(starts, ends, tops_m, tuple(owners), ends_and_starts, lows, highs)

    def __len__(self) -> int:
        return len(self.tops_m)

    def near(self, low: Array, high: Array) -> NDArray[np.intp]:
        """Edges whose bounding box meets a rectangle given by its corners."""
        return np.flatnonzero(((self.highs >= low) & (self.lows <= high)).all(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Shadows:
    """Shadows of edges, each a convex region counted from the camera that it is hidden from."""

    planes: Array
    """(M, 4, 3) half-planes: left of the one end's ray, right of the other's, beyond the edge, before the end."""
    of: NDArray[np.intp]
    """Which of the edges each is of; edges that hide nothing have none."""
    south_m: Array
    north_m: Array


def stretch(tops_m: Array, camera_m: Array, target_m: float) -> tuple[Array, Array]:
    """From how many times the wall's distance to how many times the shadow reaches; from inf where there is none."""
    above = camera_m > target_m
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (camera_m - target_m) / (camera_m - tops_m)
    # From above, the line of sight passes over the wall and comes down behind it; from below it rises over the wall.
    near = np.where(above, np.where(tops_m > target_m, 1.0, np.inf), np.where(tops_m < target_m, ratio, 1.0))
    near[~above & (tops_m <= camera_m)] = np.inf
    far = np.where(above & (tops_m < camera_m), ratio, np.inf)
    return near, far


def shadows(starts: Array, ends: Array, tops_m: Array, camera_m: Array, target_m: float) -> Shadows:
    """Shadows of edges (N, 2) given relative to cameras at heights camera_m (N,), each from its camera."""
    near, far = stretch(tops_m, camera_m, target_m)
    turn = starts[:, 0] * ends[:, 1] - starts[:, 1] * ends[:, 0]
    # A wall seen end-on (or standing on the camera's own spot) hides a line, which has no area.
    hides = np.isfinite(near) & (np.abs(turn) > 1e-12)
    clockwise = (turn < 0)[:, None]
    right = np.where(clockwise, ends, starts)[hides]
    left = np.where(clockwise, starts, ends)[hides]
    turn, near, far = np.abs(turn[hides]), near[hides], np.minimum(far[hides], _ENDLESS)
    planes = np.zeros((len(turn), 4, 3))
    planes[:, 0, 0], planes[:, 0, 1] = -right[:, 1], right[:, 0]
    planes[:, 1, 0], planes[:, 1, 1] = left[:, 1], -left[:, 0]
    across_x, across_y = left[:, 1] - right[:, 1], right[:, 0] - left[:, 0]
    planes[:, 2, 0], planes[:, 2, 1], planes[:, 2, 2] = across_x, across_y, -near * turn
    planes[:, 3, 0], planes[:, 3, 1], planes[:, 3, 2] = -across_x, -across_y, far * turn
    south, north = np.minimum(left[:, 1], right[:, 1]), np.maximum(left[:, 1], right[:, 1])
    return Shadows(
        planes,
        np.flatnonzero(hides),
        np.where(south < 0, far, near) * south,
        np.where(north < 0, near, far) * north,
    )
