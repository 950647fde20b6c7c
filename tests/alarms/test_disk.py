"""Alarms and footage on one turning disk are told of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alarms.disk import shares_spinning_disk


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
