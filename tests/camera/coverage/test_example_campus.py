"""The example campus has what every campus has: places that are seen, blind spots, and kinds nobody watches."""

from __future__ import annotations

from pathlib import Path

from camera.coverage import Reason, Watch, coverage
from camera.coverage.report import MissingWhy
from config.plan import Plan
from config.point import Pose
from config.settings import read_settings


def poses(root: Path) -> dict[str, Pose | None]:
    settings = read_settings(root / "config" / "example" / "campus.yaml")
    return {point.id: point.pose for point in settings.points}


def test_the_gate_is_seen_and_its_far_side_is_a_named_blind_spot(example_plan: Plan, root: Path) -> None:
    report = coverage(example_plan, poses(root), {"gate-east": Watch.OK, "corridor-1f": Watch.OK})
    gate = next(zone for zone in report.zones if zone.zone_id == "gate")
    assert 0.3 < gate.day.seen < 0.9
    assert gate.points == ("gate-east",)
    far = gate.blind_spots[0]
    assert (far.reason, far.name.split(",")[0], far.points) == (Reason.TOO_FAR, "东门 东侧", ("gate-east",))


def test_kinds_that_nothing_watches_and_kinds_that_are_not_drawn_are_missing(example_plan: Plan, root: Path) -> None:
    report = coverage(example_plan, poses(root), {"gate-east": Watch.OK, "corridor-1f": Watch.OK})
    missing = {kind.kind: kind.why for kind in report.missing_kinds}
    assert missing["canteen_kitchen"] is MissingWhy.NOT_WATCHED
    assert missing["key_place"] is MissingWhy.NOT_DRAWN
    assert "gate" not in missing
    assert "dormitory_corridor" not in missing  # the plan says there is none


def test_the_corridor_camera_does_not_look_into_the_toilet(example_plan: Plan, root: Path) -> None:
    report = coverage(example_plan, poses(root), {})
    assert report.private_views == ()


def test_without_any_word_from_the_cameras_nothing_counts_as_seen(example_plan: Plan, root: Path) -> None:
    report = coverage(example_plan, poses(root), {})
    assert report.seen_share == 0
    assert {spot.zone_id for spot in report.uncertain} == {"gate", "gate-outside", "corridor-1f"}
