"""Picture sizes read from parameter sets, compared with what an independent encoder was told."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from camera.stream import Codec
from camera.stream_format import set_key, video_format

SIZES = [(320, 240), (1920, 1080), (704, 576), (1366, 768), (2560, 1440), (642, 362)]


def parameter_sets(codec: str, size: tuple[int, int], pixels: str = "yuv420p", **options: str) -> list[bytes]:
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base = pixels, Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "x265-params": "log-level=error", **options}
    frame = av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8), format="rgb24").reformat(
        format=pixels
    )
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    stream = bytes(encoder.extradata or b"") + b"".join(map(bytes, packets))
    kinds = (7, 8) if codec == "libx264" else (32, 33, 34)
    return [
        unit
        for unit in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
        if unit and (unit[0] & 31 if codec == "libx264" else unit[0] >> 1 & 63) in kinds
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("codec", "library"), [(Codec.H264, "libx264"), (Codec.H265, "libx265")])
def test_the_size_is_the_one_the_encoder_was_told(codec: Codec, library: str, size: tuple[int, int]) -> None:
    sets = {set_key(codec, unit): unit for unit in parameter_sets(library, size)}
    found = video_format(codec, sets)
    assert found is not None
    assert (found.width_px, found.height_px) == size


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        ("yuv420p", {"profile": "baseline"}),
        ("yuv420p", {"x264-params": "interlaced=1"}),
        ("yuv422p", {}),
        ("yuv444p", {}),
        ("yuv420p", {"x264-params": "cqm=jvt"}),
    ],
)
def test_h264_profiles_do_not_change_the_size(pixels: str, options: dict[str, str]) -> None:
    sets = {set_key(Codec.H264, unit): unit for unit in parameter_sets("libx264", (640, 368), pixels, **options)}
    found = video_format(Codec.H264, sets)
    assert found is not None
    assert (found.width_px, found.height_px) == (640, 368)


def test_a_missing_set_makes_no_format() -> None:
    sets = {set_key(Codec.H264, unit): unit for unit in parameter_sets("libx264", (320, 240))}
    assert video_format(Codec.H264, {key: unit for key, unit in sets.items() if key[0] == 7}) is None
