"""A change costs little and the answer is the same as if everything were computed anew."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.coverage_campus import random_pose, write_campus
from camera.coverage import LiveCoverage, PoseSource, Reason, Watch, coverage
from camera.coverage.report import MissingWhy
from config.point import Pose
from tests.camera.coverage.conftest import PlanMaker, camera, rectangle, zone


@pytest.mark.parametrize("seed", range(8))
def test_after_any_changes_the_report_is_that_of_a_fresh_start(tmp_path: Path, seed: int) -> None:
    campus = write_campus(tmp_path, side_m=80, walls=36, cameras=12, seed=seed, block_m=20)
    random = Random(seed)
    live = LiveCoverage(campus.plan)
    poses: dict[str, Pose | None] = dict(campus.poses)
    watches = {point: random.choice(list(Watch)) for point in poses}
    for point, pose in poses.items():
        live.place(point, pose, watches[point])
    for _ in range(30):
        point = random.choice(list(poses))
        watches[point] = random.choice(list(Watch))
        if random.random() < 0.4:
            poses[point] = random.choice((random_pose(random, 80), random_pose(random, 80), None))
            live.place(point, poses[point], watches[point])
        else:
            live.watch(point, watches[point])
        if random.random() < 0.5:
            live.report()
    changed = live.report()
    fresh = coverage(campus.plan, poses, watches)
    for one, other in zip(changed.zones, fresh.zones, strict=True):
        assert (one.day, one.night, one.scattered_m2) == (other.day, other.night, other.scattered_m2)
        assert set(one.points) == set(other.points)
        assert {(loss.point_id, loss.area_m2) for loss in one.losses} == {
            (loss.point_id, loss.area_m2) for loss in other.losses
        }
        for spots, fresh_spots in ((one.blind_spots, other.blind_spots), (one.uncertain, other.uncertain)):
            assert [(spot.name, spot.reason, set(spot.points), spot.rings) for spot in spots] == [
                (spot.name, spot.reason, set(spot.points), spot.rings) for spot in fresh_spots
            ]
    assert {one.point_id for one in changed.unplaced} == {one.point_id for one in fresh.unplaced}


def test_a_failing_camera_opens_what_only_it_saw_and_recovery_closes_it(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    live = LiveCoverage(plan)
    live.place("mast", camera(30, 5, 0), Watch.OK)
    before = live.report()
    (loss,) = before.zones[0].losses
    live.watch("mast", Watch.FAILING)
    down = [spot for spot in live.report().blind_spots if spot.reason is Reason.CAMERA_DOWN]
    assert sum(spot.area_m2 for spot in down) == loss.area_m2 > 100
    assert down[0].points == ("mast",)
    live.watch("mast", Watch.OK)
    assert live.report() == before


def test_an_unknown_camera_makes_its_area_uncertain_never_seen(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    seen = coverage(plan, {"mast": camera(30, 5, 0)}, {"mast": Watch.OK}).zones[0]
    report = coverage(plan, {"mast": camera(30, 5, 0)}, {})
    (yard,) = report.zones
    assert yard.day.seen == 0
    assert yard.day.uncertain == seen.day.seen > 0.5
    assert {spot.reason for spot in report.uncertain} == {Reason.NOT_CERTAIN}
    assert yard.points == ()
    (kind,) = (one for one in report.missing_kinds if one.kind == "playground")
    assert kind.why is MissingWhy.NOT_CERTAIN


def test_a_working_camera_makes_certain_what_an_unknown_one_sees_too(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    poses: dict[str, Pose | None] = {"one": camera(30, 5, 0), "two": camera(30, 5, 0)}
    (yard,) = coverage(plan, poses, {"one": Watch.OK}).zones
    assert yard.day.uncertain == 0
    assert yard.day.seen == yard.day.by_one > 0.5


def test_two_cameras_cover_for_each_other(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    poses: dict[str, Pose | None] = {"one": camera(30, 5, 0), "two": camera(30, 5, 0)}
    (yard,) = coverage(plan, poses, dict.fromkeys(poses, Watch.OK)).zones
    assert yard.day.by_one == 0
    assert yard.day.by_two_or_more > 0.5
    assert yard.losses == ()


def test_a_point_without_a_pose_counts_for_nothing_and_is_told(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    report = coverage(plan, {"somewhere": None}, {"somewhere": Watch.OK})
    assert [one.point_id for one in report.unplaced] == ["somewhere"]
    assert report.seen_share == 0


def test_every_figure_says_whether_its_poses_were_measured(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30)))
    poses: dict[str, Pose | None] = {"one": camera(30, 5, 0), "two": camera(30, 5, 0)}
    assert not coverage(plan, poses, {}, measured={"one"}).measured
    assert coverage(plan, poses, {}, measured=poses).measured
    assert coverage(plan, poses, {}, measured={"one"}).pose_sources["one"] is PoseSource.MEASURED
