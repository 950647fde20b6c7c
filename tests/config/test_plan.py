"""A plan is read into metres or refused with file, feature and remedy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.plan import read_plan
from config.problem import SettingsError
from tests.support.texts import CHINESE

Feature = dict[str, Any]
SQUARE = [[0, 0], [60, 0], [60, 40], [0, 40], [0, 0]]


def polygon(properties: dict[str, Any], *rings: Any) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": list(rings)}}


def campus(ring: Any = None) -> Feature:
    return polygon({"type": "campus"}, ring or SQUARE)


def zone(ring: Any, **properties: Any) -> Feature:
    return polygon({"type": "zone", "id": "yard", "name": "操场", "kind": "playground", **properties}, ring)


def wall(coordinates: Any, **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "properties": {"type": "wall", "id": "w", "height_m": 2, **properties},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


GOOD = [[10, 10], [20, 10], [20, 20], [10, 20], [10, 10]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(*features: Any, header: Any = None, text: str | None = None) -> Path:
        file = tmp_path / "plan.geojson"
        document = {"type": "FeatureCollection", "plan": header or {"units": "metres"}, "features": list(features)}
        file.write_text(json.dumps(document, indent=1) if text is None else text, encoding="utf-8")
        return file

    return written


def refusal(file: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        read_plan(file)
    assert all(problem.file == file and problem.remedy for problem in refused.value.problems)
    assert all(CHINESE.search(problem.chinese) for problem in refused.value.problems)
    return str(refused.value)


def test_the_example_plan_is_read(root: Path) -> None:
    plan = read_plan(root / "config" / "example" / "plan.geojson")
    assert {zone.kind for zone in plan.zones} >= {"gate", "entrance", "road", "teaching_corridor", "canteen_kitchen"}
    assert plan.floor_ids() == ("ground", "teaching-2f")
    assert [private.name for private in plan.private] == ["一楼卫生间"]


BOW_TIE = [[10, 10], [20, 20], [20, 10], [10, 20], [10, 10]]


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        (zone(BOW_TIE), "features[1] (zone yard).geometry: 多边形在 (15.0, 15.0) 附近自相交"),
        (zone([[1e300, 14], *GOOD[1:-1], [1e300, 14]]), "[1e+300, 14] 在 10000 公里以外"),
        (zone(GOOD[:-1]), "the polygon is open: it begins at (10.0, 10.0) and ends at (10.0, 20.0)"),
        (zone([[10, 10], [20, 10], [20, 10], [15, 20], [10, 10]]), "stands twice"),
        (zone([[10, 10], [20, 10], [15, 10], [10, 10]]), "crosses itself"),
        (zone([[50, 30], [70, 30], [70, 35], [50, 35], [50, 30]]), "it lies off the campus at (70.0, 30.0)"),
        (zone(GOOD, kind="playgrund"), "there is no zone kind 'playgrund'. Did you mean 'playground'?"),
        (zone(GOOD, level="recognize"), "has no level 'recognize'. Did you mean 'recognise'?"),
        (zone(GOOD, level="detect", density_px_per_m=30), "both given"),
        (zone(GOOD, density_px_per_m=0), "density_px_per_m: 这个值不行。要大于 0。 / 0 cannot stand here"),
        (zone(GOOD, density_px_per_m=-5), "-5"),
        (zone(GOOD, floor="second"), "there is no floor 'second'"),
        (zone(GOOD, hight=3), "hight: 没有这一项。"),
        (zone([[10, 10], [20, "x"], [20, 20], [10, 20], [10, 10]]), "is no position"),
        (zone([[10, 10], [20, True], [20, 20], [10, 20], [10, 10]]), "is no position"),
        (zone([]), "a ring needs three corners"),
        (polygon({"type": "zone", "name": "x", "kind": "gate"}, GOOD), "id: 缺少这一项"),
        (polygon({"type": "tree"}, GOOD), "nobody knows a 'tree'"),
        (polygon({}, GOOD), "does not say what it is"),
        (polygon({"type": "private", "id": "p", "name": "p", "kind": "toilett"}, GOOD), "Did you mean 'toilet'?"),
        (wall([[1, 1]]), "two or more positions"),
        (wall([[1, 1], [1, 1]]), "stands twice"),
        (wall([[1, 1], [2, 2]], height_m=0), "height_m"),
        (wall([[1, 1], [2, 2]], height_m=None), "height_m"),
        ({"type": "Feature", "properties": {"type": "wall"}, "geometry": None}, "a wall is a LineString, not None"),
        (
            {"type": "Feature", "properties": {"type": "zone"}, "geometry": {"type": "MultiPolygon"}},
            "a zone is a Polygon",
        ),
        ("feature", "this is no feature"),
        (campus(), "there is a second campus outline"),
    ],
)
def test_a_bad_feature_is_named_with_what_would_be_right(write: Callable[..., Path], feature: Any, said: str) -> None:
    assert said in refusal(write(campus(), feature))


def test_every_mistake_is_told_at_once_each_with_its_line(write: Callable[..., Path]) -> None:
    file = write(campus(), zone(BOW_TIE), wall([[1, 1]]))
    with pytest.raises(SettingsError) as refused:
        read_plan(file)
    lines = [problem.line for problem in refused.value.problems]
    text = file.read_text().splitlines()
    assert len(lines) == 2
    assert all(text[line - 1].strip() == "{" for line in lines)
    assert '"zone"' in "".join(text[lines[0] - 1 : lines[0] + 5])


def test_ids_are_given_once(write: Callable[..., Path]) -> None:
    assert "the id 'yard' is already taken by features[1]" in refusal(write(campus(), zone(GOOD), zone(GOOD)))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"units": "feet"}, "plan.units"),
        (
            {"units": "metres", "cell": 1},
            "plan.cell: 没有这一项。是不是 'cell_m'？ / nobody knows this key. Did you mean 'cell_m'?",
        ),
        ({"units": "metres", "cell_m": 0}, "plan.cell_m"),
        ({"units": "metres", "density_profile": "iec"}, "there is no profile 'iec'"),
        ({"units": "metres", "absent_kinds": ["dormitory"]}, "there is no zone kind 'dormitory'"),
        ({"units": "wgs84"}, "needs the place from which poses are measured"),
        ({"units": "wgs84", "origin": [39.9, 116.4]}, "Longitude stands first"),
        (
            {"units": "metres", "image": {"file": "a.png", "points": [{"pixel": [1, 1], "at": [1, 1]}] * 2}},
            "too near to each other",
        ),
    ],
)
def test_a_bad_header_is_refused(write: Callable[..., Path], header: dict[str, Any], said: str) -> None:
    assert said in refusal(write(campus(), header=header))


def test_degrees_given_as_metres_are_recognised(write: Callable[..., Path]) -> None:
    degrees = [[116.39, 39.90], [116.394, 39.90], [116.394, 39.903], [116.39, 39.903], [116.39, 39.90]]
    assert 'If the coordinates are degrees, write "units": "wgs84"' in refusal(write(campus(degrees)))


def test_metres_given_as_degrees_are_recognised(write: Callable[..., Path]) -> None:
    header = {"units": "wgs84", "origin": [116.39, 39.90]}
    large = [[0, 0], [400, 0], [400, 300], [0, 300], [0, 0]]
    assert 'if these are metres, write "units": "metres"' in refusal(write(campus(large), header=header))


def test_a_plan_of_ten_kilometres_is_refused(write: Callable[..., Path]) -> None:
    large = [[0, 0], [10_000, 0], [10_000, 10_000], [0, 10_000], [0, 0]]
    assert "10000 x 10000 m, more than 2000 m" in refusal(write(campus(large)))


def test_too_many_cells_are_refused_with_the_cell_that_fits(write: Callable[..., Path]) -> None:
    large = [[0, 0], [1_900, 0], [1_900, 1_900], [0, 1_900], [0, 0]]
    assert 'Write "cell_m": 1' in refusal(write(campus(large)))
    read_plan(write(campus(large), header={"units": "metres", "cell_m": 1}))


def test_a_million_walls_are_refused_in_bounded_time(write: Callable[..., Path], tmp_path: Path) -> None:
    one = json.dumps(wall([[1, 1], [2, 2]]))
    head = '{"type": "FeatureCollection", "plan": {"units": "metres"}, "features": ['
    started = time.monotonic()
    assert "MB, more than" in refusal(write(text=head + ",".join([one] * 150_000) + "]}"))
    assert "features, more than" in refusal(write(text=head + ",".join([one] * 60_000) + "]}"))
    long = [[x / 1000, (x % 2) * 3] for x in range(30_000)]
    assert "edges, more than" in refusal(write(campus(), wall(long)))
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is not JSON"),
        ("[1, 2", "this is not JSON"),
        ("[]", "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "the member 'plan' is missing"),
        ('{"type": "FeatureCollection", "plan": {}, "features": 3}', "features is no list"),
        (
            '{"type": "FeatureCollection", "plan": {"units": "metres"}, "features": []}',
            "no good feature of type campus",
        ),
        ('{"x": NaN}', "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(write: Callable[..., Path], text: str, said: str) -> None:
    assert said in refusal(write(text=text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "there is no such plan" in refusal(tmp_path / "nowhere.geojson")


def test_wgs84_becomes_metres_east_and_north_of_the_origin(write: Callable[..., Path]) -> None:
    # One degree of latitude at 40° is 111 035 m, of longitude 85 394 m.
    origin = [116.39, 40.0]
    east, north = 100 / 85_394, 80 / 111_035
    ring = [[116.39 + x * east, 40.0 + y * north] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    plan = read_plan(write(campus(ring), header={"units": "wgs84", "origin": origin}))
    assert plan.outline.area.outer[2] == pytest.approx((100, 80), abs=0.05)
    assert plan.projection is not None
    assert plan.projection.position(*plan.outline.area.outer[2]) == pytest.approx(ring[2], abs=1e-9)


def test_levels_can_be_changed_and_added(write: Callable[..., Path]) -> None:
    header = {"units": "metres", "levels": {"detect": 30, "own": 44}}
    second = zone([[30, 10], [40, 10], [40, 20], [30, 10]], level="own")
    second["properties"]["id"] = "second"
    plan = read_plan(write(campus(), zone(GOOD), second, header=header))
    assert [one.density_px_per_m for one in plan.zones] == [30, 44]
    assert plan.profile.name.endswith("（本校修订）")
