"""Alarms and footage on one turning disk are told of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alarms.disk import shares_spinning_disk
from edge_agent import cli


@pytest.mark.parametrize("partition", [True, False])
@pytest.mark.parametrize(("rotational", "told"), [("1\n", True), ("0\n", False)])
def test_a_shared_turning_disk_is_told_of(tmp_path: Path, rotational: str, told: bool, partition: bool) -> None:
    number = tmp_path.stat().st_dev
    disk = tmp_path / "devices" / "sda"
    (disk / "queue").mkdir(parents=True)
    (disk / "queue" / "rotational").write_text(rotational)
    block = disk / "sda1" if partition else disk
    block.mkdir(exist_ok=True)
    if partition:
        (block / "partition").write_text("1\n")
    links = tmp_path / "block"
    links.mkdir()
    (links / f"{os.major(number)}:{os.minor(number)}").symlink_to(block)
    volume = tmp_path / "not" / "there" / "yet"
    assert shares_spinning_disk(tmp_path / "state", [volume], sys_block=links) == ([volume] if told else [])


def test_where_the_kernel_does_not_say_nothing_is_claimed(tmp_path: Path) -> None:
    assert shares_spinning_disk(tmp_path, [tmp_path], sys_block=tmp_path / "nothing") == []


def test_check_config_warns_of_alarms_that_would_wait_for_the_heads(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alarms.disk.shares_spinning_disk", lambda _state, volumes: list(volumes))
    example = str(root / "config" / "example" / "campus.yaml")
    said = CliRunner().invoke(cli.app, ["check-config", example, "--state", str(tmp_path)])
    assert said.exit_code == 0, "a warning is no refusal"
    assert "机械硬盘" in said.stderr
    assert str(tmp_path) in said.stderr
    monkeypatch.setattr("alarms.disk.shares_spinning_disk", lambda _state, _volumes: [])
    assert "机械硬盘" not in CliRunner().invoke(cli.app, ["check-config", example]).stderr
