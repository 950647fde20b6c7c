"""One keyframe of a stream, decoded: connect, take the first whole one, hang up.

A look every 10 s needs one picture; holding the stream open in between would cost more in packets than the log-in does.
"""

from __future__ import annotations

from typing import Any, Final

import av
import av.error
import numpy as np

from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.stream import Frame, StreamSource, StreamStalled, StreamUnsupported
from camera.stream_rtsp import RtspStream
from foundation.clock import NS_PER_S, Clock

LOOK_S: Final = 6.0
"""Connecting and waiting for a keyframe; sub-streams send one every 1 to 4 s."""

_START: Final = b"\x00\x00\x00\x01"
_DECODERS: Final = {"h264": "h264", "h265": "hevc"}


def take_keyframe(source: StreamSource, clock: Clock, within_s: float = LOOK_S) -> Picture:
    """A picture of a stream. Raises StreamError; StreamUnsupported if the keyframe cannot be decoded."""
    taken_utc_ns, ends_ns = clock.utc_ns(), clock.running_ns() + round(within_s * NS_PER_S)
    stream = RtspStream(source, clock, stall_s=within_s)
    try:
        while clock.running_ns() < ends_ns:
            for frame in stream.read():
                if isinstance(frame, Frame) and frame.keyframe and not frame.damaged:
                    return decode(frame, taken_utc_ns)
    finally:
        stream.close()
    raise StreamStalled(f"{source.url} sent no keyframe within {within_s:g} s")


def decode(frame: Frame, taken_utc_ns: int = 0) -> Picture:
    """A keyframe as a picture at the judged size. Raises StreamUnsupported."""
    decoder: Any = av.CodecContext.create(_DECODERS[frame.format.codec.value], "r")
    decoder.thread_count = 1
    data = b"".join(_START + unit for unit in frame.format.parameter_sets) + _annex_b(frame.data)
    try:
        pictures = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        if not pictures:
            raise StreamUnsupported("the keyframe gave no picture")
        y, u, v = (_plane(one) for one in pictures[0].reformat(WIDTH_PX, HEIGHT_PX, "yuv420p").planes)
    except av.error.FFmpegError as error:
        raise StreamUnsupported(f"the keyframe cannot be decoded ({error})") from error
    return Picture(y, u, v, taken_utc_ns)


def _plane(plane: Any) -> Plane:
    # Rows may be padded; copied, since the decoder's memory goes with it.
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.array(rows[: plane.height, : plane.width])


def _annex_b(data: bytearray) -> bytes:
    out, at = bytearray(), 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        out += _START + data[at + 4 : at + 4 + length]
        at += 4 + length
    return bytes(out)
