"""A still shows what the point showed then, says when that was, and gives a reason where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.role import Role
from edge_agent.stills.still import (
    CameraRefused,
    CameraSilent,
    FootageUnreadable,
    NoCameraAddress,
    NoFootageThen,
    PointUnknown,
    StillError,
    StillSource,
    TookTooLong,
    TooManyLooking,
)
from edge_agent.stills.stills import LIMITS, MOST_AT_ONCE, Stills
from foundation.clock import NS_PER_S, ManualClock
from foundation.short_process import OutOfTimeError
from foundation.state import StateDirectory
from storage.segment_file import read_segment
from tests.edge_agent import still_box
from tests.edge_agent.still_box import StillBox, grey_clip, second_of, size_of, snapshot_camera
from tests.storage.box import MIDNIGHT_NS, make_box, volume
from tests.support.waiting import WAIT_AT_MOST_S, wait_until


@pytest.fixture(scope="session", params=["h264", "h265"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grey_clip(tmp_path_factory.mktemp("clip") / f"{request.param}.clip", codec=request.param)


@pytest.fixture(scope="session")
def one_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grey_clip(tmp_path_factory.mktemp("clip") / "h264.clip")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[StillBox]:
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS + 50 * NS_PER_S, now_running_ns=5_000 * NS_PER_S)
    box = make_box(tmp_path, clock, [volume(tmp_path), volume(tmp_path, "spare")])
    state = StateDirectory(tmp_path).create()
    settings = still_box.settings_of(tmp_path)
    patient = replace(LIMITS, wall_s=WAIT_AT_MOST_S)  # a busy machine needs more than the four seconds of a page
    yield StillBox(box, state, settings, Stills(settings, state, clock, limits=patient), clock.utc_ns())
    box.catalogue.close()


def test_a_still_is_the_last_keyframe_at_or_before_the_instant(gate: StillBox, clip: Path) -> None:
    gate.record(clip, 19).end("asked")
    for second in (0.0, 0.9, 7.0, 7.999, 10.5, 15.2):  # over the edge of a minute, too
        still = gate.stills.still("gate", gate.at(second))
        assert second_of(still.jpeg) == int(second)
        assert still.shows_utc_ns == gate.at(int(second))
        assert still.age_s == pytest.approx(19 - int(second), abs=0.3)
        assert still.source is StillSource.FOOTAGE


def test_a_file_that_is_being_written_gives_its_last_whole_fragment(gate: StillBox, clip: Path) -> None:
    gate.record(clip, 8.5)
    still = gate.stills.still("gate")
    assert second_of(still.jpeg) == 7  # the eighth second's group of pictures is still in memory
    assert still.shows_utc_ns == gate.at(7)
    assert still.age_s == pytest.approx(1.5, abs=0.25)


def test_a_torn_file_gives_what_is_whole(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 9).end("asked")
    (file,) = gate.files()
    whole = read_segment(file)
    os.truncate(file, whole.fragments[5].end - 10)
    assert second_of(gate.stills.still("gate", gate.at(8.5)).jpeg) == 4


def test_a_damaged_keyframe_gives_way_to_the_one_before(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 9).end("asked")
    (file,) = gate.files()
    fragment = read_segment(file).fragments[6]
    with file.open("r+b") as opened:
        opened.seek(fragment.end - fragment.mark.length + 400)
        opened.write(b"\xff" * (fragment.mark.length - 400))
    assert second_of(gate.stills.still("gate", gate.at(6.5)).jpeg) in (5, 6)
    assert second_of(gate.stills.still("gate", gate.at(7.5)).jpeg) == 7


def test_footage_that_moved_to_another_volume_is_found(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 9).end("asked")
    (file,) = gate.files()
    target = gate.box.folder / "spare" / file.relative_to(gate.box.folder / "main")
    target.parent.mkdir(parents=True)
    file.rename(target)
    assert second_of(gate.stills.still("gate", gate.at(3.5)).jpeg) == 3


def test_a_file_of_another_point_under_this_name_is_not_shown(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 9).end("asked")
    (file,) = gate.files()
    file.write_bytes(file.read_bytes().replace(b'"point":"gate"', b'"point":"yard"'))
    with pytest.raises(NoFootageThen):
        gate.stills.still("gate", gate.at(3))


def test_before_after_and_in_a_gap_there_is_no_still(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 5).end("asked")
    gate.box.clock.advance(seconds=300)
    gate.record(one_clip, 5).end("asked")
    for second in (-1, 200, 400):
        with pytest.raises(NoFootageThen):
            gate.stills.still("gate", gate.at(second))
    assert second_of(gate.stills.still("gate", gate.at(20)).jpeg) == 4  # with its time, which is 16 s before


def test_an_unknown_point_is_said_to_be_unknown(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 3).end("asked")
    for name in ("yard", "../gate", "gate'; DROP TABLE segment; --", "\x00"):
        for at_utc_ns in (None, gate.at(1)):
            with pytest.raises(PointUnknown):
                gate.stills.still(name, at_utc_ns)


def test_a_file_without_pictures_is_unreadable_and_nothing_worse(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 9).end("asked")
    (file,) = gate.files()
    whole = read_segment(file)
    with file.open("r+b") as opened:
        for fragment in whole.fragments[:-1]:
            opened.seek(fragment.end - fragment.mark.length)
            opened.write(os.urandom(fragment.mark.length))
    with pytest.raises(FootageUnreadable):
        gate.stills.still("gate", gate.at(6))


def test_a_disk_that_hangs_costs_a_few_seconds_and_a_sentence(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 3).end("asked")
    (file,) = gate.files()
    file.unlink()
    os.mkfifo(file)  # opening it waits for ever
    stills = Stills(gate.settings, gate.state, gate.box.clock, limits=replace(LIMITS, wall_s=0.5))
    with pytest.raises(TookTooLong):
        stills.still("gate", gate.at(2))


def test_now_without_fresh_footage_is_asked_of_the_camera(gate: StillBox, one_clip: Path) -> None:
    with snapshot_camera() as camera:
        gate.know_camera(camera.url)
        gate.record(one_clip, 5).end("asked")
        picture = gate.stills.still("gate").jpeg
        assert camera.asked == []  # the disk has it
        gate.box.clock.advance(seconds=60)
        camera.body = picture
        still = gate.stills.still("gate")
    assert still.source is StillSource.CAMERA
    assert still.jpeg == picture
    assert still.shows_utc_ns == gate.box.clock.utc_ns()
    assert camera.asked == ["/snapshot"]


def test_a_point_that_was_never_recorded_is_asked_of_the_camera(gate: StillBox) -> None:
    with snapshot_camera() as camera:
        gate.know_camera(camera.url)
        camera.body = b"\xff\xd8\xff\xe0 picture \xff\xd9"
        assert gate.stills.still("gate").source is StillSource.CAMERA
        with pytest.raises(NoFootageThen):
            gate.stills.still("gate", gate.at(-10))


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RECORDER])
def test_a_camera_that_refused_another_role_is_not_tried(gate: StillBox, role: Role) -> None:
    with snapshot_camera() as camera:
        gate.know_camera(camera.url)
        gate.login_refused(role)
        with pytest.raises(CameraRefused):
            gate.stills.still("gate")
    assert camera.asked == []


def test_a_camera_that_refuses_a_still_is_left_alone_for_half_an_hour(gate: StillBox) -> None:
    with snapshot_camera() as camera:
        gate.know_camera(camera.url)
        camera.status = 401
        for _ in range(5):
            with pytest.raises(CameraRefused):
                gate.stills.still("gate")
            gate.box.clock.advance(seconds=60)
        tries = len(camera.asked)
        assert tries <= 2  # the digest's question and its one answer
        gate.box.clock.advance(seconds=1800)
        with pytest.raises(CameraRefused):
            gate.stills.still("gate")
        assert len(camera.asked) > tries


def test_a_camera_that_sends_no_picture_or_nothing_is_silent(gate: StillBox) -> None:
    with snapshot_camera() as camera:
        gate.know_camera(camera.url)
        camera.body = b"<html>busy</html>"
        with pytest.raises(CameraSilent):
            gate.stills.still("gate")
    with pytest.raises(CameraSilent):
        gate.stills.still("gate")


@pytest.mark.parametrize("told", [True, False])
def test_a_camera_that_told_no_address_is_said_so(gate: StillBox, told: bool) -> None:
    if told:
        gate.know_camera(None)
    with pytest.raises(NoCameraAddress):
        gate.stills.still("gate")


def test_the_same_look_within_a_second_costs_one_picture(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 5).end("asked")
    first = gate.stills.still("gate")
    past = gate.stills.still("gate", gate.at(2))
    for file in gate.files():
        file.unlink()
    gate.box.clock.advance(seconds=0.5)
    again = gate.stills.still("gate")
    assert again.jpeg == first.jpeg
    assert again.age_s == pytest.approx(first.age_s + 0.5)
    gate.box.clock.advance(seconds=2)
    with pytest.raises(StillError):
        gate.stills.still("gate")
    assert gate.stills.still("gate", gate.at(2)).jpeg == past.jpeg
    gate.box.clock.advance(seconds=60)
    with pytest.raises(NoFootageThen):
        gate.stills.still("gate", gate.at(2))


def test_a_small_still_is_small(gate: StillBox, one_clip: Path) -> None:
    gate.record(one_clip, 3).end("asked")
    assert size_of(gate.stills.still("gate", gate.at(1)).jpeg) == (320, 240)
    assert size_of(gate.stills.still("gate", gate.at(1), largest_px=160).jpeg) == (160, 120)


def test_no_more_than_two_pictures_are_made_at_once(
    gate: StillBox, one_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge_agent.stills import stills as module

    let_go = threading.Event()

    def hangs(*_: object) -> bytes:
        assert let_go.wait(WAIT_AT_MOST_S)
        raise OutOfTimeError("the disk hangs")

    monkeypatch.setattr(module, "WAIT_S", 0.2)
    monkeypatch.setattr(module, "run_short", hangs)
    gate.record(one_clip, 3).end("asked")
    ended: list[type[StillError]] = []

    def look(second: int) -> None:
        try:
            gate.stills.still("gate", gate.at(second))
        except StillError as error:
            ended.append(type(error))

    threads = [threading.Thread(target=look, args=(second,)) for second in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(ended) == len(threads) - MOST_AT_ONCE, what="the end of those that found no place")
    let_go.set()
    for thread in threads:
        thread.join(WAIT_AT_MOST_S)
    assert ended == [TooManyLooking] * 2 + [TookTooLong] * MOST_AT_ONCE


def test_who_asks_never_loads_the_decoder(root: Path) -> None:
    program = (
        "import sys, edge_agent.stills.stills; "
        "print(sorted({'av', 'cv2', 'numpy', 'zeep', 'requests'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == "[]"
