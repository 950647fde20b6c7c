"""What hides the place: in one piece, since a minute, and there rather than gone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.measure import Grid, per_block
from camera.picture.picture import Plane

Blocks = npt.NDArray[np.bool_]

_KNOWN: Final = 8  # blocks from which a line through their brightness is known, ...
_APART: Final = 20.0  # ... if they are of so different brightness
_BEYOND: Final = 6.0  # four times their spread: half of them are within 0.67 of it
_SHADE: Final = 1.0  # grey levels by which lamplight falls off from block to block


def largest_blob(blocks: Blocks) -> float:
    """Share of all blocks in the largest piece: one thing hides blocks that hang together, a crowd does not."""
    count, _, statistics, _ = cv2.connectedComponentsWithStats(blocks.astype(np.uint8), connectivity=4)
    return float(statistics[1:, cv2.CC_STAT_AREA].max()) / blocks.size if count > 1 else 0.0


def pieces_of(blocks: Blocks, least: float) -> Blocks:
    """Those of the blocks that hang together in a piece of at least such a share of the view."""
    _, pieces, statistics, _ = cv2.connectedComponentsWithStats(blocks.astype(np.uint8), connectivity=4)
    large = statistics[:, cv2.CC_STAT_AREA] >= least * blocks.size
    return np.asarray(blocks & large[pieces], np.bool_)


def with_rim(blocks: Blocks) -> Blocks:
    """The blocks and all beside them."""
    return np.asarray(cv2.dilate(blocks.astype(np.uint8), np.ones((3, 3), np.uint8)), np.bool_)


def beyond_light(before: Plane, now: Plane, seen: Blocks) -> Grid:
    """Per block: grey levels by which it is another than the light explains, by the blocks that surely show the place.

    A lamp or the camera's exposure makes dark and bright blocks brighter or darker together, in a straight line.
    """
    was, is_now = per_block(before), per_block(now)
    slope, offset = 1.0, 0.0
    if seen.sum() >= _KNOWN and np.ptp(was[seen]) >= _APART:
        slope, offset = (float(part) for part in np.polyfit(was[seen], is_now[seen], 1))
    elif seen.any():
        offset = float(np.median((is_now - was)[seen]))
    return np.asarray(is_now - (was * max(slope, 0.0) + offset), np.float32)


def grown(hidden: Blocks, seen: Blocks, change: Grid, least: float, few: int) -> Blocks:
    """The hidden blocks with those beside them that changed with them: by `least` grey levels, and by more than light
    explains less well where the place is surely seen.

    A bare wall has nothing to lose, but what is put before it is of another brightness. Of a piece, `few` blocks must
    have lost the place, and not fewer than still show it within it and at its rim: lamplight on a wall hides no edge.
    """
    unexplained = float(np.median(np.abs(change[seen]))) if seen.any() else 0.0
    together = hidden | (~seen & (np.abs(change) >= max(least, _BEYOND * unexplained)))
    count, pieces = cv2.connectedComponents(together.astype(np.uint8), connectivity=4)
    whole = np.zeros(hidden.shape, np.bool_)
    for number in range(1, count):
        piece = np.asarray(pieces == number, np.bool_)
        lost = int((hidden & piece).sum())
        if lost >= max(few, int((seen & with_rim(piece)).sum())):
            whole |= piece
    return whole


def lost_lately(retention: Grid, before: Sequence[Grid], least: float) -> Blocks:
    """Blocks that have lost so much more of the place since the looks before: a cover comes, snow comes to lie.

    With no looks before nothing is known of when, and every block counts.
    """
    if not before:
        return np.ones(retention.shape, np.bool_)
    return np.asarray(np.max(before, axis=0) - retention >= least, np.bool_)


def left_behind(lost: Blocks, reference: Plane, now: Plane, limit: float, *, large: float = 1.0) -> Blocks:
    """Those of the lost blocks where something that belonged to the place has gone, rather than come.

    Around a piece the reference's brightness steps where a van stood; once it has left, the ground goes on. Around a
    hand it is the picture that steps. `limit`: share of the reference's steps up to which the picture has none.
    A piece of a share `large` of the view cannot have been learnt: when it came it was a cover itself.
    """
    before, after = per_block(reference), per_block(now)
    count, pieces = cv2.connectedComponents(lost.astype(np.uint8), connectivity=4)
    gone = np.zeros(lost.shape, np.bool_)
    for number in range(1, count):
        piece = np.asarray(pieces == number, np.bool_)
        if piece.mean() < large and _step_around(piece, after) <= limit * _step_around(piece, before):
            gone |= piece
    return gone


def as_bright(lost: Blocks, reference: Plane, now: Plane, least: float, *, small: float = 0.0) -> Blocks:
    """Those of the lost blocks that are as bright as the place, to `least` grey levels, but for the camera's exposure.

    What comes before a lens is darker or lighter than what it hides; snow that closes over the last tufts of grass
    takes their slopes and leaves the ground as white as it was. Of a piece below a share `small` of the view nothing is
    said: half of so few blocks is as bright by chance.
    """
    change = per_block(now) - per_block(reference)
    change -= np.median(change[~lost]) if (~lost).any() else 0
    count, pieces = cv2.connectedComponents(lost.astype(np.uint8), connectivity=4)
    same = np.zeros(lost.shape, np.bool_)
    for number in range(1, count):
        piece = np.asarray(pieces == number, np.bool_)
        if piece.mean() >= small and np.median(np.abs(change[piece])) < least:
            same |= piece
    return same


def _step_around(piece: Blocks, brightness: Grid) -> float:
    # Mean difference, beyond what light does, between blocks of the piece and their neighbours outside.
    total, pairs = 0.0, 0
    for axis in (0, 1):
        rim: Any = np.diff(piece.astype(np.int8), axis=axis) != 0
        total += float(np.maximum(np.abs(np.diff(brightness, axis=axis))[rim] - _SHADE, 0).sum())
        pairs += int(rim.sum())
    return total / pairs if pairs else 0.0
