"""Where more cameras help."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.coverage import Watch, coverage
from camera.coverage.suggestion import BUILT_IN_MODELS, CameraModel, TooManyCandidatesError, choose, suggest
from tests.camera.coverage.conftest import PlanMaker, camera, rectangle, zone

MODEL = CameraModel(name="test", width_px=1920, height_px=1080, hfov_deg=90, night_range_m=None, bits_per_s=4e6)


def mount(identity: str, x: float, y: float, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"type": "mount", "id": identity, "name": identity, "height_m": 4, **properties},
        "geometry": {"type": "Point", "coordinates": [x, y]},
    }


def test_the_suggested_camera_closes_what_it_promises(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(10, 10, 30, 20)), mount("near", 20, 8), mount("far", 55, 35, facing_deg=90))
    (best,) = suggest(plan, [], [MODEL], 1, 90)
    assert best.mount_id == "near"
    (yard,) = coverage(plan, {"new": best.pose}, {"new": Watch.OK}).zones
    assert best.closes_day_m2 == pytest.approx(yard.day.seen * yard.area_m2)
    assert best.zones == (("操场", best.closes_day_m2),)


def test_what_cameras_see_already_is_not_closed_again(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(10, 10, 30, 20)), mount("near", 20, 8))
    (first,) = suggest(plan, [], [MODEL], 1, 90)
    again = suggest(plan, [first.pose], [MODEL], 1, 90)
    assert not again or again[0].closes_day_m2 < first.closes_day_m2 / 2


def test_a_camera_on_a_wall_looks_away_from_it(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(10, 20, 30, 30)), mount("wall", 20, 10, facing_deg=180))
    found = suggest(plan, [], [MODEL], 3, 90)
    assert all(90 <= one.pose.azimuth_deg <= 270 for one in found)


def test_storage_is_what_the_stream_takes_for_the_days() -> None:
    # 4 Mb/s for 90 days: 4e6/8 * 86400 * 90.
    assert MODEL.bytes_kept(90) == 3_888_000_000_000


def test_too_many_candidates_are_refused(make_plan: PlanMaker) -> None:
    mounts = [mount(f"m{number}", 5 + number % 50, 5 + number // 50) for number in range(300)]
    with pytest.raises(TooManyCandidatesError, match="fewer models"):
        suggest(make_plan(zone(rectangle(10, 10, 30, 20)), *mounts), [camera(1, 1, 0)], BUILT_IN_MODELS, 3, 90)


@given(
    st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=8),
    st.lists(st.integers(1, 9), min_size=12, max_size=12),
    st.integers(1, 4),
)
def test_the_choice_is_near_the_best_of_all_choices(sets: list[set[int]], weights: list[int], count: int) -> None:
    worth = np.array(weights, dtype=np.float64)
    arrays = [np.array(sorted(one), dtype=np.intp) for one in sets]

    def total(chosen: tuple[int, ...] | list[int]) -> float:
        seen = set().union(*(sets[number] for number in chosen))
        return float(sum(weights[cell] for cell in seen))

    chosen = choose(arrays, worth, count)
    assert len(set(chosen)) == len(chosen) <= count
    best = max(total(one) for one in combinations(range(len(sets)), min(count, len(sets))))
    assert total(chosen) >= 0.75 * best  # no exchange of one helps any more; half of the optimum is proven for that


def test_where_greed_fails_an_exchange_helps() -> None:
    # Greedy takes the middle one (6) and then one side (3 more: 9 of 10); the two sides together are 10.
    sets = [np.arange(2, 8), np.arange(0, 5), np.arange(5, 10)]
    assert sorted(choose(sets, np.ones(10), 2)) == [1, 2]
