"""The live answer to 无盲区: cameras fail and recover, pictures are covered, poses are measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from camera.coverage.calibration import Click
from camera.coverage.pose_file import MeasuredPose, keep_measured
from camera.register import Register
from config.plan import read_plan
from config.settings import Settings, read_settings
from edge_agent.coverage_fact import latest_coverage
from edge_agent.coverage_shown import make_ready
from edge_agent.coverage_watch import CoverageWatch
from edge_agent.pages.coverage.model import ShownCoverage
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from tests.camera.coverage.test_calibration import clicks_of


class Box:
    """The example campus, and what the inspector's other services write of its cameras."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.clock = ManualClock()
        self.settings = settings
        self.cameras = Register(folder / "cameras.sqlite", self.clock)
        self.poses = folder / "poses.json"
        self.journal = Journal.open(folder / "inspector.sqlite", self.clock)
        self.board = FindingBoard(self.journal, self.clock)
        self.shown = ShownCoverage(folder / "coverage")
        assert settings.plan is not None
        self.watch = CoverageWatch(
            settings,
            read_plan(settings.plan.file),
            folder / "cameras.sqlite",
            self.poses,
            self.shown,
            clock=self.clock,
            journal=self.journal,
            findings=self.board,
        )

    def write(self, sql: str, *values: str | int | float) -> None:
        with self.cameras.database.transaction() as transaction:
            transaction.execute(sql, list(values))

    def device(self, device_id: str, state: str) -> None:
        now = self.clock.utc_ns()
        self.write(
            "INSERT INTO device (id, address, state, since_utc_ns, last_visit_utc_ns) VALUES (?, 'http://c', ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, last_visit_utc_ns = excluded.last_visit_utc_ns",
            device_id,
            state,
            now,
            now,
        )

    def picture(self, point_id: str, state: str) -> None:
        self.write(
            "INSERT OR REPLACE INTO picture (point_id, state, looked_utc_ns) VALUES (?, ?, ?)",
            point_id,
            state,
            self.clock.utc_ns(),
        )

    def faults(self, kind: str) -> dict[str, str | None]:
        return {one.subject: one.cause for one in self.board.all_open() if one.kind == kind}

    def told(self) -> int:
        row = self.journal.database.row("SELECT count(*) FROM fact WHERE kind = 'coverage.computed'")
        assert row is not None
        return int(row[0])


@pytest.fixture
def box(root: Path, tmp_path: Path) -> Iterator[Box]:
    box = Box(read_settings(root / "config/example/campus.yaml"), tmp_path)
    yield box
    box.cameras.close()
    box.journal.database.close()


def test_a_camera_that_fails_opens_a_fault_that_closes_when_it_recovers(box: Box) -> None:
    box.device("cam-gate", "ok")
    box.device("cam-corridor", "ok")
    box.watch.look_once()
    before = box.faults("coverage.blind_spot")
    box.device("cam-gate", "failing")
    box.watch.look_once()
    down = box.faults("coverage.blind_spot")
    assert "摄像机异常" in str(down["zone:gate-outside"])
    assert "摄像机异常" not in str(before.get("zone:gate-outside"))
    box.device("cam-gate", "ok")
    box.watch.look_once()
    assert box.faults("coverage.blind_spot") == before


def test_a_covered_picture_sees_nothing_though_its_camera_answers(box: Box) -> None:
    box.device("cam-gate", "ok")
    box.device("cam-corridor", "ok")
    box.picture("gate-east", "failing")
    box.watch.look_once()
    assert "摄像机异常" in str(box.faults("coverage.blind_spot")["zone:gate-outside"])


def test_what_only_cameras_of_unknown_state_would_see_is_not_certain(box: Box) -> None:
    box.watch.look_once()
    assert "zone:gate-outside" in box.faults("coverage.not_certain")
    # Nobody can say yet that the kind is not watched; of the others it is sure.
    assert "zone_kind:road" in box.faults("coverage.kind_missing")
    assert "zone_kind:gate_outside" not in box.faults("coverage.kind_missing")
    told = latest_coverage(box.journal.database.path)
    assert {zone.seen_share for zone in told.zones} == {0.0}
    assert told.uncertain_m2 > 50
    assert (told.poses_measured, told.poses_declared) == (0, 2)


