"""Camera files as a spreadsheet: filled in by hand, every mistake named, nothing lost on the way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.camera_file import CameraFile, CameraFiles, Field, camera_file, checked
from config.plan_feature import Area
from config.point import Point, Pose
from edge_agent.camera_files import zone_of
from edge_agent.pages.camera.sheet import camera_report, read_camera_sheet
from foundation.clock import ManualClock
from tests.support.waiting import WAIT_AT_MOST_S
from web.document.reading import workbook
from web.document.reading.mistake import UploadRefused
from web.document.spreadsheet import render_spreadsheet

GATE = Point(id="gate-east", name="东门", device="gate", volume="main", retention="law")
FILLED = {
    Field.PLACE: "东门岗亭",
    Field.INSTALLER: "某某安防",
    Field.INSTALLED_ON: "2024-05-06",
    Field.INSTALLER_PHONE: "01012345678",
    Field.NOTE: "=1+1",
}


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """Sheets are read in a process that lets all others go first: on a busy machine that takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "LIMITS", replace(workbook.LIMITS, wall_s=WAIT_AT_MOST_S))
        yield


@pytest.fixture
def files(tmp_path: Path) -> Iterator[CameraFiles]:
    made = CameraFiles(tmp_path / "camera_files.sqlite", ManualClock())
    yield made
    made.close()


def round_trip(file: CameraFile) -> dict[Field, str]:
    made = render_spreadsheet(camera_report([file], school="East", made_at_utc_ns=0))
    return dict(read_camera_sheet(made, {"gate-east"}.__contains__)["gate-east"])


def test_the_spreadsheet_comes_back_as_it_went_out(files: CameraFiles) -> None:
    files.write("gate-east", FILLED, by="x")
    file = camera_file(files.database.path, GATE, zone="校门", device=None, streams=None)
    assert round_trip(file) == FILLED
    assert files.write_many({"gate-east": round_trip(file)}, by="y") == 0


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from([Field.PLACE, Field.NOTE, Field.KEEPER]), st.text(
    st.characters(min_codepoint=32, max_codepoint=0x9FFF, categories=["L", "N", "P"]), max_size=60)))  # fmt: skip
def test_what_people_write_survives_the_spreadsheet(values: dict[Field, str]) -> None:
    clean = {field: text for field, value in values.items() if (text := checked(field, value))}
    file = CameraFile(point=GATE, zone="", device=None, streams=None, values=clean, has_photo=False)
    assert round_trip(file) == clean


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
        ["gate-east", "2024-01-01", ""],
    )
    with pytest.raises(UploadRefused) as caught:
        read_camera_sheet(body, {"gate-east"}.__contains__)
    assert [(one.row, one.column) for one in caught.value.mistakes] == [(2, "安装日期"), (3, "点位编号")]
    with pytest.raises(UploadRefused, match="nowhere"):
        read_camera_sheet(sheet(["点位编号", "备注"], ["nowhere", "x"]), {"gate-east"}.__contains__)


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 broken", b"a,b,c"])
def test_what_is_no_camera_sheet_is_refused(body: bytes) -> None:
    with pytest.raises(UploadRefused):
        read_camera_sheet(body, {"gate-east"}.__contains__)


def test_the_district_counts_complete_files() -> None:
    file = CameraFile(point=GATE, zone="", device=None, streams=None, values={}, has_photo=False)
    report = camera_report([file], school="East", made_at_utc_ns=0)
    assert "缺" in report.tables[0].columns[-1].title
    assert "序列号" in str(report.tables[0].rows[0][-1])


def test_a_camera_belongs_to_the_zone_in_which_it_hangs() -> None:
    class Zone:
        name = "校门"
        area = Area(outer=((0, 0), (10, 0), (10, 10), (0, 10)))

    class Plan:
        zones = (Zone(),)

    def at(x_m: float) -> Point:
        pose = Pose(x_m=x_m, y_m=5, height_m=3, azimuth_deg=0, tilt_deg=20, hfov_deg=80, width_px=1920, height_px=1080)
        return GATE.model_copy(update={"pose": pose})

    plan = Plan()
    assert zone_of(plan, at(5)) == "校门"  # type: ignore[arg-type]
    assert zone_of(plan, at(13)) == "校门"  # type: ignore[arg-type]  # on the wall beside it
    assert zone_of(plan, at(40)) == ""  # type: ignore[arg-type]
    assert zone_of(None, at(5)) == zone_of(plan, GATE) == ""  # type: ignore[arg-type]
