"""Clips as the test camera serves them: pre-encoded access units (see rtsp_camera.py)."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np


def from_video(source: Path, target: Path, *, codec: str, seconds: float, frame_rate: int = 10, **options: str) -> Path:
    """Re-encode the first seconds of real footage; a keyframe every second."""
    with av.open(str(source)) as container:
        frames: list[Any] = []
        for frame in container.decode(video=0):
            frames.append(frame.reformat(format="yuv420p"))
            if len(frames) >= seconds * frame_rate:
                break
    return _encode(iter(frames), frames[0].width, frames[0].height, target, codec, frame_rate, options)


def synthetic(
    target: Path,
    *,
    codec: str = "h264",
    size: tuple[int, int] = (320, 240),
    seconds: float = 4,
    frame_rate: int = 25,
    **options: str,
) -> Path:
    """Moving noise: enough for everything but eyes."""

    def frames() -> Iterator[Any]:
        random = np.random.default_rng(1)
        wide = random.integers(0, 255, (size[1], size[0] * 2, 3), dtype=np.uint8)
        for number in range(round(seconds * frame_rate)):
            at = number * 4 % size[0]
            yield av.VideoFrame.from_ndarray(wide[:, at : at + size[0]].copy(), format="rgb24").reformat(
                format="yuv420p"
            )

    return _encode(frames(), *size, target, codec, frame_rate, options)


def _encode(
    frames: Iterator[Any], width: int, height: int, target: Path, codec: str, frame_rate: int, options: dict[str, str]
) -> Path:
    encoder: Any = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, frame_rate), frame_rate
    encoder.gop_size = frame_rate
    common = {"preset": "veryfast", "tune": "zerolatency"}
    if codec == "h264":
        common |= {"x264-params": f"keyint={frame_rate}:min-keyint={frame_rate}:scenecut=0:repeat-headers=1"}
    else:
        common |= {
            "x265-params": f"keyint={frame_rate}:min-keyint={frame_rate}:scenecut=0:repeat-headers=1:bframes=0:"
            "log-level=error"
        }
    encoder.options = {**common, **options}
    with target.open("wb") as file:
        file.write(json.dumps({"codec": codec, "frame_rate": frame_rate}).encode() + b"\n")
        for number, frame in enumerate(frames):
            frame.pts = number
            frame.time_base = encoder.time_base
            frame.pict_type = 0
            _write(file, encoder.encode(frame))
        _write(file, encoder.encode(None))
    return target


def _write(file: Any, packets: list[Any]) -> None:
    for packet in packets:
        file.write(struct.pack(">I", packet.size) + (b"K" if packet.is_keyframe else b"P") + bytes(packet))
