"""Coverage opens findings and closes them by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from camera.coverage import LiveCoverage, Watch
from camera.coverage.calibration import Click
from camera.coverage.finding import (
    BLIND_SPOT,
    KIND_MISSING,
    NOT_CERTAIN,
    POSE_DISAGREES,
    PRIVATE_VIEW,
    UNPLACED,
    tell,
    tell_poses,
)
from camera.coverage.pose_file import MeasuredPose
from config.point import Point, Pose
from foundation.clock import ManualClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal
from tests.camera.coverage.conftest import PlanMaker, area, camera, rectangle, zone
from tests.camera.coverage.test_calibration import clicks_of


@pytest.fixture
def board(tmp_path: Path) -> Iterator[FindingBoard]:
    clock = ManualClock()
    journal = Journal.open(tmp_path / "inspector.sqlite", clock)
    yield FindingBoard(journal, clock)
    journal.database.close()


def kinds(board: FindingBoard) -> dict[tuple[str, str], Severity]:
    return {(one.subject, one.kind): one.severity for one in board.all_open()}


def test_a_camera_that_fails_opens_a_fault_that_closes_when_it_recovers(
    make_plan: PlanMaker, board: FindingBoard
) -> None:
    live = LiveCoverage(make_plan(zone(rectangle(25, 12, 35, 25))))
    live.place("mast", camera(30, 5, 0), Watch.OK)
    tell(live.report(), board)
    before = kinds(board)
    assert ("zone:yard", BLIND_SPOT) not in before
    live.watch("mast", Watch.FAILING)
    tell(live.report(), board)
    assert kinds(board)["zone:yard", BLIND_SPOT] is Severity.FAILING
    (fault,) = [one for one in board.all_open() if one.kind == BLIND_SPOT]
    assert fault.cause is not None
    assert "摄像机异常" in fault.cause
    assert fault.evidence["points"] == "mast"
    assert fault.evidence["poses"] == "declared"
    live.watch("mast", Watch.OK)
    tell(live.report(), board)
    assert kinds(board) == before


def test_an_unknown_camera_is_not_a_blind_spot_but_not_certain(make_plan: PlanMaker, board: FindingBoard) -> None:
    live = LiveCoverage(make_plan(zone(rectangle(25, 12, 35, 25))))
    live.place("mast", camera(30, 5, 0), Watch.UNKNOWN)
    tell(live.report(), board)
    assert ("zone:yard", NOT_CERTAIN) in kinds(board)
    assert ("zone:yard", BLIND_SPOT) not in kinds(board)


def test_private_places_missing_kinds_and_points_without_pose_are_told(
    make_plan: PlanMaker, board: FindingBoard
) -> None:
    private = area({"type": "private", "id": "toilet", "name": "卫生间", "kind": "toilet"}, rectangle(28, 10, 32, 14))
    live = LiveCoverage(make_plan(private))
    live.place("mast", camera(30, 5, 0), Watch.OK)
    live.place("lost", None, Watch.OK)
    tell(live.report(), board)
    told = kinds(board)
    assert told["point:mast", PRIVATE_VIEW] is Severity.FAILING
    assert ("zone_kind:gate", KIND_MISSING) in told
    assert ("point:lost", UNPLACED) in told
    live.place("mast", camera(30, 5, 180), Watch.OK)
    live.remove("lost")
    tell(live.report(), board)
    assert not {PRIVATE_VIEW, UNPLACED} & {kind for _, kind in kinds(board)}


def test_findings_of_others_are_left_alone(make_plan: PlanMaker, board: FindingBoard) -> None:
    board.open("device:cam", "camera.unreachable", Severity.FAILING)
    tell(LiveCoverage(make_plan(zone(rectangle(25, 12, 35, 25)))).report(), board)
    assert ("device:cam", "camera.unreachable") in kinds(board)


def point_at(**changed: float) -> Point:
    pose = camera(30, 5, 0).model_copy(update=changed)
    return Point(id="mast", name="杆", device="cam", volume="main", retention="standard", pose=pose)


def test_a_declared_pose_that_disagrees_is_told_until_it_is_put_right(board: FindingBoard) -> None:
    clicks = tuple(clicks_of(camera(30, 5, 0), 5, Random(1)))
    measured = {"mast": measured_pose(camera(30, 5, 0), clicks)}
    tell_poses([point_at(azimuth_deg=20)], measured, board)
    (told,) = board.all_open()
    assert (told.subject, told.kind) == ("point:mast", POSE_DISAGREES)
    assert told.cause == "申报的位姿与画面实测不符：方位 +20.0°，俯角 +0.0°，滚转 +0.0°，视场角 +0.0°"
    tell_poses([point_at(azimuth_deg=1)], measured, board)
    assert kinds(board) == {}


def test_a_measurement_of_where_the_camera_no_longer_hangs_says_nothing(board: FindingBoard) -> None:
    clicks = tuple(clicks_of(camera(30, 5, 0), 5, Random(1)))
    measured = {"mast": measured_pose(camera(30, 5, 0), clicks)}
    tell_poses([point_at(azimuth_deg=20)], measured, board)
    tell_poses([point_at(azimuth_deg=20, height_m=4.5)], measured, board)
    assert kinds(board) == {}


def test_declared_and_clicked_pictures_of_different_size_are_compared_in_one(board: FindingBoard) -> None:
    small = camera(30, 5, 0, width_px=960, height_px=540)
    measured = {"mast": measured_pose(small, tuple(clicks_of(small, 5, Random(1))))}
    tell_poses([point_at(azimuth_deg=6)], measured, board)
    (told,) = board.all_open()
    shift_px = told.evidence["shift_px"]
    assert isinstance(shift_px, float)
    assert 30 < shift_px < 90  # six degrees of ninety, of 960 px


def measured_pose(pose: Pose, clicks: tuple[Click, ...]) -> MeasuredPose:
    return MeasuredPose(pose=pose, error_px=2, error_m=0.1, clicks=clicks, measured_utc_ns=1, used=True)
