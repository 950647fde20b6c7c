"""Merkle trees over segments, as RFC 6962 builds them: a leaf and a node can never be taken for each other."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from foundation.canonical import canonical_json

_LEAF = struct.Struct(">QQQQI")
EMPTY = hashlib.sha256(b"").digest()


def segment_leaf(point: str, numbers: tuple[int, int, int, int, int], sha256: bytes) -> bytes:
    """What is sealed of one segment: all that its row says of time, age, name and content.

    `numbers` are start_ms, duration_ms, bytes, end_axis_ms and suffix.
    """
    return hashlib.sha256(b"\x00" + _LEAF.pack(*numbers) + sha256 + point.encode()).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in their order; that of nothing is the hash of nothing."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:
        # Pairing from the left and carrying an odd one up gives the same tree as RFC 6962's split at a power of two.
        above = [hashlib.sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def point_leaf(point: str, point_root: bytes) -> bytes:
    """A point's root as a leaf of the day's tree."""
    return hashlib.sha256(b"\x00" + point_root + point.encode()).digest()


def seal_hash(previous: bytes, no: int, day: int, kind: str, day_root: bytes, at_ms: int) -> bytes:
    """SHA-256 of a seal with the one before it, over canonical JSON, so that a third party can recompute it."""
    body = {
        "previous": previous.hex(),
        "no": no,
        "day": day,
        "kind": kind,
        "root": day_root.hex(),
        "at_ms": at_ms,
    }
    return hashlib.sha256(canonical_json(body)).digest()
