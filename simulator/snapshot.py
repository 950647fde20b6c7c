"""Still pictures of a running loop: the keyframe of the present second, decoded once and kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import av
import cv2

from simulator.loop import Codec
from simulator.rtsp.stream import Stream
from simulator.wall_clock import WallClock

_KEPT = 64
_QUALITY = 85


class Snapshots:
    """JPEGs of what a stream shows now, to the last keyframe."""

    def __init__(self, stream: Stream, clock: WallClock) -> None:
        self._stream, self._clock = stream, clock
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    async def now(self) -> bytes:
        spec = self._stream.reel.loop.spec
        number = int(self._clock.unix_s()) // spec.gop_s * spec.gop_s * spec.fps % spec.frames
        key = (spec.as_text(), number)
        if key not in self._made:
            frame = self._stream.reel.loop.frames[number]
            self._made[key] = await asyncio.to_thread(_jpeg, spec.codec, frame)
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return self._made[key]


def _jpeg(codec: Codec, keyframe: bytes) -> bytes:
    decoder = av.CodecContext.create("h264" if codec is Codec.H264 else "hevc", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    pictures = [*decoder.decode(av.Packet(keyframe)), *decoder.decode(None)]
    good, encoded = cv2.imencode(".jpg", pictures[0].to_ndarray(format="bgr24"), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise ValueError("a keyframe of the loop cannot be written as JPEG")
    return encoded.tobytes()
