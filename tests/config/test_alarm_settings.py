"""Settings of sirens, panels and the press door: what is written half is refused with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from config.alarm_input import InputKind
from config.problem import SettingsError
from config.settings import read_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "example" / "campus.yaml"


def written(tmp_path: Path, **more: object) -> Path:
    settings = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    settings.update(more)
    file = tmp_path / "campus.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    (tmp_path / "plan.geojson").write_bytes((EXAMPLE.parent / "plan.geojson").read_bytes())
    return file


def test_what_the_example_shows_in_comments_is_accepted(tmp_path: Path) -> None:
    """A technician takes the comment signs away and it works."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#  - ", "  - ", text)
    text = re.sub(r"(?m)^#    (?=[a-z_]+:)", "    ", text)
    text = re.sub(r"(?m)^# (?=(alarm_panels|sirens|duress_pin):)", "", text)
    text = re.sub(r"(?m)^#   - ", "  - ", text)
    tokens = "".join(
        f"  - id: {name}\n    user: {name}\n    password_env: TOKEN\n"
        for name in ("panel-token", "office-token", "duress")
    )
    text = text.replace("\ndevices:\n", f"{tokens}\ndevices:\n".removeprefix("\n"), 1)
    file = tmp_path / "campus.yaml"
    file.write_text(text, encoding="utf-8")
    (tmp_path / "plan.geojson").write_bytes((EXAMPLE.parent / "plan.geojson").read_bytes())
    settings = read_settings(file)
    assert [siren.id for siren in settings.sirens] == ["yard", "broadcast"]
    assert settings.sirens[1].after_s == 60
    assert settings.alarm_panels is not None
    assert settings.alarm_panels.credential == "office-token"
    assert {item.kind.value for item in settings.alarm_inputs} == {"page", "socket", "modbus", "camera", "usb", "http"}


@pytest.mark.parametrize(
    ("siren", "why"),
    [
        ({"host": "10.0.0.1"}, "one of the two"),
        ({"coil": 3}, "one of the two"),
        ({}, "one of the two"),
        ({"host": "10.0.0.1", "coil": 3, "relay": {"device": "cam-gate", "token": "R1"}}, "one of the two"),
        ({"relay": {"device": "cam-nowhere", "token": "R1"}}, "cam-nowhere"),
    ],
)
def test_a_siren_hangs_on_one_outlet_that_there_is(tmp_path: Path, siren: dict[str, object], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        read_settings(written(tmp_path, sirens=[{"id": "yard", "name": "警号", **siren}]))


def test_the_press_door_has_a_port_of_its_own(tmp_path: Path) -> None:
    pages = {"gatehouse": {"port": 8080, "press_port": 8081}, "office": {"port": 8081}}
    with pytest.raises(SettingsError, match="press door"):
        read_settings(written(tmp_path, pages=pages))
    pages["gatehouse"]["press_port"] = 8088
    assert read_settings(written(tmp_path, pages=pages)).pages.gatehouse.press_port == 8088
    same = {"gatehouse": {"port": 8080}, "office": {"port": 8080}}
    with pytest.raises(SettingsError, match="same address"):
        read_settings(written(tmp_path, pages=same))


def test_a_token_that_nobody_wrote_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nobody"):
        read_settings(written(tmp_path, alarm_panels={"port": 8090, "credential": "nobody"}))


def test_every_gate_of_the_example_can_call_for_help_without_a_sound() -> None:
    settings = read_settings(EXAMPLE)
    silent = {item.gate for item in settings.alarm_inputs if item.kind is InputKind.PAGE and item.silent}
    assert silent == {gate.id for gate in settings.gates}
