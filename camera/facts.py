"""What the inspector tells the other roles about devices."""

from __future__ import annotations

from typing import ClassVar, Final

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


CLOCK_SET: Final = "clock_set"
"""What changed when the box itself set a device's clock (自动校时)."""


class DeviceChanged(Fact):
    """A device is not what it was: other firmware, another device at its address (serial, mac), other streams."""

    kind: ClassVar[str] = "camera.device_changed"
    device_id: str
    what: str
    before: str
    after: str
    source: int | None = None
    """Which of its video sources; None: the device as a whole."""


class InputChanged(Fact):
    """A device's alarm input (报警输入). `closed` is the circuit; whether that is an alarm, the settings say."""

    kind: ClassVar[str] = "camera.input"
    device_id: str
    token: str
    closed: bool
    initial: bool
    """The state as it was found when listening began; a button pressed then is a press (alarms.inputs.circuit)."""


class RelayChanged(Fact):
    """A device's relay (报警输出), told by the device itself: the only way to know that a siren was switched."""

    kind: ClassVar[str] = "camera.relay"
    device_id: str
    token: str
    active: bool
    initial: bool


class StreamMeasured(Fact):
    """How a point's main stream really came in the last minute (码流实测). Told by the recorder, which receives it."""

    kind: ClassVar[str] = "recording.stream_measured"
    point_id: str
    codec: str
    seconds: float
    bits_per_s: float
    fps: float
    keyframe_s: float | None
    frames: int
    packets_lost: int
    damaged_frames: int


class PictureAccepted(Fact):
    """A person says that what a point shows now is right: its reference shall be learnt anew. Told by the office."""

    kind: ClassVar[str] = "picture.accepted"
    point_id: str
    by: str


class DeviceAccepted(Fact):
    """A person says that the other device at an address is meant to be there (更换). Told by the office."""

    kind: ClassVar[str] = "camera.device_accepted"
    device_id: str
    by: str


class LoginRetryAsked(Fact):
    """A person put a refused log-in right at the device and wants it tried now, not in an hour. Told by the office."""

    kind: ClassVar[str] = "camera.login_retry_asked"
    device_id: str
    by: str
