"""A run: frames in, segments and rows out, on disks that behave and on disks that do not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest

from camera.stream import Frame
from storage import query
from storage.frame_clock import ClockStepped
from storage.run import FormatChanged
from storage.segment_file import read_segment, sha256_of
from storage.shelf import NoPlace
from storage.startup import StartupRepair
from storage.volume import IDENTITY_FILE, VolumeRefused
from tests.storage.box import Box, decoded, frames_of, make_box, play, volume
from tests.support.programs import unavailable
from tests.support.waiting import wait_until


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_segments_are_cut_at_keyframes_on_whole_beijing_minutes(
    box: Box, codec: str, request: pytest.FixtureRequest
) -> None:
    run = box.run()
    play(run, request.getfixturevalue(f"{codec}_clip"), box.clock, seconds=75)
    run.end("asked")
    assert box.files() == [
        "main/footage/gate/2026-11-20/00-00-50.mp4",
        "main/footage/gate/2026-11-20/00-01-00.mp4",
        "main/footage/gate/2026-11-20/00-02-00.mp4",
    ]
    assert [decoded(box.folder / name) for name in box.files()] == [250, 1500, 125]
    segments = query.segments_between(box.path, "gate", 0, 2**53)
    assert [segment.duration_ms for segment in segments] == [10_000, 60_000, 5_000]
    assert [segment.end_ms for segment in segments[:2]] == [segment.key.start_ms for segment in segments[1:]]
    assert [segment.sha256 for segment in segments] == [sha256_of(box.folder / name) for name in box.files()]
    assert query.gaps(box.path, "gate", segments[0].key.start_ms, segments[-1].end_ms) == []


def test_reordered_pictures_play_in_order(box: Box, clip_files: Any, tmp_path: Path) -> None:
    clip = clip_files.synthetic(tmp_path / "b.clip", seconds=3, tune="psnr", preset="medium", bf="2")
    frames = frames_of(clip)
    # The clip's units come in decoding order; give each its showing time as a camera with B-pictures would.
    run = box.run()
    order = [0, 3, 1, 2, 4]
    for start in range(0, 75, 5):
        for offset, source in zip(order, frames[start : start + 5], strict=True):
            box.clock.advance(seconds=0.04)
            run.take(
                Frame((start + offset) * 3600, source.keyframe, source.data, source.format, box.clock.running_ns())
            )
    run.end("asked")
    with av.open(str(box.folder / box.files()[0])) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    decode = [packet.dts for packet in packets if packet.dts is not None]
    assert decode == sorted(set(decode))
    shown = [packet.pts for packet in packets if packet.pts is not None]
    assert [each - shown[0] for each in shown[:5]] == [number * 3600 for number in order]


def test_the_clock_of_the_box_set_back_gives_a_second_file_of_that_second(box: Box, h264_clip: Path) -> None:
    for _ in range(2):
        run = box.run()
        play(run, h264_clip, box.clock, seconds=3)
        run.end("asked")
        box.clock.step_wall(seconds=-3)
    assert [name.rpartition("/")[2] for name in box.files()] == ["00-00-50.1.mp4", "00-00-50.mp4"]
    assert len(query.segments_between(box.path, "gate", 0, 2**53)) == 2


@pytest.mark.parametrize("step_s", [-5, 30])
def test_a_step_of_the_box_clock_ends_the_run_with_everything_on_disk(box: Box, h264_clip: Path, step_s: int) -> None:
    run = box.run()
    play(run, h264_clip, box.clock, seconds=4)
    box.clock.step_wall(seconds=step_s)
    with pytest.raises(ClockStepped):
        play(run, h264_clip, box.clock, seconds=12, first=100)
    run.end("clock_stepped")
    assert query.runs(box.path, "gate")[0].end_cause == "clock_stepped"
    assert decoded(box.folder / box.files()[0]) >= 100


def test_drift_of_the_camera_is_followed_without_a_new_run(box: Box, h264_clip: Path) -> None:
    run = box.run()
    frames = frames_of(h264_clip)
    for index in range(25 * 600):  # ten minutes of a camera that is 200 millionths fast
        source = frames[index % len(frames)]
        ticks = round(index * 3600 * 1.0002)
        run.take(Frame(ticks, source.keyframe, source.data, source.format, box.clock.running_ns()))
        box.clock.advance(seconds=0.04)
    run.end("asked")
    [only] = query.runs(box.path, "gate")
    assert only.end_ms is not None
    assert abs(only.end_ms - box.catalogue.now_ms()) < 150


def test_another_format_is_another_run(box: Box, h264_clip: Path, clip_files: Any, tmp_path: Path) -> None:
    other = clip_files.synthetic(tmp_path / "other.clip", size=(640, 360), seconds=2)
    run = box.run()
    play(run, h264_clip, box.clock, seconds=4)
    with pytest.raises(FormatChanged):
        play(run, other, box.clock, seconds=1, first=100)
    run.end("format_changed")
    run = box.run()
    play(run, other, box.clock, seconds=2, first=100)
    run.end("asked")
    first, second = query.runs(box.path, "gate")
    assert (first.width_px, second.width_px) == (320, 640)
    assert [decoded(box.folder / name) for name in box.files()] == [100, 50]


def test_a_lost_volume_is_never_replaced_by_the_disk_below_it(box: Box, h264_clip: Path) -> None:
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    mount, away = box.folder / "main", box.folder / "away"
    mount.rename(away)
    mount.mkdir()  # what a mount point looks like without its disk
    box.shelf.look()
    [finding] = box.findings.all_open()
    assert (finding.subject, finding.kind) == ("volume:main", "storage.volume_missing")
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    assert list(mount.iterdir()) == []
    assert [name.split("/")[0] for name in box.files()] == ["away", "spare"], "recording moves on"
    mount.rmdir()
    away.rename(mount)
    box.shelf.look()
    assert box.findings.all_open() == []


def test_a_swapped_disk_is_refused(box: Box) -> None:
    identity = box.folder / "main" / IDENTITY_FILE
    identity.write_text(json.dumps({"id": "main", "uuid": "another"}))
    (box.folder / "spare" / IDENTITY_FILE).unlink()
    box.shelf.look()
    assert {finding.kind for finding in box.findings.all_open()} == {"storage.volume_swapped", "storage.volume_missing"}
    with pytest.raises(NoPlace):
        box.shelf.place_for("main")


@pytest.mark.process
def test_a_full_disk_keeps_whole_fragments_and_recording_moves_on(box: Box, h264_clip: Path) -> None:
    small = box.folder / "main"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True, text=True, timeout=10
    )
    if mounted.returncode:
        unavailable(f"no tmpfs can be mounted here: {mounted.stderr.strip()} (needs root)")
    try:
        place = box.shelf.place_for("main")
        (small / IDENTITY_FILE).write_text(json.dumps({"id": "main", "uuid": place.uuid}))
        run = box.run()
        with pytest.raises(VolumeRefused) as refused:
            play(run, h264_clip, box.clock, seconds=30)
        run.end(f"volume_{refused.value.trouble}")
        [segment] = query.segments_between(box.path, "gate", 0, 2**53)
        found = read_segment(small / segment.path)
        assert found.size == found.whole_bytes == segment.size_bytes
        assert decoded(small / segment.path) == 25 * len(found.fragments) > 0
        assert query.runs(box.path, "gate")[0].end_cause == "volume_full"
        assert [finding.kind for finding in box.findings.all_open()] == ["storage.volume_full"]
        run = box.run()
        play(run, h264_clip, box.clock, seconds=2)
        run.end("asked")
        assert any(name.startswith("spare/") for name in box.files())
    finally:
        subprocess.run(["umount", small], check=True, timeout=10)


def test_a_lost_catalogue_is_rebuilt_from_the_disks_and_footage_keeps_its_age(box: Box, h264_clip: Path) -> None:
    box.clock.advance(days=50)
    run = box.run()
    play(run, h264_clip, box.clock, seconds=75)
    run.end("asked")
    before = query.segments_between(box.path, "gate", 0, 2**53)
    box.catalogue.close()
    for file in box.folder.glob("catalogue.sqlite*"):
        file.unlink()

    box.clock.reboot(off_s=3600, boot="boot-2")
    again = make_box(box.folder, box.clock, [volume(box.folder), volume(box.folder, "spare")])
    box.catalogue = again.catalogue
    assert again.catalogue.now_axis_ms() >= before[-1].end_axis_ms, "else what is recorded now would look older"
    repair = StartupRepair(again.catalogue, again.shelf)
    repair.start()
    unhashed = "SELECT count(*) FROM segment WHERE sha256 IS NULL"
    wait_until(lambda: again.catalogue.database.rows(unhashed) == [(0,)], 10, what="every hash")
    repair.close()
    after = query.segments_between(again.path, "gate", 0, 2**53)
    assert [(each.key.start_ms, each.duration_ms, each.size_bytes, each.sha256) for each in after] == [
        (each.key.start_ms, each.duration_ms, each.size_bytes, each.sha256) for each in before
    ]
    assert all(new.end_axis_ms <= old.end_axis_ms for new, old in zip(after, before, strict=True))
    assert len(query.runs(again.path, "gate")) == 1