def test_what_the_office_shows_follows_the_cameras(box: Box) -> None:
    box.device("cam-gate", "ok")
    box.device("cam-corridor", "ok")
    box.watch.look_once()
    before, version = box.shown.read(), box.shown.version()
    assert before is not None
    assert "东门 正常" in (box.shown.map_svg() or b"").decode()
    box.clock.advance(seconds=5)
    box.device("cam-gate", "failing")
    box.watch.look_once()
    after = box.shown.read()
    assert after is not None
    assert (after.seen_share < before.seen_share, box.shown.version() != version) == (True, True)
    assert {spot.reason for spot in after.spots if spot.points == ("东门",)} >= {"camera_down"}
    assert "东门 异常" in (box.shown.map_svg() or b"").decode()


def test_an_answer_that_the_disk_does_not_take_is_shown_when_it_does(box: Box, tmp_path: Path) -> None:
    (tmp_path / "coverage").write_bytes(b"in the way")
    box.watch.look_once()
    assert box.told() == 1, "the answer and its faults do not wait for the page"
    (tmp_path / "coverage").unlink()
    box.watch.look_once()
    assert box.shown.read() is not None
    assert box.told() == 1


def test_a_large_plan_is_not_drawn_all_the_time_while_cameras_fail(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*plan: Any, **known: Any) -> Any:
        box.clock.advance(seconds=1.5)
        return make_ready(*plan, **known)

    monkeypatch.setattr("edge_agent.coverage_watch.make_ready", slowly)
    box.device("cam-gate", "ok")
    box.watch.look_once()
    first = box.shown.version()
    box.device("cam-gate", "failing")
    box.watch.look_once()
    assert (box.told(), box.shown.version()) == (2, first), "the answer is told, the map can wait"
    box.clock.advance(seconds=15)
    box.watch.look_once()
    assert box.shown.version() != first


def test_nothing_is_told_while_nothing_changes(box: Box) -> None:
    box.device("cam-gate", "ok")
    box.watch.look_once()
    box.watch.look_once()
    assert box.told() == 1


def test_the_live_stream_s_resolution_counts_not_the_declared_one(box: Box) -> None:
    box.device("cam-gate", "ok")
    box.watch.look_once()
    (before,) = (zone for zone in latest_coverage(box.journal.database.path).zones if zone.id == "gate-outside")
    box.write("INSERT INTO source (device_id, number, token) VALUES ('cam-gate', 0, 'v')")
    box.write(
        "INSERT INTO stream (device_id, source, part, uri, profile, codec, width_px, height_px) "
        "VALUES ('cam-gate', 0, 'main', 'rtsp://c', 'p', 'H264', 320, 180)"
    )
    box.watch.look_once()
    (after,) = (zone for zone in latest_coverage(box.journal.database.path).zones if zone.id == "gate-outside")
    assert after.seen_share < before.seen_share


def test_a_measured_pose_that_disagrees_is_a_fault_until_the_settings_are_put_right(box: Box) -> None:
    declared = box.settings.point("gate-east").pose
    assert declared is not None
    turned = declared.model_copy(update={"azimuth_deg": 101.0})
    box.watch.look_once()
    assert box.faults("coverage.pose_disagrees") == {}
    for pose, faults in ((turned, {"point:gate-east"}), (declared, set())):
        clicks: tuple[Click, ...] = tuple(clicks_of(pose, 5, Random(1)))
        measured = MeasuredPose(pose=pose, error_px=1, error_m=0.1, clicks=clicks, measured_utc_ns=1, used=False)
        keep_measured(box.poses, "gate-east", measured)
        box.watch.look_once()
        assert set(box.faults("coverage.pose_disagrees")) == faults
    assert json.loads(box.poses.read_text())["gate-east"]["used"] is False
