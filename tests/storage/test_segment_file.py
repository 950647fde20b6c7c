"""A torn segment file keeps every whole fragment, wherever it is torn."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camera.stream import Codec, Frame, VideoFormat
from storage.fragment import FragmentBuilder
from storage.mp4 import SegmentHeader
from storage.segment import SegmentWriter
from storage.segment_file import NotOurSegment, read_segment

SPS = bytes.fromhex("67640 00dacb40a0fd08000000300800000 19478a1550".replace(" ", ""))
PPS = bytes.fromhex("68ef0fcb")
VIDEO = VideoFormat(Codec.H264, (SPS, PPS), 320, 240)


def written(root: Path, *, fragments: int = 4) -> Path:
    header = SegmentHeader("gate", "uuid", 1_700_000_000_000, 1_700_000_000_000)
    writer = SegmentWriter(root, header, VIDEO, None, suffix=0, first_ticks=0)
    for number in range(fragments):
        fragment = FragmentBuilder()
        for index in range(3):
            data = bytearray(os.urandom(200))
            fragment.add(Frame(number * 90_000 + index * 30_000, index == 0, data, VIDEO, 0))
        writer.write(fragment, end_ticks=(number + 1) * 90_000, start_ms=number * 1000, axis_ms=number * 1000 + 1)
    writer.close()
    return writer.path


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), zeros=st.integers(0, 4096))
def test_whatever_is_cut_off_or_zeroed_the_whole_fragments_before_it_remain(
    tmp_path: Path, data: st.DataObject, zeros: int
) -> None:
    root = tmp_path / os.urandom(6).hex()
    root.mkdir()
    path = written(root)
    whole = read_segment(path)
    cut = data.draw(st.integers(whole.head_bytes, whole.size))
    os.truncate(path, cut)
    os.truncate(path, cut + zeros)  # ext4 may have grown the file before its data came
    found = read_segment(path)
    expected = [fragment for fragment in whole.fragments if fragment.end <= cut]
    assert list(found.fragments)[: len(expected)] == expected
    extra = found.fragments[len(expected) :]
    assert all(found.whole_bytes <= cut + zeros for _ in extra)
    if cut < whole.size:
        assert len(extra) == 0 or cut + zeros >= extra[-1].end


def test_a_foreign_file_is_not_taken_for_footage(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" * 3)
    with pytest.raises(NotOurSegment):
        read_segment(path)
    path.write_bytes(b"")
    with pytest.raises(NotOurSegment):
        read_segment(path)


def test_the_head_says_whose_footage_it_is(tmp_path: Path) -> None:
    found = read_segment(written(tmp_path))
    assert (found.header.point, found.header.volume_uuid) == ("gate", "uuid")
    assert found.duration_ms == 4000
    assert [fragment.mark.start_ms for fragment in found.fragments] == [0, 1000, 2000, 3000]
    assert all(fragment.mark.keyframe for fragment in found.fragments)
