"""Floors, roofs, fences, private places, missing kinds, cameras in walls."""

from __future__ import annotations

import pytest

from camera.coverage import Reason, Watch, coverage
from camera.coverage.report import MissingWhy
from config.point import Pose
from tests.camera.coverage.conftest import PlanMaker, area, camera, line, rectangle, zone

OK = {"mast": Watch.OK}


def seen(make_plan: PlanMaker, pose: Pose, *features: dict[str, object]) -> float:
    (yard,) = coverage(make_plan(*features), {"mast": pose}, OK).zones
    return yard.day.seen


def test_a_see_through_fence_hides_nothing(make_plan: PlanMaker) -> None:
    yard = zone(rectangle(25, 20, 35, 30))
    fence = line({"type": "fence", "id": "fence"}, (0, 15), (60, 15))
    wall = line({"type": "wall", "id": "wall", "height_m": 9}, (0, 15), (60, 15))
    pose = camera(30, 5, 0)
    assert seen(make_plan, pose, yard, fence) == seen(make_plan, pose, yard) == 1
    assert seen(make_plan, pose, yard, wall) == 0


def test_nobody_outside_sees_under_a_roof_and_nobody_inside_sees_out(make_plan: PlanMaker) -> None:
    block = area({"type": "building", "id": "block", "name": "楼", "height_m": 4}, rectangle(20, 15, 40, 35))
    inside, outside = zone(rectangle(22, 20, 38, 30)), zone(rectangle(22, 36, 38, 39))
    assert seen(make_plan, camera(30, 5, 0, height_m=12.0, tilt_deg=30.0), inside, block) == 0
    assert seen(make_plan, camera(30, 16, 0, height_m=3.0), inside, block) > 0.8
    assert seen(make_plan, camera(30, 16, 0, height_m=3.0), outside, block) == 0


def test_a_camera_on_a_roof_looks_down_over_its_edge(make_plan: PlanMaker) -> None:
    block = area({"type": "building", "id": "block", "name": "楼", "height_m": 4}, rectangle(20, 5, 40, 15))
    yard = zone(rectangle(25, 20, 35, 35))
    assert seen(make_plan, camera(30, 14, 0, height_m=6.0), yard, block) == 1


def test_storeys_are_apart(make_plan: PlanMaker) -> None:
    upstairs = area(
        {"type": "floor", "id": "second", "name": "二楼", "elevation_m": 4, "height_m": 3.8}, rectangle(20, 10, 40, 30)
    )
    corners = rectangle(25, 15, 35, 28)
    plan = make_plan(upstairs, zone(corners), zone(corners, id="up", name="二楼过道", floor="second"))
    low, high = camera(30, 11, 0), camera(30, 11, 0, height_m=4 + 3.0)
    for pose, expected in ((low, {"yard": True, "up": False}), (high, {"yard": False, "up": True})):
        report = coverage(plan, {"mast": pose}, OK)
        assert {one.zone_id: one.day.seen > 0.5 for one in report.zones} == expected


def test_target_heights_count_from_the_zone_s_own_floor(make_plan: PlanMaker) -> None:
    upstairs = area(
        {"type": "floor", "id": "second", "name": "二楼", "elevation_m": 4, "height_m": 3.8}, rectangle(20, 10, 40, 30)
    )
    corners = rectangle(25, 11.5, 35, 28)
    ground = coverage(make_plan(zone(corners)), {"mast": camera(30, 11, 0)}, OK)
    above = coverage(make_plan(upstairs, zone(corners, floor="second")), {"mast": camera(30, 11, 0, height_m=7.5)}, OK)
    assert above.zones[0].day == ground.zones[0].day


def test_seeing_a_private_place_is_told_whether_or_not_the_camera_works(make_plan: PlanMaker) -> None:
    private = area({"type": "private", "id": "toilet", "name": "卫生间", "kind": "toilet"}, rectangle(28, 10, 32, 14))
    plan = make_plan(private)
    for watch in Watch:
        (view,) = coverage(plan, {"mast": camera(30, 5, 0)}, {"mast": watch}).private_views
        assert (view.private_id, view.point_id) == ("toilet", "mast")
        assert view.area_m2 > 5
    assert coverage(plan, {"mast": camera(30, 5, 180)}, OK).private_views == ()


def test_a_camera_inside_a_wall_is_told_and_counts_for_nothing(make_plan: PlanMaker) -> None:
    wall = line({"type": "wall", "id": "wall-7", "height_m": 5}, (20, 5), (40, 5))
    plan = make_plan(zone(rectangle(25, 10, 35, 20)), wall)
    report = coverage(plan, {"mast": camera(30, 5, 0)}, OK)
    assert "wall-7" in report.unplaced[0].message
    assert report.seen_share == 0
    assert coverage(plan, {"mast": camera(30, 5.05, 0)}, OK).seen_share > 0.5
    # On top of a wall is not inside it.
    assert coverage(plan, {"mast": camera(30, 5, 0, height_m=5.5)}, OK).unplaced == ()


def test_a_camera_far_off_the_campus_is_told_and_counts_for_nothing(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(25, 10, 35, 20)))
    report = coverage(plan, {"mast": camera(116.39, 39.9, 0), "street": camera(30, -10, 0)}, {"street": Watch.OK})
    assert [one.point_id for one in report.unplaced] == ["mast"]
    assert "校园之外" in report.unplaced[0].message
    assert report.seen_share > 0.5


def test_kinds_asked_of_every_campus_are_drawn_or_declared_absent(make_plan: PlanMaker) -> None:
    gate = zone(rectangle(25, 10, 35, 20), id="gate", name="校门", kind="gate", density_px_per_m=25)
    report = coverage(
        make_plan(gate, absent_kinds=["dormitory_corridor"]), {"mast": camera(30, 5, 0)}, {"mast": Watch.OK}
    )
    missing = {one.kind: one.why for one in report.missing_kinds}
    assert "gate" not in missing
    assert "dormitory_corridor" not in missing
    assert missing["canteen_kitchen"] is MissingWhy.NOT_DRAWN
    down = coverage(make_plan(gate), {"mast": camera(30, 5, 0)}, {"mast": Watch.FAILING})
    assert {one.kind: one.why for one in down.missing_kinds}["gate"] is MissingWhy.NOT_WATCHED


@pytest.mark.parametrize("profile", ["iec-62676-4-2015", "iec-62676-4-2025"])
def test_both_editions_give_every_kind_a_density(make_plan: PlanMaker, profile: str) -> None:
    plan = make_plan(zone(rectangle(25, 10, 35, 20), kind="gate"), density_profile=profile)
    assert plan.zones[0].density_px_per_m == 125
    assert plan.zones[0].level == {"iec-62676-4-2015": "recognise", "iec-62676-4-2025": "perceive"}[profile]


def test_a_zone_smaller_than_a_cell_is_still_judged(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(30.1, 12.1, 30.2, 12.2)), smallest_blind_spot_m2=0)
    assert coverage(plan, {"mast": camera(30, 5, 0)}, OK).zones[0].day.seen == 1
    (spot,) = coverage(plan, {"mast": camera(30, 5, 180)}, OK).blind_spots
    assert spot.reason is Reason.OUT_OF_VIEW
