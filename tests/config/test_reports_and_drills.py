"""Schedules of line tests and times of incident reports: what stands in the settings, and what stands there wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.every import Every
from config.problem import SettingsError
from config.settings import read_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "example" / "campus.yaml"


def written(folder: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    (folder / "plan.geojson").write_text(
        (EXAMPLE.parent / "plan.geojson").read_text(encoding="utf-8"), encoding="utf-8"
    )
    file = folder / "campus.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_one_input_may_have_a_schedule_and_a_responsible_person_of_its_own(tmp_path: Path) -> None:
    old = "    name: 东门墙上按钮\n"
    settings = read_settings(written(tmp_path, old, old + "    line_test: {every: week, responsible: 王师傅}\n"))
    own = settings.alarm_input("gate-east-panel").line_test
    assert own is not None
    assert (own.every, own.responsible) == (Every.WEEK, "王师傅")
    assert settings.alarm_input("gate-east-page").line_test is None
    assert settings.line_tests.every is Every.MONTH


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("every: month", "every: fortnight", "line_tests.every"),
        ("every: month, boarders", "every: week, boarders", "write month or quarter"),
        ("phone_within_min: 60", "phone_within_min: 0", "incident_reports.phone_within_min"),
        ("written_within_min: 120", 'written_within_min: "120"', "incident_reports.written_within_min"),
        ("report_to: 示范区教育局", "report_too: 示范区教育局", "report_too"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings(written(tmp_path, old, new))
