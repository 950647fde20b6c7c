"""The camera file: complete or not, every change kept, out to a spreadsheet and in again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from camera.camera_file import (
    CameraFile,
    CameraFileError,
    CameraFiles,
    Field,
    camera_file,
    checked,
    file_changes,
    photo,
)
from camera.camera_file_sheet import SheetRefused, from_xlsx, to_xlsx
from camera.facts import DeviceChanged
from camera.query import device_states, stream_source
from config.point import Point, Pose
from foundation.clock import ManualClock
from foundation.journal import Journal, read_entries
from simulator.campus import Campus
from tests.camera.test_camera_round import Box, simulated

POSE = Pose(x_m=1, y_m=2, height_m=3, azimuth_deg=0, tilt_deg=20, hfov_deg=80, width_px=1920, height_px=1080)
GATE = Point(id="gate-east", name="东门", device="gate", volume="main", retention="law", pose=POSE)
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
    assert of_gate(files).missing == ("设备型号", "序列号", "固件版本", "码流", "现场照片")
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
        files.note_device_change(entry, {"nvr": ("hall-1", "hall-2")})
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


def test_the_spreadsheet_comes_back_as_it_went_out(files: CameraFiles) -> None:
    files.write("gate-east", FILLED | {Field.NOTE: "=1+1", Field.INSTALLER_PHONE: "01012345678"}, by="x")
    read = from_xlsx(to_xlsx([of_gate(files)]), {"gate-east"})
    assert {field: value for field, value in read["gate-east"].items() if value} == of_gate(files).values
    assert files.write_many(read, by="y") == 0


@given(st.dictionaries(st.sampled_from([Field.PLACE, Field.NOTE, Field.KEEPER]), st.text(st.characters(
    min_codepoint=32, exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=60)))  # fmt: skip
def test_any_text_survives_the_spreadsheet(values: dict[Field, str]) -> None:
    clean = {field: text for field, value in values.items() if (text := checked(field, value))}
    file = CameraFile(point=GATE, zone="", device=None, streams=None, values=clean, has_photo=False)
    read = from_xlsx(to_xlsx([file]), {"gate-east"})["gate-east"]
    assert {field: value for field, value in read.items() if value} == clean


def sheet(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return out.getvalue()


def test_every_mistake_of_a_sheet_is_named_by_row_and_column_and_nothing_is_taken() -> None:
    body = sheet(
        ["点位编号", "安装日期", "别的"],
        ["gate-east", "2024-99-99", "x"],
        ["nowhere", "2024-01-01", ""],
        ["gate-east", "2024-01-01", ""],
    )
    with pytest.raises(SheetRefused) as caught:
        from_xlsx(body, {"gate-east"})
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [
        (2, "安装日期"),
        (3, "点位编号"),
        (4, "点位编号"),
    ]


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 broken", b"a,b,c"])
def test_what_is_no_spreadsheet_is_refused(body: bytes) -> None:
    with pytest.raises(SheetRefused):
        from_xlsx(body, {"gate-east"})


def test_a_sheet_without_the_point_column_is_refused() -> None:
    with pytest.raises(SheetRefused, match="第 1 行"):
        from_xlsx(sheet(["a", "b"]), {"gate-east"})
