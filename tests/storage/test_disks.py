"""Disks that are away, new, slow, hung or dying: named, never replaced by the system's, and recording goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from config.volume import Volume
from foundation.audit import AuditChain
from foundation.clock import ManualClock
from foundation.sqlite import open_read_only
from storage import query
from storage.check import check
from storage.hands import Hands, nothing
from storage.holds import HOLDS, HoldRequest, Holds
from storage.mounted import mounted
from storage.run import Run
from storage.segment_file import read_segment
from storage.shelf import Shelf
from storage.startup import StartupRepair
from storage.verify import Verifier
from storage.volume import IDENTITY_FILE, VolumeRefused, VolumeTrouble, adopt, identify, is_mount_point, trouble_of
from storage.write_pace import REMEMBERED, REST_S, SLOW_OF_THEM, SLOW_S, WritePace
from tests.storage.box import Box, decoded, make_box, play, volume
from tests.storage.failing_disk import FailingDisk, failing_disk
from tests.support.programs import unavailable
from tests.support.waiting import wait_until


# ── hands ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_gives_its_result_or_raises_its_error() -> None:
    hands = Hands("disk")
    assert hands.do(lambda: 7) == 7
    with pytest.raises(FileNotFoundError):
        hands.do(lambda: Path("/nowhere/at/all").stat())


def test_nobody_waits_for_a_hung_call_and_what_it_held_is_let_go_when_it_ends() -> None:
    hands, go_on, let_go = Hands("disk"), threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        hands.do(go_on.wait, limit_s=0.05, late=let_go.set)
    with pytest.raises(TimeoutError):  # at once: the limit is long
        hands.do(lambda: None, limit_s=60)
    assert not let_go.is_set()
    go_on.set()
    assert let_go.wait(10)

    def answers() -> bool:
        try:
            return hands.do(lambda: True)
        except TimeoutError:
            return False

    wait_until(answers, what="the disk's answer")


def test_calls_go_on_beside_each_other() -> None:
    hands, both = Hands("disk"), threading.Barrier(2, timeout=10)
    threads = [threading.Thread(target=hands.do, args=(both.wait,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken


# ── pace ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_half_of_the_last_writes_being_slow_is_a_slow_disk_and_one_is_not() -> None:
    pace = WritePace()
    for _ in range(REMEMBERED):
        pace.note(0.01, 0)
    for number in range(SLOW_OF_THEM):
        assert pace.slow_s(0) is None, number
        pace.note(SLOW_S + 1, 0)
    slow_s = pace.slow_s(0)
    assert slow_s is not None
    assert slow_s == pytest.approx((0.01 + SLOW_S + 1) / 2)
    assert pace.slow_s(round((REST_S + 1) * 1e9)) is None, "after a rest it is tried again"


# ── what a directory is ─────────────────────────────────────────────────────────────────────────────────────────────
def test_mount_points_are_read_from_the_kernels_list(tmp_path: Path) -> None:
    disk = tmp_path / "录像 盘"
    disk.mkdir()
    escaped = str(disk).replace(" ", "\\040")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 25 0:32 / {escaped} rw,relatime shared:1 - ext4 /dev/sdb1 rw\n", encoding="utf-8")
    assert is_mount_point(disk, mounts)
    assert not is_mount_point(tmp_path, mounts)
    assert is_mount_point(Path("/proc"))


@pytest.fixture
def disk_path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], capture_output=True, text=True, timeout=10)
    if done.returncode:
        unavailable(f"no tmpfs can be mounted here: {done.stderr.strip()} (needs root)")
    yield path
    subprocess.run(["umount", path], capture_output=True, timeout=10)


def refused(disk: Volume, known_uuid: str | None = None) -> VolumeTrouble:
    with pytest.raises(VolumeRefused) as caught:
        identify(disk, known_uuid=known_uuid)
    return caught.value.trouble


@pytest.mark.process
def test_an_empty_mount_point_is_no_volume_and_a_new_disk_waits_for_a_person(disk_path: Path) -> None:
    disk = Volume(id="main", path=disk_path)
    assert refused(disk) is VolumeTrouble.NEW
    assert list(disk_path.iterdir()) == []
    identity = adopt(disk)
    assert identify(disk, known_uuid=None) == identify(disk, known_uuid=identity.uuid) == identity
    subprocess.run(["umount", disk_path], check=True, timeout=10)
    assert refused(disk) is refused(disk, identity.uuid) is VolumeTrouble.MISSING
    with pytest.raises(VolumeRefused):
        adopt(disk)
    (disk_path / IDENTITY_FILE).write_text("{}")  # whatever lies on the system's disk below it
    assert refused(disk) is VolumeTrouble.MISSING


@pytest.mark.process
def test_another_disk_at_the_path_is_refused_and_nothing_is_written_to_it(disk_path: Path) -> None:
    disk = Volume(id="main", path=disk_path)
    assert refused(disk, "the-one-we-know") is VolumeTrouble.MISSING, "a blank one"
    adopt(disk.model_copy(update={"id": "spare"}))
    assert refused(disk, "the-one-we-know") is refused(disk) is VolumeTrouble.SWAPPED
    assert [each.name for each in disk_path.iterdir()] == [IDENTITY_FILE]


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (errno.ESTALE, VolumeTrouble.MISSING),  # NFS: another export
        (errno.EHOSTDOWN, VolumeTrouble.MISSING),  # CIFS: the server is off
        (errno.ENOTCONN, VolumeTrouble.MISSING),
        (errno.ETIMEDOUT, VolumeTrouble.HUNG),
        (errno.EDQUOT, VolumeTrouble.FULL),
        (errno.EROFS, VolumeTrouble.READ_ONLY),
        (errno.EIO, VolumeTrouble.FAILING),
    ],
)
def test_what_a_share_or_disk_says_has_a_name(tmp_path: Path, number: int, trouble: VolumeTrouble) -> None:
    assert trouble_of(volume(tmp_path), OSError(number, os.strerror(number))).trouble is trouble


# ── recording on them ───────────────────────────────────────────────────────────────────────────────────────────────
def findings(box: Box) -> set[str]:
    return {finding.kind for finding in box.findings.all_open()}


def check_is_clean(box: Box, *disks: Volume) -> None:
    with open_read_only(box.path) as reader:
        assert check(box.path, mounted(reader, disks)).found == ()


def on_main(self_path: Path, fd: int) -> bool:
    return Path(f"/proc/self/fd/{fd}").readlink().is_relative_to(self_path)


def test_a_slow_disk_is_a_finding_with_its_latency_and_recording_moves_on(box: Box, h264_clip: Path) -> None:
    place = box.shelf.place_for("main")
    for _ in range(SLOW_OF_THEM):
        assert findings(box) == set()
        box.shelf.write(place, partial(box.clock.advance, seconds=2.5), late=nothing)
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    assert [name.split("/")[0] for name in box.files()] == ["spare"]
    [finding] = box.findings.all_open()
    assert finding.kind == "storage.volume_slow"
    assert "2.5 s" in str(finding.evidence["reason"])
    box.shelf.look()
    assert findings(box) == {"storage.volume_slow"}, "a look finds the disk there, but not well"
    assert box.shelf.place_for("main").volume.id == "spare"
    (box.folder / "spare").rename(box.folder / "gone")
    box.shelf.look()
    assert box.shelf.place_for("main").volume.id == "main", "a slow disk is better than none"
    (box.folder / "gone").rename(box.folder / "spare")
    box.clock.advance(seconds=REST_S + 1)
    box.shelf.look()
    assert findings(box) == set()


def test_a_hung_share_holds_up_nothing_and_what_it_had_taken_is_repaired_when_it_answers(
    box: Box, h264_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks = [volume(box.folder), volume(box.folder, "spare")]
    shelf = Shelf(disks, box.catalogue, box.findings, limit_s=4)
    shelf.look()
    healthy, go_on = os.fdatasync, threading.Event()
    count = 0

    def hanging(fd: int) -> None:
        nonlocal count
        if on_main(box.folder / "main", fd):
            count += 1
            if count > 4:
                go_on.wait(60)
        healthy(fd)

    monkeypatch.setattr(os, "fdatasync", hanging)
    run = Run("gate", 1, "main", None, box.catalogue, shelf, box.clock)
    with pytest.raises(VolumeRefused) as caught:
        play(run, h264_clip, box.clock, seconds=20)
    run.end(f"volume_{caught.value.trouble}")
    assert findings(box) == {"storage.volume_hung"}
    shelf.look()
    assert findings(box) == {"storage.volume_hung"}, "looking does not wait for it either"
    run = Run("gate", 1, "main", None, box.catalogue, shelf, box.clock)
    play(run, h264_clip, box.clock, seconds=5)
    run.end("asked")
    assert {name.split("/")[0] for name in box.files()} == {"main", "spare"}
    Verifier(box.catalogue, shelf, box.findings).note_presence()
    with open_read_only(box.path) as reader:
        assert [each.id for each in mounted(reader, disks)] == ["spare"], "who reads does not touch it"

    repair = StartupRepair(box.catalogue, shelf)
    repair.settle()
    go_on.set()

    def repaired() -> bool:
        shelf.look()
        repair.settle()
        return all(segment.state == 1 for segment in query.segments_between(box.path, "gate", 0, 2**53))

    wait_until(repaired, what="the repair")
    repair._hash()
    Verifier(box.catalogue, shelf, box.findings).note_presence()
    assert findings(box) == set()
    for name in box.files():
        found = read_segment(box.folder / name)
        assert found.size == found.whole_bytes
        assert decoded(box.folder / name) == 25 * len(found.fragments) > 0
    check_is_clean(box, *disks)


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[tuple[Box, FailingDisk, list[Volume]]]:
    with failing_disk(tmp_path) as disk:
        clock = ManualClock(now_utc_ns=1_795_000_000 * 10**9)
        disks = [
            Volume(id="main", path=disk.mount, reserve_bytes=64 * 1024**2).model_copy(update={"reserve_bytes": 2**20}),
            volume(tmp_path, "spare"),
        ]
        adopt(disks[0])
        box = make_box(tmp_path, clock, disks)
        box.shelf = Shelf(disks, box.catalogue, box.findings, limit_s=4)
        box.shelf.look()
        yield box, disk, disks
        box.catalogue.close()


def well_again(box: Box, disk: FailingDisk, disks: list[Volume]) -> None:
    """The disk is unmounted, mounted again, and everything on it is as the catalogue says."""
    repair = StartupRepair(box.catalogue, box.shelf)

    def settled() -> bool:
        box.shelf.look()
        repair.settle()
        segments = query.segments_between(box.path, "gate", 0, 2**53)
        return findings(box) == set() and all(segment.state == 1 for segment in segments)

    wait_until(settled, what="the repair")
    repair._hash()
    Verifier(box.catalogue, box.shelf, box.findings).note_presence()
    assert box.catalogue.database.rows("SELECT * FROM loss") == []
    for segment in query.segments_between(box.path, "gate", 0, 2**53):
        path = next(path for each in disks if (path := each.path / segment.path).exists())
        assert decoded(path) * 40 == segment.duration_ms
    check_is_clean(box, *disks)


@pytest.mark.process
@pytest.mark.timeout(120)
@pytest.mark.parametrize("held_s", [0.5, 4.0])
def test_a_disk_that_gives_eio_loses_at_most_a_fragment_and_recording_moves_on(
    dying: tuple[Box, FailingDisk, list[Volume]], h264_clip: Path, held_s: float
) -> None:
    box, disk, disks = dying
    run = box.run()
    play(run, h264_clip, box.clock, seconds=held_s)
    disk.fail()
    with pytest.raises(VolumeRefused) as caught:
        play(run, h264_clip, box.clock, seconds=20, first=round(held_s * 25))
    assert caught.value.trouble in (VolumeTrouble.FAILING, VolumeTrouble.READ_ONLY)
    run.end(f"volume_{caught.value.trouble}")
    run = box.run()
    play(run, h264_clip, box.clock, seconds=5)
    run.end("asked")
    assert any(name.startswith("spare/") for name in box.files())
    disk.heal()
    disk.pull_out()
    box.shelf.look()
    assert findings(box) == {"storage.volume_missing"}
    assert not (disk.mount / IDENTITY_FILE).exists(), "nothing is laid into the empty mount point"
    disk.plug_in()
    well_again(box, disk, disks)
    on_disk = sum(segment.duration_ms for segment in query.segments_between(box.path, "gate", 0, 2**53))
    assert on_disk >= 5_000 + max(0, held_s * 1000 - 1_000)


@pytest.mark.process
@pytest.mark.timeout(120)
def test_a_disk_that_hangs_in_the_kernel_holds_up_nothing(
    dying: tuple[Box, FailingDisk, list[Volume]], h264_clip: Path
) -> None:
    box, disk, disks = dying
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    disk.hang()
    try:
        with pytest.raises(VolumeRefused) as caught:
            play(run, h264_clip, box.clock, seconds=20, first=75)
        assert caught.value.trouble is VolumeTrouble.HUNG
        run.end("volume_hung")
        run = box.run()
        play(run, h264_clip, box.clock, seconds=5)
        run.end("asked")
    finally:
        disk.go_on()
    well_again(box, disk, disks)


@pytest.mark.process
@pytest.mark.timeout(120)
def test_a_disk_that_was_remounted_read_only_is_named_and_left(
    dying: tuple[Box, FailingDisk, list[Volume]], h264_clip: Path
) -> None:
    box, disk, disks = dying
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    subprocess.run(["mount", "-o", "remount,ro", disk.mount], check=True, timeout=20)
    run = box.run()
    with pytest.raises(VolumeRefused):  # before the next look has seen it
        play(run, h264_clip, box.clock, seconds=3)
    run.end("volume_read_only")
    assert findings(box) == {"storage.volume_read_only"}
    box.shelf.look()
    assert findings(box) == {"storage.volume_read_only"}
    assert box.shelf.place_for("main").volume.id == "spare"
    subprocess.run(["mount", "-o", "remount,rw", disk.mount], check=True, timeout=20)
    well_again(box, disk, disks)


def test_a_volume_that_was_away_is_told_of_the_holds_when_it_is_back(box: Box, h264_clip: Path) -> None:
    run = box.run()
    play(run, h264_clip, box.clock, seconds=3)
    run.end("asked")
    (box.folder / "main").rename(box.folder / "away")
    box.shelf.look()
    request = HoldRequest(point="gate", from_ms=0, to_ms=2**52, reason="r", person="p")
    identity = Holds(box.catalogue, AuditChain(box.clock)).enter(request)
    (box.folder / "away").rename(box.folder / "main")
    box.shelf.look()
    repair = StartupRepair(box.catalogue, box.shelf)
    repair._write_hold_notes()
    assert (box.folder / "main/footage/gate" / HOLDS / f"{identity}.json").exists()
    check_is_clean(box, volume(box.folder))
