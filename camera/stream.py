"""A camera's video as it comes over RTSP/TCP: whole frames, undecoded, with a name for every way it can end.

Own client instead of FFmpeg's: see docs/decisions/0010-rtsp-client.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

CONNECT_TIMEOUT_S: Final = 5.0
RESPONSE_TIMEOUT_S: Final = 10.0
STALL_S: Final = 10.0
"""No frame for so long ends the stream; issue-wide figure for the watchdog of a recording."""


class EndCause(StrEnum):
    """Why a stream ended (录像中断原因), as the ledger and the findings name it."""

    ASKED = "asked"
    END_OF_STREAM = "end_of_stream"
    STALLED = "stalled"
    LOGIN_REFUSED = "login_refused"
    NAME_UNKNOWN = "name_unknown"
    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection_lost"
    UNSUPPORTED = "unsupported"
    BUSY = "busy"


class StreamError(Exception):
    """A stream could not be opened or has ended; `cause` names why, the text says what to do."""

    cause: ClassVar[EndCause]


class StreamUnreachable(StreamError):
    """Nobody answers at the address."""

    cause = EndCause.UNREACHABLE


class StreamNameUnknown(StreamUnreachable):
    """The host name of the camera cannot be resolved."""

    cause = EndCause.NAME_UNKNOWN


class StreamLost(StreamError):
    """The connection broke while frames came."""

    cause = EndCause.CONNECTION_LOST


class StreamLoginRefused(StreamError):
    """The camera does not accept the log-in; another try may lock the account, so nobody tries until it is mended."""

    cause = EndCause.LOGIN_REFUSED


class StreamStalled(StreamError):
    """The connection is open but nothing comes."""

    cause = EndCause.STALLED


class StreamEnded(StreamError):
    """The camera ended the stream; a clean end is a disconnection too."""

    cause = EndCause.END_OF_STREAM


class StreamBusy(StreamError):
    """The camera serves no further viewer just now."""

    cause = EndCause.BUSY


class StreamUnsupported(StreamError):
    """The camera answers, but with nothing that can be recorded."""

    cause = EndCause.UNSUPPORTED


class Codec(StrEnum):
    """Video codings that are recorded."""

    H264 = "h264"
    H265 = "h265"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """Where a point's video comes from; `url` carries no log-in, and the password is in no representation."""

    device: str
    url: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What a decoder must know before the first frame; another one needs another segment."""

    codec: Codec
    parameter_sets: tuple[bytes, ...]
    """VPS (H.265), SPS and PPS without start codes, in this order."""
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """AAC as it is copied into the footage."""

    config: bytes
    """AudioSpecificConfig (ISO/IEC 14496-3)."""
    sample_rate_hz: int
    channels: int


@dataclass(slots=True)
class Frame:
    """One picture as it came, ready to be written: NAL units, each after its length in 4 bytes.

    `ticks` counts 1/90000 s of the camera's own clock from an arbitrary start and does not wrap.
    """

    ticks: int
    keyframe: bool
    data: bytearray
    format: VideoFormat
    arrived_running_ns: int
    damaged: bool = False
    """A packet of it, or the last before it, never came."""


@dataclass(slots=True)
class AudioFrame:
    """One AAC frame; `ticks` counts samples of its format's rate."""

    ticks: int
    data: bytes
    format: AudioFormat
    arrived_running_ns: int


TICKS_PER_S: Final = 90_000
"""RTP clock of every video coding (RFC 6184, RFC 7798)."""
