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
    FROZEN = "frozen"
    """The same picture for ever (画面冻结), clock and all, while the stream goes on."""
    BLURRED = "blurred"
    """Out of focus (虚焦)."""
    TURNED = "turned"
    """Pushed aside (移位): it looks elsewhere, and not level."""
    DARK = "dark"
    """The lights are out and the camera has none of its own (过暗)."""
    NOISE = "noise"
    """Snow from a bad cable or sensor (雪花)."""
    CLOCK_WRONG = "clock_wrong"
    """Its clock, set by hand, is ten minutes ahead; a client may set it right (时钟不准)."""
    CODEC_CHANGED = "codec_changed"
    """Somebody set the main stream to the other codec (H.264, H.265); viewers are cut off."""
    NEW_IDENTITY = "new_identity"
    """Another camera with another serial hangs at the same address (更换)."""
    IGNORES_SET = "ignores_set"
    """Answers OK to every change and changes nothing; asked again, it tells the old value."""
    LIES_ABOUT_SET = "lies_about_set"
    """Answers OK to an encoder's change and tells the new value, and its stream stays as it was."""
    LIES_ABOUT_FOOTAGE = "lies_about_footage"
    """Claims to hold footage since 1970."""
    CARD_STOPPED = "card_stopped"
    """Its card records no longer: what it holds ends when this began (存储卡停录)."""
    LOSES_PACKETS = "loses_packets"
    """The packets of one picture in ten never arrive (丢包)."""


VARIANT_OF = {
    Fault.COVERED: Variant.COVERED,
    Fault.FROZEN: Variant.FROZEN,
    Fault.BLURRED: Variant.BLURRED,
    Fault.TURNED: Variant.TURNED,
    Fault.DARK: Variant.DARK,
    Fault.NOISE: Variant.NOISE,
}
"""Faults that show in the picture, and how."""

PREPARED = (Fault.COVERED,)
"""Picture faults whose loops are made ahead; the others take some seconds when first asked for."""
