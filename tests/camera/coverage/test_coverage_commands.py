"""`edge-agent coverage …` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner, Result

from camera.coverage.pose_file import read_measured
from config.settings import read_settings
from edge_agent.commands.coverage import app
from tests.camera.coverage.test_calibration import clicks_of


@pytest.fixture
def config(root: Path) -> Path:
    return root / "config" / "example" / "campus.yaml"


def typed(config: Path, state: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [words[0], "--config", str(config), "--state", str(state), *words[1:]])


def test_check_names_every_blind_spot_and_ends_with_one(config: Path, tmp_path: Path) -> None:
    result = typed(config, tmp_path, "check", "--assume-working")
    assert result.exit_code == 1
    for words in (
        "盲区 食堂后厨 全部, 234.0 m²",
        "距离太远，像素密度不足（东门）",
        "缺 食堂厨房",
        "若 东门 失效",
        "申报 2 台",
    ):
        assert words in result.output


def test_check_without_word_from_the_cameras_takes_them_as_unknown(config: Path, tmp_path: Path) -> None:
    told = json.loads(typed(config, tmp_path, "check", "--json").output)
    assert told["watches"] == {"gate-east": "unknown", "corridor-1f": "unknown"}
    assert told["seen_share"] == 0
    assert {spot["reason"] for spot in told["uncertain"]} == {"not_certain"}
    assert told["blind_spots"][0]["name"] == "操场 全部, 1232.0 m²"
    assert len(told["blind_spots"][0]["rings"][0]) >= 4


def test_map_writes_what_the_file_name_asks_for(config: Path, tmp_path: Path) -> None:
    for name, start in (("a.svg", b"<svg"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")):
        result = typed(config, tmp_path, "map", str(tmp_path / name), "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.output)["blind_spots"] > 0
        assert (tmp_path / name).read_bytes().startswith(start)
    assert typed(config, tmp_path, "map", str(tmp_path / "a.txt")).exit_code == 2
    refused = typed(config, tmp_path, "map", str(tmp_path / "no" / "a.svg"))
    assert refused.exit_code == 2
    assert "cannot be written" in refused.output


def test_suggest_says_where_which_way_and_what_it_takes(config: Path, tmp_path: Path) -> None:
    told = json.loads(
        typed(config, tmp_path, "suggest", "--count", "2", "--model", "A:2560x1440:80:30:4", "--json").output
    )
    first, second = told["suggestions"]
    assert first["closes_day_m2"] + first["closes_night_m2"] >= second["closes_day_m2"]
    assert told["keep_days"] == 90
    assert first["storage_bytes"] == 3_888_000_000_000
    assert (
        "合计 2 台，180 天录像增加" in typed(config, tmp_path, "suggest", "--count", "2", "--keep-days", "180").output
    )
    assert typed(config, tmp_path, "suggest", "--model", "A:wide").exit_code == 2


def test_calibrate_solves_says_how_well_and_keeps(config: Path, tmp_path: Path) -> None:
    declared = read_settings(config).point("gate-east").pose
    assert declared is not None
    true = declared.model_copy(update={"azimuth_deg": 101.0, "roll_deg": 2.0})
    clicks = tmp_path / "clicks.json"
    clicks.write_text(json.dumps([[c.u_px, c.v_px, c.x_m, c.y_m] for c in clicks_of(true, 6, Random(1))]))
    result = typed(config, tmp_path, "calibrate", "gate-east", str(clicks), "--keep", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["pose"]["azimuth_deg"] == pytest.approx(101, abs=0.01)
    assert told["declared_differs"]["significant"]
    assert told["error_px"] < 0.1
    assert read_measured(tmp_path / "poses.json")["gate-east"].pose.roll_deg == pytest.approx(2, abs=0.01)
    poses = json.loads(typed(config, tmp_path, "check", "--json").output)["poses"]
    assert poses == {"gate-east": "measured", "corridor-1f": "declared"}
    # Measured again it stays in use; until a person says otherwise.
    told = json.loads(typed(config, tmp_path, "calibrate", "gate-east", str(clicks), "--json").output)
    assert told["used"]
    assert "覆盖仍按申报位姿" in typed(config, tmp_path, "calibrate", "gate-east", str(clicks), "--no-keep").output
    assert json.loads(typed(config, tmp_path, "check", "--json").output)["poses"]["gate-east"] == "declared"


@pytest.mark.parametrize(
    ("content", "said"), [("{", "write such a list"), ("[[1, 2]]", "write such a list"), ("[[1,2,3,4]]", "too few")]
)
def test_clicks_that_cannot_be_used_are_a_sentence(config: Path, tmp_path: Path, content: str, said: str) -> None:
    clicks = tmp_path / "clicks.json"
    clicks.write_text(content)
    result = typed(config, tmp_path, "calibrate", "gate-east", str(clicks))
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_bad_plan_and_an_unknown_point_are_sentences(config: Path, tmp_path: Path) -> None:
    assert "no such point" in typed(config, tmp_path, "calibrate", "gate-west", str(config)).output
    copy = tmp_path / "campus.yaml"
    copy.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "plan.geojson").write_text("{}")
    result = typed(copy, tmp_path, "check")
    assert result.exit_code == 2
    assert "no GeoJSON FeatureCollection" in result.output
