"""What the decoding process answers, for both sides; imports nothing, so that the asker stays light."""

from __future__ import annotations

import struct
from typing import Final

NOTHING_THEN: Final = "nothing_then"
"""Reason: no keyframe lies in the stretch."""
UNREADABLE: Final = "unreadable"
"""Reason: keyframes lie there and none decodes."""
_SHOWS: Final = struct.Struct(">q")


def write_reply(shows_ms: int, jpeg: bytes) -> bytes:
    """The keyframe's UTC before its picture."""
    return _SHOWS.pack(shows_ms) + jpeg


def read_reply(reply: bytes) -> tuple[int, bytes]:
    """The same taken apart."""
    (shows_ms,) = _SHOWS.unpack_from(reply)
    return shows_ms, reply[_SHOWS.size :]
