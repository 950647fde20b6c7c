"""Is this box's own clock right? Asked of the kernel, before a camera is set by it."""

from __future__ import annotations

from foundation.clock import wall_clock_is_kept


def is_synchronised() -> bool:
    """Whether a time server keeps this machine's clock; False where that cannot be known."""
    try:
        return wall_clock_is_kept()
    except OSError:
        return False
