"""How a stream really comes, beside how the camera says it is set (码流质量). Pure: a meter and rules.

The recorder measures what it receives anyway, so no second main stream is ever opened; the inspector judges.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from camera.stream import TICKS_PER_S, Frame

LEAST_S: Final = 20.0
"""Less says nothing about a rate: cameras send keyframes every 1 to 10 s."""
_LONGEST_STEP_TICKS: Final = 60 * TICKS_PER_S  # a longer one is a clock that was set, not a pause


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReading:
    """What came in a stretch of recording."""

    seconds: float
    bits_per_s: float
    fps: float
    keyframe_s: float | None
    """Longest time between keyframes; None: fewer than two came."""
    frames: int
    packets_lost: int
    damaged_frames: int


class StreamMeter:
    """Counts frames on the recorder's thread; a reading is taken by another."""

    def __init__(self, *, least_s: float = LEAST_S) -> None:
        self._least_s = least_s
        self.codec = ""
        """'h264' or 'h265'; empty until something came."""
        self._lock = threading.Lock()
        self._bytes = self._frames = self._damaged = self._ticks = self._longest = 0
        self._lost = 0
        self._lost_before = 0
        self._last: int | None = None
        self._keyframe: int | None = None

    def take(self, frame: Frame) -> None:
        """One frame came."""
        with self._lock:
            if self._last is not None and 0 < frame.ticks - self._last < _LONGEST_STEP_TICKS:
                self._ticks += frame.ticks - self._last
                self._frames += 1
                self._bytes += len(frame.data)
            self._last = frame.ticks
            self._damaged += frame.damaged
            if frame.keyframe:
                self.codec = frame.format.codec.value
                if self._keyframe is not None and 0 < frame.ticks - self._keyframe < _LONGEST_STEP_TICKS:
                    self._longest = max(self._longest, frame.ticks - self._keyframe)
                self._keyframe = frame.ticks

    def broke(self, packets_lost: int) -> None:
        """The connection ended with so many packets lost in all: what comes next begins anew."""
        with self._lock:
            self._lost += packets_lost - self._lost_before
            self._lost_before = 0
            self._last = self._keyframe = None

    def reading(self, packets_lost: int) -> StreamReading | None:
        """What came since the last reading; `packets_lost` is what the present connection has lost so far.

        None while too little came to say anything; then it is counted on.
        """
        with self._lock:
            seconds = self._ticks / TICKS_PER_S
            if seconds < self._least_s:
                return None
            found = StreamReading(
                seconds=seconds,
                bits_per_s=self._bytes * 8 / seconds,
                fps=self._frames / seconds,
                keyframe_s=self._longest / TICKS_PER_S if self._longest else None,
                frames=self._frames,
                packets_lost=self._lost + packets_lost - self._lost_before,
                damaged_frames=self._damaged,
            )
            self._bytes = self._frames = self._damaged = self._ticks = self._longest = self._lost = 0
            self._lost_before = packets_lost
            return found


class StreamFault(StrEnum):
    """What is wrong with a stream; the value is the finding's kind."""

    RATE_ABOVE_SET = "camera.rate_above_set"
    """It sends more than it says it is set to: the days reckoned with do not fit (谎报码率)."""
    FRAMES_MISSING = "camera.frames_missing"
    """Fewer frames than configured (帧率不足)."""
    KEYFRAMES_RARE = "camera.keyframes_rare"
    """So far apart that a jump in playback, and a look at the picture, wait long."""
    PACKETS_LOST = "camera.packets_lost"
    """The network or the camera loses packets (丢包)."""
    CODEC_NOT_SET = "camera.codec_not_as_set"
    """It sends another codec than it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRules:
    """When a reading is bad, and how many readings make a finding; editable."""

    rate_over: float = 1.3
    """Of the configured rate; variable-rate encoders go over it for some seconds, not for minutes."""
    fps_share: float = 0.8
    keyframe_s: float = 10.5
    """Some cameras send a keyframe every 10 s, which still serves."""
    lost_per_frame: float = 0.01
    window: int = 5
    failing: int = 3
    recovery: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAsSet:
    """What the camera says of its main stream; None where it does not say."""

    codec: str
    fps: float | None
    bitrate_bps: int | None


def exceeds_set_rate(real_bps: float, set_bps: int, rules: StreamRules = StreamRules()) -> bool:
    """Whether a camera sends more than it was set to."""
    return real_bps > set_bps * rules.rate_over


def faults_of(
    reading: StreamReading, codec: str, as_set: StreamAsSet | None, rules: StreamRules = StreamRules()
) -> frozenset[StreamFault]:
    """What is wrong with one reading; what cannot be compared is no fault."""
    found = set()
    lost = reading.packets_lost + reading.damaged_frames
    if reading.frames and lost / reading.frames > rules.lost_per_frame:
        found.add(StreamFault.PACKETS_LOST)
    if reading.keyframe_s is not None and reading.keyframe_s > rules.keyframe_s:
        found.add(StreamFault.KEYFRAMES_RARE)
    if as_set is None:
        return frozenset(found)
    if as_set.bitrate_bps and exceeds_set_rate(reading.bits_per_s, as_set.bitrate_bps, rules):
        found.add(StreamFault.RATE_ABOVE_SET)
    if as_set.fps and reading.fps < as_set.fps * rules.fps_share:
        found.add(StreamFault.FRAMES_MISSING)
    if as_set.codec in ("H264", "H265") and as_set.codec.lower() != codec.lower():
        found.add(StreamFault.CODEC_NOT_SET)
    return frozenset(found)


@dataclass(slots=True)
class StreamStanding:
    """N of M for each fault of one stream."""

    rules: StreamRules = field(default_factory=StreamRules)
    open: frozenset[StreamFault] = frozenset()
    _recent: deque[frozenset[StreamFault]] = field(default_factory=deque)

    def judge(self, found: frozenset[StreamFault]) -> frozenset[StreamFault]:
        """The faults that stand after one more reading."""
        self._recent.append(found)
        while len(self._recent) > self.rules.window:
            self._recent.popleft()
        latest = list(self._recent)[-self.rules.recovery :]
        unsure = len(latest) < self.rules.recovery
        standing = set()
        for fault in StreamFault:
            begins = sum(fault in one for one in self._recent) >= self.rules.failing
            goes_on = fault in self.open and (unsure or any(fault in one for one in latest))
            if begins or goes_on:
                standing.add(fault)
        self.open = frozenset(standing)
        return self.open
