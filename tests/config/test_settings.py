from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.problem import Problem, SettingsError
from config.settings import Settings, read_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "example" / "campus.yaml"


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, str], list[Problem]]:
    """Reads the example with one text replaced; gives the problems found."""

    def read(wrong: str, instead: str) -> list[Problem]:
        text = EXAMPLE.read_text(encoding="utf-8")
        assert wrong in text
        file = tmp_path / "campus.yaml"
        file.write_text(text.replace(wrong, instead, 1), encoding="utf-8")
        with pytest.raises(SettingsError) as caught:
            read_settings(file)
        return caught.value.problems

    return read


def line_of(text: str) -> int:
    return EXAMPLE.read_text(encoding="utf-8").splitlines().index(text) + 1


def test_the_example_campus_is_accepted() -> None:
    settings = read_settings(EXAMPLE)
    assert [point.id for point in settings.points] == ["gate-east", "corridor-1f"]
    assert settings.volume("main").path == EXAMPLE.parent / "footage"


Refused = Callable[[str, str], list[Problem]]


@pytest.mark.parametrize(
    ("wrong", "instead", "key", "says"),
    [
        ("retention: standard", "retension: standard", "points[0].retension", "'retention'"),
        ("keep_days: 90", "keep_days: 30", "retention[0]", "at least 90 days"),
        ("own_disk: false", "when_full: overwrite", "volumes[0].when_full", "two persons"),
        ("own_disk: false", "when_full: maybe", "volumes[0].when_full", "'stop' or 'overwrite'"),
        ("id: corridor-1f", "id: gate-east", "points[1].id", "already taken in line"),
        ("volume: main", "volume: mian", "points[0].volume", "'main'"),
        ("device: cam-gate", "device: cam-gata", "points[0].device", "'cam-gate'"),
        ("device: cam-corridor", "device: cam-gate", "points[1].source", "already belongs to point 'gate-east'"),
        ("port: 8080", 'port: "8080"', "pages.gatehouse.port", "integer"),
        ("port: 8081", "port: 8080", "pages.office", "another port"),
        ("port: 1883\n    allow_plain_text: true", "port: 1883\n    allow_plain_text: false", "broker_paths[0]", "tls"),
        ("password_env: CAMPUS_CAMERA_PASSWORD", "password: secret", "credentials[0].password", "nobody knows"),
        ("tilt_deg: 20.0", "tilt_deg: 200.0", "points[0].pose.tilt_deg", "90"),
        ("http://127.0.0.1:8101", "http://admin:pw@127.0.0.1:8101", "devices[0].address", "pattern"),
    ],
)
def test_a_mistake_is_named_by_key_with_what_would_be_right(
    refused: Refused, wrong: str, instead: str, key: str, says: str
) -> None:
    problems = refused(wrong, instead)
    assert any(problem.key == key and says in f"{problem.message} {problem.remedy}" for problem in problems), problems


def test_a_mistake_is_named_by_its_line(refused: Refused) -> None:
    [problem] = refused("nearest_points: [gate-east]", "nearest_points: [gate-west]")
    assert problem.line == line_of("    nearest_points: [gate-east]")


def test_all_mistakes_are_told_at_once(refused: Refused) -> None:
    problems = refused("id: demo-school\n  name: 示范小学", 'id: "Demo School"\n  nmae: 示范小学')
    assert {problem.key for problem in problems} == {"campus.id", "campus.name", "campus.nmae"}


def test_less_than_90_days_needs_a_name_and_a_reason(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace(
        "keep_days: 90",
        "keep_days: 30\n    shorter_than_90_days: {reason: 校外临时点位, approved_by: 李校长}",
    )
    (tmp_path / "campus.yaml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path / "campus.yaml").retention_policy("standard").keep_days == 30


def test_a_key_that_stands_twice_is_refused(refused: Refused) -> None:
    [problem] = refused("  id: demo-school", "  id: demo-school\n  id: other-school")
    assert problem.key == "campus.id"
    assert "twice" in problem.message


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "holds no settings"), ("campus: [", "not YAML"), ("- a\n- b", "holds no settings"), ("\0", "YAML")],
)
def test_a_file_that_holds_no_settings_says_so(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "campus.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        read_settings(tmp_path / "campus.yaml")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        read_settings(tmp_path / "nowhere.yaml")


def test_an_alias_bomb_is_bounded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (tmp_path / "campus.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "campus.yaml")


def test_settings_cannot_be_changed_after_reading() -> None:
    settings: Settings = read_settings(EXAMPLE)
    with pytest.raises(ValueError, match="frozen"):
        settings.campus.name = "另一所学校"  # type: ignore[misc]
