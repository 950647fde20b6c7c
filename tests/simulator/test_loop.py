from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from foundation.service import Ending
from simulator.library import Library, Stopped
from simulator.loop import Codec, LoopSpec, is_parameter_set, nal_units
from simulator.scenes.overlay import read_seconds
from simulator.scenes.variant import Variant


def spec(codec: Codec, variant: Variant = Variant.CLEAR) -> LoopSpec:
    scene = "gate" if codec is Codec.H264 else "corridor"
    return LoopSpec(scene=scene, codec=codec, variant=variant, width=320, height=240, fps=2, bitrate_bps=100_000)


@pytest.mark.parametrize("codec", Codec)
def test_a_loop_holds_every_frame_of_the_minute_with_its_true_second(codec: Codec, loops: Path) -> None:
    loop = Library(loops).loop(spec(codec))
    decoder = av.CodecContext.create("h264" if codec is Codec.H264 else "hevc", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    pictures = [picture for frame in loop.frames for picture in decoder.decode(av.Packet(frame))]
    pictures += decoder.decode(None)
    assert len(pictures) == 120
    for number in (0, 1, 63, 119):
        shown = pictures[number].to_ndarray(format="bgr24").astype(np.uint8)
        assert read_seconds(shown) == pytest.approx(number / 2)


@pytest.mark.parametrize("codec", Codec)
def test_a_keyframe_with_parameter_sets_begins_each_second_and_nothing_else_does(codec: Codec, loops: Path) -> None:
    loop = Library(loops).loop(spec(codec))
    sets = 2 if codec is Codec.H264 else 3
    for number, frame in enumerate(loop.frames):
        found = sum(is_parameter_set(codec, unit) for unit in nal_units(frame))
        assert found == (sets if loop.is_keyframe(number) else 0)
    assert len(loop.parameter_sets) == sets


def test_a_loop_is_drawn_once_and_read_afterwards(tmp_path: Path) -> None:
    said: list[str] = []
    first = Library(tmp_path, said.append).loop(spec(Codec.H264))
    assert said
    said.clear()
    again = Library(tmp_path, said.append).loop(spec(Codec.H264))
    assert not said
    assert list(again.frames) == list(first.frames)


def test_a_damaged_loop_is_drawn_again(tmp_path: Path) -> None:
    first = Library(tmp_path).loop(spec(Codec.H264))
    (kept,) = tmp_path.glob("*.loop")
    kept.write_bytes(kept.read_bytes()[:-100])
    assert list(Library(tmp_path).loop(spec(Codec.H264)).frames) == list(first.frames)


def test_encoding_is_given_up_when_asked(tmp_path: Path) -> None:
    stopping = Ending()
    stopping.set()
    with pytest.raises(Stopped):
        Library(tmp_path, stopping=stopping).loop(spec(Codec.H264))
    assert not list(tmp_path.glob("*.loop"))


@pytest.mark.parametrize(("gop_s", "fps", "width"), [(7, 5, 320), (1, 0, 320), (1, 5, 321)])
def test_a_loop_that_cannot_close_is_refused(gop_s: int, fps: int, width: int) -> None:
    with pytest.raises(ValueError, match="divisor of 60"):
        LoopSpec(scene="gate", codec=Codec.H264, gop_s=gop_s, fps=fps, width=width)
