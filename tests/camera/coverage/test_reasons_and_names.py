"""Every blind spot has a name a guard understands and a reason that is true."""

from __future__ import annotations

import numpy as np
import pytest

from camera.coverage import CoverageReport, Reason, Spot, Watch, coverage
from camera.coverage.report import Part
from config.ring import contains, signed_area_m2
from tests.camera.coverage.conftest import PlanMaker, area, camera, line, rectangle, zone

LOOKING_NORTH = camera(30, 5, 0)


def spot_at(report: CoverageReport, x_m: float, y_m: float) -> Spot:
    """The blind spot that a place lies in."""
    place = np.array([[x_m, y_m]])
    for spot in report.blind_spots:
        if sum(int(contains(ring, place)[0]) for ring in spot.rings) % 2:
            return spot
    raise AssertionError(f"({x_m}, {y_m}) is in no blind spot")


def test_beside_the_picture_is_out_of_every_view(make_plan: PlanMaker) -> None:
    report = coverage(make_plan(zone(rectangle(5, 2, 55, 12))), {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    assert spot_at(report, 10, 5).reason is Reason.OUT_OF_VIEW


def test_behind_a_wall_names_the_wall(make_plan: PlanMaker) -> None:
    wall = line({"type": "wall", "id": "shed", "name": "车棚墙", "height_m": 3}, (26, 15), (34, 15))
    report = coverage(make_plan(zone(rectangle(20, 8, 40, 30)), wall), {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    behind = spot_at(report, 30, 20)
    assert (behind.reason, behind.reason_text, behind.points) == (Reason.BEHIND_WALL, "被车棚墙遮挡", ("mast",))


def test_where_the_picture_is_too_coarse_is_too_far(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(28, 10, 32, 38), density_px_per_m=62))
    report = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    assert spot_at(report, 30, 30).reason is Reason.TOO_FAR


def test_a_place_too_far_and_behind_a_wall_besides_is_out_of_view(make_plan: PlanMaker) -> None:
    wall = line({"type": "wall", "id": "wall", "height_m": 6}, (10, 18), (50, 18))
    plan = make_plan(zone(rectangle(28, 24, 32, 38), density_px_per_m=62), wall)
    report = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    assert spot_at(report, 30, 30).reason is Reason.OUT_OF_VIEW


def test_before_the_foot_of_the_mast_is_its_dead_zone(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(28, 5, 32, 20)))
    report = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    assert spot_at(report, 30, 5.6).reason is Reason.DEAD_ZONE


def test_beyond_the_camera_s_own_light_is_blind_at_night_only(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(28, 10, 32, 35)))
    report = coverage(plan, {"mast": camera(30, 5, 0, night_range_m=15.0)}, {"mast": Watch.OK})
    (dark,) = [spot for spot in report.blind_spots if spot.night_only]
    assert dark.reason is Reason.TOO_DARK
    assert report.zones[0].night.seen < report.zones[0].day.seen


def test_a_blind_spot_is_named_by_zone_part_and_area(make_plan: PlanMaker) -> None:
    wall = line({"type": "wall", "id": "wall", "height_m": 9}, (36, 8), (36, 24), (44, 24), (44, 8))
    plan = make_plan(
        zone(rectangle(20, 10, 40, 30), id="kitchen", name="食堂后厨", density_px_per_m=1), wall, cell_m=0.5
    )
    report = coverage(plan, {"mast": camera(21, 9, 45, tilt_deg=20.0, height_m=8.0)}, {"mast": Watch.OK})
    corner = spot_at(report, 38, 20)
    assert corner.part is Part.SOUTH_EAST or corner.part is Part.EAST
    assert corner.name == f"食堂后厨 {corner.part.value}, {corner.area_m2:.1f} m²"


@pytest.mark.parametrize(
    ("corners", "part"),
    [
        ((35, 25, 40, 30), Part.NORTH_EAST),
        ((28, 12, 32, 13), Part.SOUTH),
        ((20, 10, 40, 30), Part.WHOLE),
        ((27, 18, 33, 22), Part.MIDDLE),
    ],
)
def test_parts_are_told_by_the_compass(
    make_plan: PlanMaker, corners: tuple[float, float, float, float], part: Part
) -> None:
    # Everything is seen from a high mast but the inside of one roofed block.
    block = area({"type": "building", "id": "block", "name": "库房", "height_m": 0.5}, rectangle(*corners))
    plan = make_plan(zone(rectangle(20, 10, 40, 30), density_px_per_m=1), block)
    masts = {
        "a": camera(10, 1, 35, height_m=30.0, tilt_deg=40.0),
        "b": camera(50, 39, 215, height_m=30.0, tilt_deg=40.0),
    }
    report = coverage(plan, masts, dict.fromkeys(masts, Watch.OK))
    inside = spot_at(report, (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2)
    assert inside.part is part


def test_the_outline_of_a_blind_spot_has_the_area_it_says(make_plan: PlanMaker) -> None:
    post = line({"type": "wall", "id": "post", "height_m": 9}, (29, 14), (31, 14))
    plan = make_plan(zone(rectangle(20, 10, 40, 30)), post, smallest_blind_spot_m2=4)
    report = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    assert len(report.blind_spots) > 1
    for spot in report.blind_spots:
        assert sum(map(signed_area_m2, spot.rings)) == pytest.approx(spot.area_m2)
    (yard,) = report.zones
    blind_m2 = sum(spot.area_m2 for spot in yard.blind_spots if not spot.night_only) + yard.scattered_m2
    assert blind_m2 == pytest.approx(yard.day.by_none * yard.area_m2)


def test_pieces_too_small_for_a_name_are_counted_together(make_plan: PlanMaker) -> None:
    post = line({"type": "wall", "id": "post", "height_m": 9}, (29, 14), (31, 14))
    plan = make_plan(zone(rectangle(20, 10, 40, 30)), post, smallest_blind_spot_m2=100)
    (yard,) = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK}).zones
    assert yard.scattered_m2 > 0
    assert all(spot.area_m2 >= 100 for spot in yard.blind_spots)


def test_several_blind_spots_in_one_part_are_numbered(make_plan: PlanMaker) -> None:
    posts = [line({"type": "wall", "id": f"post-{x}", "height_m": 9}, (x, 14), (x + 1.5, 14)) for x in (25, 28, 31, 34)]
    plan = make_plan(zone(rectangle(20, 10, 40, 36)), *posts)
    report = coverage(plan, {"mast": LOOKING_NORTH}, {"mast": Watch.OK})
    names = [spot.name for spot in report.blind_spots]
    assert len(set(names)) == len(names)
    assert any("（2）" in name for name in names)
