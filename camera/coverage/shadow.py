"""What walls hide: the part of a plane at target height that lies in a wall's shadow, as half-planes.

A wall of height h at distance d hides d … d·(H−z)/(H−h) from a camera at H looking at height z; without end if h >= H.
A camera below the plane (H < z) looks up over the wall: hidden is what lies beyond d·(z−H)/(h−H).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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

    @classmethod
    def of(cls, starts: Array, ends: Array, tops_m: Array, owners: Sequence[str]) -> Edges:
        """Edges from their ends, tops and owners."""
        return cls(starts, ends, tops_m, tuple(owners), np.concatenate([ends, starts]))

    def __len__(self) -> int:
        return len(self.tops_m)

    def near(self, low: Array, high: Array) -> NDArray[np.intp]:
        """Edges whose bounding box meets a rectangle given by its corners."""
        beyond = (np.maximum(self.starts, self.ends) < low) | (np.minimum(self.starts, self.ends) > high)
        return np.flatnonzero(~beyond.any(axis=1))


def stretch(tops_m: Array, camera_m: float, target_m: float) -> tuple[Array, Array]:
    """From how many times the wall's distance to how many times the shadow reaches; from inf where there is none."""
    near, far = np.ones_like(tops_m), np.full_like(tops_m, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        if camera_m > target_m:
            lower = tops_m < camera_m
            far[lower] = (camera_m - target_m) / (camera_m - tops_m[lower])
            near[tops_m <= target_m] = np.inf
        else:
            low = tops_m < target_m
            near[low] = (target_m - camera_m) / (tops_m[low] - camera_m)
            near[tops_m <= camera_m] = np.inf
    return near, far


def shadows(
    starts: Array, ends: Array, tops_m: Array, camera_m: float, target_m: float
) -> tuple[Array, NDArray[np.intp]]:
    """Shadows of edges given relative to the camera, each as four half-planes (M, 4, 3), and which edges they are of.

    Edges that hide nothing drop out. The half-planes: left of the one end's ray, right of the other's, beyond the edge,
    before the shadow's end.
    """
    near, far = stretch(tops_m, camera_m, target_m)
    turn = starts[:, 0] * ends[:, 1] - starts[:, 1] * ends[:, 0]
    # A wall seen end-on (or standing on the camera's own spot) hides a line, which has no area.
    hides = np.isfinite(near) & (np.abs(turn) > 1e-12)
    clockwise = (turn < 0)[:, None]
    right = np.where(clockwise, ends, starts)[hides]
    left = np.where(clockwise, starts, ends)[hides]
    turn, near, far = np.abs(turn[hides]), near[hides], far[hides]
    planes = np.zeros((len(turn), 4, 3))
    planes[:, 0, 0], planes[:, 0, 1] = -right[:, 1], right[:, 0]
    planes[:, 1, 0], planes[:, 1, 1] = left[:, 1], -left[:, 0]
    across_x, across_y = left[:, 1] - right[:, 1], right[:, 0] - left[:, 0]
    planes[:, 2, 0], planes[:, 2, 1], planes[:, 2, 2] = across_x, across_y, -near * turn
    planes[:, 3, 0], planes[:, 3, 1] = -across_x, -across_y
    planes[:, 3, 2] = np.minimum(far * turn, 1e50)
    return planes, np.flatnonzero(hides)
