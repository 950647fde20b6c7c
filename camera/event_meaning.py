"""What a device's notification means to us. Pure rules; topics as ONVIF's tables and the large vendors write them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from camera.onvif.model import DeviceEvent
from camera.onvif.xml_tree import truth


class Meaning(StrEnum):
    """What is said; those that are findings carry the finding's kind."""

    SIGNAL_LOSS = "camera.signal_loss"
    TAMPER = "camera.tamper_reported"
    TOO_DARK = "camera.too_dark_reported"
    TOO_BRIGHT = "camera.too_bright_reported"
    BLURRY = "camera.blurry_reported"
    STORAGE = "camera.storage_failure"
    HARDWARE = "camera.hardware_failure"
    DIGITAL_INPUT = "digital_input"
    RELAY = "relay"
    REBOOTED = "rebooted"
    NOTHING = "nothing"
    """Known, and no concern of ours: motion and other analytics, profile changes."""


FINDINGS: Final = frozenset(meaning for meaning in Meaning if meaning.value.startswith("camera."))

_TOPICS: Final = {
    "VideoSource/SignalLoss": Meaning.SIGNAL_LOSS,
    "VideoLost": Meaning.SIGNAL_LOSS,
    "VideoSource/GlobalSceneChange": Meaning.TAMPER,
    "RuleEngine/TamperDetector": Meaning.TAMPER,
    "VideoAnalytics/tamper": Meaning.TAMPER,
    "VideoSource/Tampering": Meaning.TAMPER,
    "VideoSource/ImageTooDark": Meaning.TOO_DARK,
    "VideoSource/ImageTooBright": Meaning.TOO_BRIGHT,
    "VideoSource/ImageTooBlurry": Meaning.BLURRY,
    "Device/HardwareFailure/StorageFailure": Meaning.STORAGE,
    "Device/HardwareFailure": Meaning.HARDWARE,
    "Device/Trigger/DigitalInput": Meaning.DIGITAL_INPUT,
    "Device/IO/Port": Meaning.DIGITAL_INPUT,
    "Device/Trigger/Relay": Meaning.RELAY,
    "Monitoring/OperatingTime/LastReboot": Meaning.REBOOTED,
    "Device/OperationMode": Meaning.NOTHING,
    "Monitoring": Meaning.NOTHING,
    "RuleEngine": Meaning.NOTHING,
    "VideoAnalytics": Meaning.NOTHING,
    "VideoSource/MotionAlarm": Meaning.NOTHING,
    "Configuration": Meaning.NOTHING,
    "Media": Meaning.NOTHING,
    "RecordingConfig": Meaning.NOTHING,
    "AudioAnalytics": Meaning.NOTHING,
    "UserAlarm/IVA": Meaning.NOTHING,
}
"""By the topic or its beginning; the longest one that fits counts."""

_STATES: Final = ("State", "IsTamper", "LogicalState", "Failed", "Active", "Value")
_SOURCES: Final = ("VideoSourceConfigurationToken", "VideoSource", "VideoSourceToken", "Source")
_INPUTS: Final = ("InputToken", "RelayToken", "Index", "port", "Token", "Source")


@dataclass(frozen=True, slots=True)
class Reading:
    """A notification, understood as far as it can be."""

    meaning: Meaning | None
    """None: a topic that nobody taught us; it is counted."""
    active: bool | None
    """The state it tells; None where it tells none that can be read."""
    token: str
    """Which source, input or relay; empty where the device does not say."""
    initial: bool
    """The state as we found it, no change."""


def read_event(event: DeviceEvent) -> Reading:
    """What a notification says."""
    meaning = _meaning(event.topic)
    names = _INPUTS if meaning in (Meaning.DIGITAL_INPUT, Meaning.RELAY) else _SOURCES
    return Reading(meaning, _active(event), _token(event, names), event.operation == "Initialized")


def _meaning(topic: str) -> Meaning | None:
    steps = topic.split("/")
    for length in range(len(steps), 0, -1):
        known = _TOPICS.get("/".join(steps[:length]))
        if known is not None:
            return known
    return None


def _active(event: DeviceEvent) -> bool | None:
    states = {name: state for name, value in event.data if (state := _state(value)) is not None}
    named = [states[name] for name in _STATES if name in states]
    if named:
        return named[0]
    return next(iter(states.values())) if len(states) == 1 else None


def _state(value: str) -> bool | None:
    # Relays say active and inactive, everything else true and false in one spelling or another.
    relay = {"active": True, "inactive": False}.get(value.strip().lower())
    return relay if relay is not None else truth(value)


def _token(event: DeviceEvent, names: tuple[str, ...]) -> str:
    told = dict(event.source)
    return next((told[name] for name in names if told.get(name)), "")
