"""Whether the kernel believes its clock: what the envelope's `clockquality` says."""

from __future__ import annotations

from foundation.clock import wall_clock_is_kept
from uplink.event import ClockQuality


def system_clock_quality() -> ClockQuality:
    """Ask the kernel; unknown where it does not say."""
    try:
        return ClockQuality.SYNCHRONISED if wall_clock_is_kept() else ClockQuality.UNSYNCHRONISED
    except OSError:
        return ClockQuality.UNKNOWN
