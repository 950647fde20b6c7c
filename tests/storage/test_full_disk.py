"""A real disk that is full at the n-th write: whole fragments stay, the end has a name, and the next room is used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.clock import ManualClock
from foundation.sqlite import open_read_only
from storage import query
from storage.check import check
from storage.mounted import mounted
from storage.segment_file import read_segment
from storage.startup import StartupRepair
from storage.volume import VolumeRefused, VolumeTrouble
from tests.storage.box import MIDNIGHT_NS, decoded, make_box, play, volume
from tests.support.programs import unavailable

BLOCK_BYTES = 1024
DISK_BYTES = 8 * 2**20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """An ext4 disk of a few megabytes at the main volume's path, mounted before anything looks at it."""
    image, mount = tmp_path / "small.img", tmp_path / "main"
    mount.mkdir()
    image.touch()
    os.truncate(image, DISK_BYTES)
    for words in (
        ["mkfs.ext4", "-q", "-m", "0", "-b", str(BLOCK_BYTES), "-O", "^has_journal", str(image)],
        ["mount", "-o", "loop,nodelalloc", str(image), str(mount)],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        if done.returncode:
            unavailable(f"no loop device can be mounted here: {done.stderr.strip()} (needs root)")
    yield mount
    subprocess.run(["umount", mount], check=True, timeout=60)


def writes_of(path: Path) -> list[int]:
    """Lengths of the writes that made a segment: its head, then each fragment."""
    found = read_segment(path)
    return [found.head_bytes, *(fragment.end - fragment.offset for fragment in found.fragments)]


def fill(mount: Path, free_bytes: int) -> Path:
    """Leave so much, to the block."""
    filler = mount / "others"
    with filler.open("wb", buffering=0) as file:
        while (left := os.statvfs(mount).f_bavail * BLOCK_BYTES - free_bytes) >= BLOCK_BYTES:
            file.write(bytes(max(BLOCK_BYTES, left // 2 // BLOCK_BYTES * BLOCK_BYTES)))
    return filler


@pytest.mark.process
def test_a_disk_that_is_full_at_the_nth_write_keeps_whole_fragments(
    small: Path, tmp_path: Path, h264_clip: Path
) -> None:
    disk = volume(tmp_path).model_copy(update={"reserve_bytes": 0})  # nothing is noticed before the disk says it
    box = make_box(tmp_path, ManualClock(now_utc_ns=MIDNIGHT_NS), [disk])
    run = box.run()
    play(run, h264_clip, box.clock, seconds=6)
    run.end("asked")
    [first] = small.glob("footage/gate/*/*.mp4")
    lengths = writes_of(first)
    repair = StartupRepair(box.catalogue, box.shelf)
    for number in range(5):
        box.clock.advance(seconds=90)
        started_ms = box.catalogue.now_ms()
        filler = fill(small, sum(lengths[:number]) + lengths[number] // 2)
        run = box.run()
        with pytest.raises(VolumeRefused) as refused:
            play(run, h264_clip, box.clock, seconds=20)
        assert refused.value.trouble is VolumeTrouble.FULL, number
        run.end("volume_full")
        assert [finding.kind for finding in box.findings.all_open()] == ["storage.volume_full"]
        if number % 2:  # the repair comes while the disk is still full, or when there is room again
            box.shelf.look()
            repair.settle()
        filler.unlink()
        box.shelf.look()
        repair.settle()
        repair._hash()
        assert box.findings.all_open() == []
        assert query.runs(box.path, "gate")[-1].end_cause == "volume_full"
        segments = query.segments_between(box.path, "gate", started_ms, 2**53)
        assert sum(len(read_segment(small / each.path).fragments) for each in segments) == max(0, number - 1)
        with open_read_only(box.path) as reader:
            assert check(box.path, mounted(reader, [disk])).found == ()
    for path in small.glob("footage/gate/*/*.mp4"):
        found = read_segment(path)
        assert found.size == found.whole_bytes
        assert decoded(path) == 25 * len(found.fragments) > 0
    box.catalogue.close()
