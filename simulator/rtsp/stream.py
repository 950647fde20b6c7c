"""One stream that plays for ever and is sent, packet for packet the same, to everyone who watches."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol
from zlib import crc32

from simulator.library import Library
from simulator.loop import Loop, LoopSpec
from simulator.rtsp.rtp import FramePackets, packetise, timestamp_of
from simulator.scenes.variant import Variant
from simulator.wall_clock import WallClock

REPORT_EVERY_S = 5.0
"""RFC 3550's least interval between sender reports."""

_LATE_S = 10.0
"""A computer that slept longer than this jumps to the present instead of sending the past in a burst. One that stood
still for a second or two was no broken camera: what it should have sent meanwhile comes late."""
_EARLY_S = 1.0
"""The clock was set back when a frame is further away than this; at one frame a second it is just as far."""


class Viewer(Protocol):
    """A session that is being played to."""

    def deliver(self, packets: FramePackets, stamped: bytearray) -> None: ...

    def report(self, ssrc: int, unix_s: float, packets: int, octets: int) -> None: ...


@dataclass(frozen=True)
class Reel:
    """A loop with its packets."""

    loop: Loop
    packets: list[FramePackets]
    ssrc: int


@dataclass
class Reels:
    """Reels by what they show, shared by all cameras of a campus."""

    library: Library
    _reels: dict[LoopSpec, Reel] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def reel(self, spec: LoopSpec) -> Reel:
        """The reel for ``spec``; the first time this may take as long as encoding does."""
        loop = self.library.loop(spec)
        with self._lock:
            if spec not in self._reels:
                ssrc = crc32(replace(spec, variant=Variant.CLEAR).as_text().encode())
                self._reels[spec] = Reel(loop, packetise(loop, ssrc), ssrc)
            return self._reels[spec]


class Stream:
    """Sends the frame that is due to all viewers; does nothing while there are none."""

    def __init__(self, reel: Reel, clock: WallClock) -> None:
        self._clock = clock
        self._reel = self._next_reel = reel
        self._viewers: set[Viewer] = set()
        self._beginning: set[Viewer] = set()
        self._sender: asyncio.Task[None] | None = None
        self._sequence = 0
        self._packets = self._octets = 0
        self.flowing = True
        """While False the stream stalls: sessions stay, packets do not come."""
        self.loses_every = 0
        """The packets of one picture in so many are not sent, though their sequence numbers are used; 0: all are."""

    @property
    def reel(self) -> Reel:
        return self._reel

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def show(self, reel: Reel) -> None:
        """Goes over to another reel of the same size and rate at the next keyframe (now, if nobody watches)."""
        self._next_reel = reel
        if not self._viewers:
            self._reel = reel

    def replace(self, reel: Reel) -> None:
        """Goes over to a reel of another codec, size or rate at once; who watches is played to no longer."""
        self.close()
        self._sender = None
        self._reel = self._next_reel = reel

    def first_timestamp(self) -> int:
        """The RTP time of the keyframe that a viewer who begins now will get first."""
        gop_s = self._reel.loop.spec.gop_s
        return timestamp_of((int(self._clock.unix_s() / gop_s) + 1) * gop_s)

    def add(self, viewer: Viewer) -> None:
        """Begins to play to a viewer, from the next keyframe on."""
        self._viewers.add(viewer)
        self._beginning.add(viewer)
        if self._sender is None or self._sender.done():
            # reckoned now, as the viewer was told: when the task begins, the next second may have come
            number = int(self._clock.unix_s() * self._reel.loop.spec.fps) + 1
            self._sender = asyncio.create_task(self._send(number))

    def remove(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        self._beginning.discard(viewer)

    def close(self) -> None:
        self._viewers.clear()
        if self._sender is not None:
            self._sender.cancel()

    async def _send(self, number: int) -> None:
        fps = self._reel.loop.spec.fps
        reported_s = 0.0
        whole = True
        while self._viewers:
            wait = number / fps - self._clock.unix_s()
            if not -_LATE_S <= wait <= _EARLY_S:  # slept, or the clock was set
                number, whole = int(self._clock.unix_s() * fps) + 1, False
                continue
            if wait > 0:
                await asyncio.sleep(wait)
            whole = self._send_frame(number, whole)
            if self.flowing and number / fps - reported_s >= REPORT_EVERY_S and not self._beginning:
                reported_s = number / fps
                for viewer in tuple(self._viewers):
                    viewer.report(self._reel.ssrc, self._clock.unix_s(), self._packets, self._octets)
            number += 1

    def _send_frame(self, number: int, whole: bool) -> bool:
        """Sends one frame, unless one was left out since the last keyframe (not ``whole``): it could not be decoded."""
        place = number % self._reel.loop.spec.frames
        if self._reel.loop.is_keyframe(place):
            self._reel = self._next_reel
            self._beginning.clear()
            whole = True
        if not self.flowing:
            return False
        if not whole:
            return False
        packets = self._reel.packets[place]
        if (
            self.loses_every
            and number % self.loses_every == self.loses_every - 1
            and not self._reel.loop.is_keyframe(place)
        ):
            self._sequence = (self._sequence + len(packets.offsets)) & 0xFFFF
            return True
        receivers = self._viewers - self._beginning
        stamped = packets.stamped(self._sequence, timestamp_of(number / self._reel.loop.spec.fps))
        self._sequence = (self._sequence + len(packets.offsets)) & 0xFFFF
        self._packets += len(packets.offsets)
        self._octets += packets.payload_bytes
        for viewer in receivers:
            viewer.deliver(packets, stamped)
        return True
