"""A minute of one scene, encoded once and sent for ever.

Encoding live costs tens of milliseconds a frame; a box that also runs the agent cannot spare them. So each stream is a
loop of 60 s whose first frame belongs to second 0 of a wall minute: frame n is due at n / fps seconds past the minute,
and the clock in the picture says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import islice

import av

from simulator.scenes.painter import Painter
from simulator.scenes.variant import Variant

LOOP_S = 60


class Codec(StrEnum):
    H264 = "H264"
    H265 = "H265"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSpec:
    """Everything that decides how a loop comes out."""

    scene: str
    codec: Codec
    variant: Variant = Variant.CLEAR
    width: int = 1280
    height: int = 720
    fps: int = 15
    bitrate_bps: int = 1_000_000
    gop_s: int = 1
    """Seconds from keyframe to keyframe; a divisor of 60."""

    def __post_init__(self) -> None:
        if self.fps < 1 or LOOP_S % self.gop_s or self.width % 2 or self.height % 2:
            raise ValueError("fps from 1, gop_s a divisor of 60, width and height even")

    @property
    def frames(self) -> int:
        return LOOP_S * self.fps

    @property
    def frames_per_gop(self) -> int:
        return self.gop_s * self.fps

    def as_text(self) -> str:
        return " ".join(f"{key}={value}" for key, value in asdict(self).items())


@dataclass(frozen=True)
class Loop:
    """One encoded minute: access units in Annex B form; every ``frames_per_gop``-th begins with its parameter sets."""

    spec: LoopSpec
    frames: Sequence[bytes]

    def __post_init__(self) -> None:
        if len(self.frames) != self.spec.frames:
            raise ValueError(f"a loop of {self.spec.frames} frames, not {len(self.frames)}")

    def is_keyframe(self, number: int) -> bool:
        return number % self.spec.frames_per_gop == 0

    @cached_property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """VPS, SPS, PPS (H.265) or SPS, PPS (H.264) of the first frame, as NAL units without start code."""
        return tuple(unit for unit in nal_units(self.frames[0]) if is_parameter_set(self.spec.codec, unit))


def encode(spec: LoopSpec) -> Iterator[bytes]:
    """Paints and encodes a loop frame by frame; a frozen one is its first group of pictures again and again."""
    if spec.variant is Variant.FROZEN:
        first = list(islice(_encode(spec), spec.frames_per_gop))
        yield from (first[number % len(first)] for number in range(spec.frames))
    else:
        yield from _encode(spec)


def _encode(spec: LoopSpec) -> Iterator[bytes]:
    painter = Painter(spec.scene, spec.variant, spec.width, spec.height)
    encoder = av.CodecContext.create("libx264" if spec.codec is Codec.H264 else "libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = spec.width, spec.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, spec.fps), Fraction(spec.fps)
    encoder.gop_size, encoder.max_b_frames, encoder.bit_rate = spec.frames_per_gop, 0, spec.bitrate_bps
    encoder.options = _options(spec)
    encoder.thread_count = 1
    for number in range(spec.frames):
        frame = av.VideoFrame.from_ndarray(painter.planes(number / spec.fps, number), format="yuv420p")
        frame.pts = number
        yield from (bytes(packet) for packet in encoder.encode(frame))
    yield from (bytes(packet) for packet in encoder.encode(None))


def _options(spec: LoopSpec) -> dict[str, str]:
    """No B-frames, a keyframe exactly every GOP and nowhere else, parameter sets before each."""
    rate_kbps, gop = spec.bitrate_bps // 1000, spec.frames_per_gop
    rate = f"vbv-maxrate={rate_kbps}:vbv-bufsize={rate_kbps}"
    shared = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:rc-lookahead=0:{rate}"
    if spec.codec is Codec.H264:
        return {"preset": "superfast", "profile": "main", "x264-params": f"{shared}:sync-lookahead=0"}
    # the cheapest search there is (21 ms a 720p frame instead of 37), and one thread: loops are encoded side by side
    threads = "frame-threads=1:pools=none:wpp=0"
    search = "aq-mode=0:cutree=0:rd=1:subme=0:me=dia:merange=8:max-merge=1:ref=1"
    blocks = "ctu=32:min-cu-size=16:early-skip=1:rskip=2:fast-intra=1:sao=0:weightp=0:open-gop=0"
    return {"preset": "ultrafast", "x265-params": f"{shared}:{threads}:{search}:{blocks}:log-level=none:info=0"}


def nal_units(access_unit: bytes) -> Iterator[bytes]:
    """Splits Annex B at its start codes."""
    start = access_unit.find(b"\x00\x00\x01")
    while start >= 0:
        following = access_unit.find(b"\x00\x00\x01", start + 3)
        unit = access_unit[start + 3 : following if following >= 0 else len(access_unit)]
        # a four-byte start code leaves its first zero at the end of the unit before
        yield unit.rstrip(b"\x00") if following >= 0 else unit
        start = following


def is_parameter_set(codec: Codec, unit: bytes) -> bool:
    if codec is Codec.H264:
        return unit[0] & 0x1F in (7, 8)
    return unit[0] >> 1 & 0x3F in (32, 33, 34)
