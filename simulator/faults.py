"""What can go wrong with a simulated camera."""

from __future__ import annotations

from enum import StrEnum

from simulator.scenes.variant import Variant


class Fault(StrEnum):
    DOWN = "down"
    """Its ports are closed: connections are refused (离线)."""
    REFUSES_LOGIN = "refuses_login"
    """Correct passwords are refused, as after a changed password. Running streams go on."""
    MUTE = "mute"
    """Accepts connections and never answers, running streams included."""
    STALL = "stall"
    """RTSP stays open and answers, but no packet comes any more."""
    COVERED = "covered"
    """Something hangs before the lens (遮挡); the camera also raises its tamper events."""
    IGNORES_SET = "ignores_set"
    """Answers OK to every change and changes nothing; asked again, it tells the old value."""


VARIANT_OF = {Fault.COVERED: Variant.COVERED}
"""Faults that show in the picture, and how."""
