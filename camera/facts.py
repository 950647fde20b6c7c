"""What the inspector tells the other roles about devices."""

from __future__ import annotations

from typing import ClassVar

from camera.device_state import DeviceState
from foundation.journal import Fact


class DeviceStateChanged(Fact):
    """A device stands otherwise than before."""

    kind: ClassVar[str] = "camera.device_state"
    device_id: str
    state: DeviceState
    trouble: str
    message: str
    since_utc_ns: int


class StreamsChanged(Fact):
    """The streams of a device are others than before; camera.query has them."""

    kind: ClassVar[str] = "camera.streams"
    device_id: str


class DeviceChanged(Fact):
    """A device is not who it was: other firmware, or another device at its address (serial)."""

    kind: ClassVar[str] = "camera.device_changed"
    device_id: str
    what: str
    before: str
    after: str
