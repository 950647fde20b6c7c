"""Is this box's own clock right? Asked of the kernel, before a camera is set by it."""

from __future__ import annotations

import ctypes
from typing import Final

_TIMEX_BYTES: Final = 512  # struct timex is smaller everywhere
_TIME_ERROR: Final = 5
"""What adjtimex(2) returns while no time server disciplines the clock."""


def is_synchronised() -> bool:
    """Whether a time server keeps this machine's clock; False where that cannot be known."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return 0 <= int(state) < _TIME_ERROR
