"""A run: frames in, segments and rows out, on disks that behave and on disks that do not."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest

from camera.stream import Frame
from foundation.audit import AuditChain
from foundation.finding import read_open_findings
from foundation.sqlite import open_read_only
from storage import query
from storage.check import check
from storage.frame_clock import ClockStepped
from storage.holds import HoldRequest, Holds
from storage.mounted import mounted
from storage.run import FormatChanged, Run
from storage.segment import SegmentWriter
from storage.segment_file import read_segment, sha256_of
from storage.shelf import NoPlace, Shelf
from storage.startup import StartupRepair
from storage.timeline import timeline
from storage.verify import Verifier
from storage.volume import IDENTITY_FILE, VolumeRefused
from tests.storage.box import Box, decoded, frames_of, make_box, play, volume
from tests.support.programs import unavailable
from tests.support.waiting import WAIT_AT_MOST_S, wait_until


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
    wait_until(lambda: again.catalogue.database.rows(unhashed) == [(0,)], what="every hash")
    repair.close()
    after = query.segments_between(again.path, "gate", 0, 2**53)
    assert [(each.key.start_ms, each.duration_ms, each.size_bytes, each.sha256) for each in after] == [
        (each.key.start_ms, each.duration_ms, each.size_bytes, each.sha256) for each in before
    ]
    assert all(new.end_axis_ms <= old.end_axis_ms for new, old in zip(after, before, strict=True))
    assert len(query.runs(again.path, "gate")) == 1
    [(since_ms, since_axis_ms)] = again.catalogue.database.rows("SELECT since_ms, since_axis_ms FROM point")
    assert since_ms == before[0].key.start_ms, "90 days do not begin anew with a lost catalogue"
    assert since_axis_ms <= before[0].end_axis_ms


def test_two_copies_are_one_moment_of_footage_and_one_disk_may_die(box: Box, h264_clip: Path) -> None:
    start_ms = box.catalogue.now_ms()
    run = box.run(copy_volume="spare")
    play(run, h264_clip, box.clock, seconds=15)
    (box.folder / "main").rename(box.folder / "dead")
    (box.folder / "main").touch()
    box.shelf.look()
    play(run, h264_clip, box.clock, seconds=60, first=15 * 25)
    run.end("asked")
    assert [name.split("/")[0] for name in box.files()] == ["dead", "dead", "spare", "spare", "spare"]
    kept = [name for name in box.files() if name.startswith("spare/")]
    assert sum(decoded(box.folder / name) for name in kept) == 75 * 25
    copies = query.segments_between(box.path, "gate", 0, 2**53)
    assert len({segment.key.start_ms for segment in copies}) == 3
    Verifier(box.catalogue, box.shelf, box.findings).note_presence()
    entry = timeline(box.path, "gate", start_ms, start_ms + 75_000, box.catalogue.now_ms())
    assert entry.gaps == (), "the copy proves what the dead disk held"


def test_a_copy_that_fails_does_not_stop_the_other(box: Box, h264_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = box.run(copy_volume="spare")
    play(run, h264_clip, box.clock, seconds=3)
    healthy = SegmentWriter.write

    def failing(self: SegmentWriter, *arguments: Any, **more: Any) -> None:
        if "main" in self.path.parts:
            raise OSError(errno.EIO, "Input/output error")
        healthy(self, *arguments, **more)

    monkeypatch.setattr(SegmentWriter, "write", failing)
    play(run, h264_clip, box.clock, seconds=4, first=75)
    run.end("asked")
    assert {name.split("/")[0]: decoded(box.folder / name) for name in box.files()} == {"main": 50, "spare": 175}
    assert "storage.volume_failing" in {finding.kind for finding in box.findings.all_open()}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("call", ["writev", "fdatasync"])
def test_a_disk_that_fails_at_any_write_leaves_whole_fragments_and_a_named_end(
    box: Box, h264_clip: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    healthy = getattr(os, call)
    repair = StartupRepair(box.catalogue, box.shelf)
    for failing_at in range(1, 7):
        count = 0

        def fail(*arguments: Any, healthy: Any = healthy, failing_at: int = failing_at, number: int = number) -> Any:
            nonlocal count
            count += 1
            if count == failing_at:
                raise OSError(number, os.strerror(number))
            return healthy(*arguments)

        run = box.run()
        with monkeypatch.context() as patched:
            patched.setattr(os, call, fail)
            with pytest.raises(VolumeRefused) as refused:
                play(run, h264_clip, box.clock, seconds=10)
        run.end(f"volume_{refused.value.trouble}")
        box.shelf.look()
        repair.settle()  # as its loop does every few seconds
    repair._hash()
    for path in box.folder.glob("*/footage/*/*/*.mp4"):
        found = read_segment(path)
        assert found.size == found.whole_bytes
        assert decoded(path) == 25 * len(found.fragments) > 0
    with open_read_only(box.path) as reader:
        volumes = mounted(reader, [volume(box.folder), volume(box.folder, "spare")])
    assert check(box.path, volumes).found == ()


def test_sound_is_off_by_default(gst_camera: Any, recorder_process: Any, h264_clip: Path, tmp_path: Path) -> None:
    camera = gst_camera([h264_clip], audio="aac")
    recorder = recorder_process({"gate": camera.url()})  # its settings say nothing of sound
    recorder.wait_for("ready")
    wait_until(lambda: query.recordings(tmp_path / "catalogue.sqlite")[0].bytes > 200_000, what="footage")
    assert recorder.stop() == 0
    [path, *_] = sorted(tmp_path.glob("volume/footage/gate/*/*.mp4"))
    container: Any
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert "point:gate" not in {each.subject for each in read_open_findings(tmp_path / "journal" / "recorder.sqlite")}


def test_aac_sound_is_copied_beside_the_pictures(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, tmp_path: Path
) -> None:
    camera = gst_camera([h264_clip], audio="aac")
    recorder = recorder_process({"gate": camera.url()}, audio=True)
    recorder.wait_for("ready")
    wait_until(lambda: query.recordings(tmp_path / "catalogue.sqlite")[0].bytes > 200_000, what="footage")
    assert recorder.stop() == 0
    [path, *_] = sorted(tmp_path.glob("volume/footage/gate/*/*.mp4"))
    container: Any
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        sound = sum(frame.samples for frame in container.decode(audio=0)) / container.streams.audio[0].rate
    assert sound == pytest.approx(decoded(path) / 25, abs=1.5)


def test_sound_that_mp4_cannot_hold_is_dropped_with_a_finding_and_never_costs_video(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, tmp_path: Path
) -> None:
    camera = gst_camera([h264_clip], audio="pcma")
    recorder = recorder_process({"gate": camera.url()}, audio=True)
    journal = tmp_path / "journal" / "recorder.sqlite"
    recorder.wait_for("recording", WAIT_AT_MOST_S)
    wait_until(lambda: any(tmp_path.glob("volume/footage/gate/*/*.mp4")), what="footage")
    found = [(each.kind, each.evidence) for each in read_open_findings(journal) if each.subject == "point:gate"]
    assert found == [("storage.audio_dropped", {"coding": "PCMA"})]
    assert recorder.stop() == 0


def test_a_full_volume_stops_recording_loudly_but_its_reserve_is_there_for_an_alarm(box: Box, h264_clip: Path) -> None:
    free = os.statvfs(box.folder).f_bavail * os.statvfs(box.folder).f_frsize
    full = volume(box.folder).model_copy(update={"reserve_bytes": free * 2})
    shelf = Shelf([full], box.catalogue, box.findings)
    shelf.look()
    assert [finding.kind for finding in box.findings.all_open()] == ["storage.volume_full"]
    run = Run("gate", 1, "main", None, box.catalogue, shelf, box.clock)
    with pytest.raises(NoPlace):
        play(run, h264_clip, box.clock, seconds=3)
    now_ms = box.catalogue.now_ms()
    Holds(box.catalogue, AuditChain(box.clock)).place(
        HoldRequest(point="gate", from_ms=now_ms - 60_000, to_ms=now_ms + 60_000, reason="alarm", person="alarm"),
        [full.path],
    )
    run = Run("gate", 1, "main", None, box.catalogue, shelf, box.clock)
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    assert [decoded(box.folder / name) for name in box.files()] == [75]
