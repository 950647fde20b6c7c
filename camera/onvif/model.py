"""What a device tells about itself, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTime:
    """A device's clock beside ours."""

    offset_ns: int
    """Device minus our wall time."""
    error_ns: int
    """Half the round trip, and half a second because ONVIF tells whole seconds."""
    asked_utc_ns: int
    asked_running_ns: int
    by_ntp: bool
    """The device says that a time server sets its clock."""
    time_zone: str | None = None
    """POSIX TZ as told; China is CST-8."""


class Codec(StrEnum):
    """How pictures are compressed."""

    H264 = "H264"
    H265 = "H265"
    JPEG = "JPEG"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSource:
    """A lens, or a channel of a recorder (NVR) or encoder."""

    number: int
    """0 is the first; the number that settings name a source by."""
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A way in which a source can be had."""

    token: str
    name: str
    source_token: str
    configuration_token: str | None
    encoder_token: str | None
    codec: Codec
    width_px: int | None
    height_px: int | None
    fps: float | None
    bitrate_bps: int | None
    media2: bool

    @property
    def pixels(self) -> int:
        """Pixels of a picture; 0 where the device does not say."""
        return (self.width_px or 0) * (self.height_px or 0)


@dataclass(frozen=True, slots=True)
class Stream:
    """A profile with the RTSP address to get it from, without log-in."""

    profile: Profile
    uri: str


@dataclass(frozen=True, slots=True)
class SourceStreams:
    """What is to be had of one source."""

    source: VideoSource
    main: Stream
    sub: Stream | None
    snapshot_uri: str | None


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """A notification as the device sent it."""

    topic: str
    """Without namespace prefixes: VideoSource/SignalLoss."""
    operation: str | None
    """Initialized (the state when we subscribed), Changed, Deleted."""
    told_utc: str | None
    """The device's own time text; its clock may be wrong."""
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A video encoder's configuration: what a stream costs."""

    token: str
    codec: Codec
    width_px: int
    height_px: int
    fps: float
    bitrate_bps: int
    gop_frames: int | None
    media2: bool

    @property
    def words(self) -> str:
        """As one says it: H265 1920x1080 15 fps 1500 kbit/s."""
        size = f"{self.width_px}x{self.height_px}"
        return f"{self.codec} {size} {self.fps:g} fps {self.bitrate_bps // 1000} kbit/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderChoice:
    """What an encoder can be set to in one codec."""

    codec: Codec
    sizes: tuple[tuple[int, int], ...]
    fps: tuple[float, ...]
    """Ascending; from a range, its whole numbers."""
    least_bps: int | None
    most_bps: int | None
