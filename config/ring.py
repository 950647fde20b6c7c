"""Rings of a plan: plain numpy, so that reading a plan needs no geometry library in a role's memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Position = tuple[float, float]
"""x (east) and y (north) in metres on the campus plan."""
Line = tuple[Position, ...]
Ring = tuple[Position, ...]
"""Corners in order, the first not repeated at the end."""
Array = NDArray[np.float64]


def signed_area_m2(ring: Ring) -> float:
    """Positive when the ring runs counter-clockwise."""
    corners = np.asarray(ring, dtype=np.float64)
    corners = corners - corners[0]  # near zero, so that coordinates far from the origin lose no digits
    x, y = corners[:, 0], corners[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def contains(ring: Ring, positions: Array, *, margin_m: float = 0.0) -> NDArray[np.bool_]:
    """Which positions (N, 2) lie inside the ring, or within margin_m of it."""
    corners = np.asarray(ring, dtype=np.float64)
    following = np.roll(corners, -1, axis=0)
    x, y = positions[:, 0, None], positions[:, 1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing_x = corners[:, 0] + (y - corners[:, 1]) * (following[:, 0] - corners[:, 0]) / (
            following[:, 1] - corners[:, 1]
        )
    upward = corners[:, 1] > y
    crosses = (upward != (following[:, 1] > y)) & (x < crossing_x)
    inside: NDArray[np.bool_] = crosses.sum(axis=1) % 2 == 1
    if margin_m > 0:
        inside |= distance_m(positions, corners, following).min(axis=1) <= margin_m
    return inside


def distance_m(positions: Array, starts: Array, ends: Array) -> Array:
    """Distances (N, M) from N positions to M segments."""
    along = ends - starts
    length2 = np.maximum(np.einsum("mk,mk->m", along, along), 1e-300)
    offset = positions[:, None, :] - starts[None, :, :]
    share = np.clip(np.einsum("nmk,mk->nm", offset, along) / length2, 0.0, 1.0)
    nearest = offset - share[:, :, None] * along[None, :, :]
    distances: Array = np.hypot(nearest[:, :, 0], nearest[:, :, 1])
    return distances


def self_crossing(ring: Ring) -> Position | None:
    """A place where the ring crosses or touches itself, or None if it is simple."""
    start = np.asarray(ring, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    count = len(start)
    for first in range(count - 1):
        others = np.arange(first + 1, count)
        if first == 0 and count > 2:
            others = others[:-1]  # the last edge ends where the first begins
        others = others[1:]  # the next edge begins where this one ends
        if others.size == 0:
            continue
        place = _meeting(start[first], end[first], start[others], end[others])
        if place is not None:
            return place
    return None


def spike(ring: Ring) -> Position | None:
    """A corner where the ring runs straight back on itself, or None."""
    corners = np.asarray(ring, dtype=np.float64)
    before, after = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    back = (np.abs(cross) <= 1e-12) & (np.einsum("nk,nk->n", before, after) > 0)
    return _position(corners[int(np.argmax(back))]) if back.any() else None


def _meeting(start: Array, end: Array, starts: Array, ends: Array) -> Position | None:
    along, others = end - start, ends - starts
    to = starts - start
    turn = along[0] * others[:, 1] - along[1] * others[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        here = (to[:, 0] * others[:, 1] - to[:, 1] * others[:, 0]) / turn
        there = (to[:, 0] * along[1] - to[:, 1] * along[0]) / turn
        meets = (turn != 0) & (here >= 0) & (here <= 1) & (there >= 0) & (there <= 1)
    if meets.any():
        share = here[int(np.argmax(meets))]
        return _position(start + share * along)
    # edges on one line meet if a corner of one lies on the other
    length2 = float(along @ along)
    aligned = (turn == 0) & (np.abs(to[:, 0] * along[1] - to[:, 1] * along[0]) <= 1e-12 * max(length2, 1.0))
    for other in np.flatnonzero(aligned):
        shares = sorted(
            (float((starts[other] - start) @ along) / length2, float((ends[other] - start) @ along) / length2)
        )
        if shares[1] >= 0 and shares[0] <= 1:
            return _position(start + min(max(shares[0], 0.0), 1.0) * along)
    return None


def _position(place: Array) -> Position:
    return float(place[0]), float(place[1])
