"""The camera file: complete or not, every change kept, out to a spreadsheet and in again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from camera.camera_file import (
    CameraFile,
    CameraFileError,
    CameraFiles,
    Field,
    camera_file,
    file_changes,
    photo,
)
from camera.facts import DeviceChanged
from camera.query import device_states, stream_source
from config.point import Point, Pose
from foundation.clock import ManualClock
from foundation.journal import Journal, read_entries
from simulator.campus import Campus
from tests.camera.round_box import Box, simulated

POSE = Pose(x_m=1, y_m=2, height_m=3, azimuth_deg=0, tilt_deg=20, hfov_deg=80, width_px=1920, height_px=1080)
GATE = Point(id="gate-east", name="东门", device="gate", volume="main", retention="law", pose=POSE)
HALLS = [
    Point(id=f"hall-{number}", name="H", device="nvr", source=number, volume="main", retention="law")
    for number in (1, 2)
]
FILLED = {
    Field.PLACE: "东门岗亭",
    Field.PURPOSE: "出入口",
    Field.INSTALLER: "某某安防",
    Field.INSTALLED_ON: "2024-05-06",
    Field.KEEPER: "王保安",
}


@pytest.fixture
def files(tmp_path: Path) -> Iterator[CameraFiles]:
    made = CameraFiles(tmp_path / "camera_files.sqlite", ManualClock())
    yield made
    made.close()


def of_gate(files: CameraFiles) -> CameraFile:
    return camera_file(files.database.path, GATE, zone="校门", device=None, streams=None)


def test_a_file_is_complete_when_people_and_the_device_have_told_everything(
    files: CameraFiles, tmp_path: Path, campus: Campus
) -> None:
    box = Box(tmp_path)
    box.round(simulated(box, campus, "gate")).run_once()
    files.write("gate-east", FILLED, by="李老师")
    assert of_gate(files).missing == ("设备型号", "序列号", "固件版本", "MAC 地址", "码流", "现场照片")
    files.add_photo("gate-east", b"\xff\xd8\xff picture", by="李老师")
    (device,) = device_states(box.cameras)
    whole = camera_file(
        files.database.path, GATE, zone="校门", device=device, streams=stream_source(box.cameras, "gate", 0)
    )
    assert whole.complete
    assert photo(files.database.path, "gate-east") == b"\xff\xd8\xff picture"
    box.close()


def test_every_change_is_kept_with_what_stood_there_before(files: CameraFiles) -> None:
    files.write("gate-east", FILLED, by="李老师")
    files.write("gate-east", {Field.KEEPER: "张保安", Field.PLACE: "东门岗亭"}, by="王主任")
    files.write("gate-east", {Field.KEEPER: ""}, by="王主任")
    latest = file_changes(files.database.path, "gate-east")
    assert [(change.before, change.after, change.changed_by) for change in latest[:2]] == [
        ("张保安", "", "王主任"),
        ("王保安", "张保安", "王主任"),
    ]
    assert len(latest) == len(FILLED) + 2


def test_what_a_device_tells_anew_is_written_into_the_files_of_its_points_once(
    files: CameraFiles, tmp_path: Path
) -> None:
    journal = Journal.open(tmp_path / "cameras.sqlite", ManualClock())
    journal.append(DeviceChanged(device_id="nvr", what="firmware", before="5.1", after="5.2"))
    (entry,) = read_entries(tmp_path / "cameras.sqlite", after=0)
    for _ in range(2):
        files.note_device_change(entry, HALLS)
    for point_id in ("hall-1", "hall-2"):
        (change,) = file_changes(files.database.path, point_id)
        assert (change.field, change.before, change.after, change.changed_by) == (
            "firmware",
            "5.1",
            "5.2",
            "device:nvr",
        )


@pytest.mark.parametrize("wrong", ["2024-13-01", "6.5.2024", "yesterday"])
def test_a_date_that_is_none_is_refused_with_what_would_be_right(files: CameraFiles, wrong: str) -> None:
    with pytest.raises(CameraFileError, match="2026-11-21"):
        files.write("gate-east", {Field.INSTALLED_ON: wrong}, by="x")
    with pytest.raises(CameraFileError):
        files.write_many({"a": {Field.PLACE: "ok"}, "b": {Field.INSTALLED_ON: wrong}}, by="x")
    assert file_changes(files.database.path, "a") == ()


def test_a_photo_that_is_none_is_refused(files: CameraFiles) -> None:
    with pytest.raises(CameraFileError, match="JPEG"):
        files.add_photo("gate-east", b"<html>", by="x")
