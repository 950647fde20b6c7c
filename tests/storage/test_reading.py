"""Reading footage where a disk or share hangs: it is named in a sentence, and the rest is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from config.settings import read_settings
from edge_agent.cli import app
from foundation.sqlite import open_read_only
from storage.check import check
from storage.forecasts import forecast_all
from storage.mounted import Present, present
from storage.seal import Sealer
from storage.shelf import Shelf
from storage.verify import Verifier, verify_all
from storage.volume import IDENTITY_FILE
from tests.storage.box import Box, play, volume

LIMIT_S = 3.0
"""Longer than a healthy disk of a busy machine stands still."""


@pytest.fixture
def two(box: Box, h264_clip: Path) -> Box:
    """Two volumes that hold the same sealed minute."""
    run = box.run(copy_volume="spare")
    play(run, h264_clip, box.clock, seconds=20)
    run.end("asked")
    box.clock.advance(days=1, seconds=7200)
    Sealer(box.catalogue, box.shelf).once()
    return box


def here(box: Box) -> Present:
    with open_read_only(box.path) as reader:
        return present(reader, [volume(box.folder), volume(box.folder, "spare")], limit_s=LIMIT_S)


def test_a_share_that_hangs_is_named_and_the_rest_is_found(two: Box, hang: Any) -> None:
    hang(two.folder / "main" / IDENTITY_FILE)
    found = here(two)
    assert [each.id for each in found.here] == ["spare"]
    assert [each.id for each in found.absent] == ["main"]
    assert "does not answer" in found.absent[0].reason


def test_a_share_that_hangs_under_a_check_is_named_and_the_rest_is_checked(two: Box, hang: Any) -> None:
    disks = here(two).here
    next(two.folder.glob("spare/footage/*/*/*.mp4")).unlink()
    hang(two.folder / "main" / "footage")
    report = check(two.path, disks)
    assert [each.id for each in report.unread] == ["main"]
    assert report.volumes == ("spare",)
    assert [found.trouble for found in report.found] == ["missing"]
    assert not report.holds


def test_a_share_that_hangs_under_a_verification_is_named_and_read_another_time(two: Box, hang: Any) -> None:
    disks = here(two).here
    hang(two.folder / "main" / "footage")
    progress = two.folder / "progress"
    report = verify_all(two.path, disks, clock=two.clock, progress_file=progress, rate_bytes_per_s=10**9)
    assert "does not answer" in report.unread["main"].reason
    assert (report.days, report.found, report.holds) == (1, [], False)
    rest = [disk for disk in disks if disk.id == "spare"]
    again = verify_all(two.path, rest, clock=two.clock, progress_file=progress, rate_bytes_per_s=10**9)
    assert again.segments == 0, "what was read is remembered"
    assert not progress.exists()


def test_nights_reading_goes_on_with_the_other_volume(two: Box, hang: Any) -> None:
    shelf = Shelf([volume(two.folder), volume(two.folder, "spare")], two.catalogue, two.findings, limit_s=LIMIT_S)
    shelf.look()
    hang(two.folder / "main" / "footage")
    verifier = Verifier(two.catalogue, shelf, two.findings, rate_bytes_per_s=10**9)
    verifier.note_presence()
    shelf.look()
    verifier.verify_next()
    with open_read_only(two.path) as reader:
        checked = reader.rows(
            "SELECT v.id FROM presence p JOIN volume v ON v.no = p.volume_no WHERE p.checked_ms IS NOT NULL"
        )
        read = reader.rows("SELECT v.id FROM verified f JOIN volume v ON v.no = f.volume_no")
    assert checked == read == [("spare",)]
    assert "storage.volume_hung" in {finding.kind for finding in two.findings.all_open()}


def campus(box: Box) -> dict[str, Any]:
    values: dict[str, Any] = {
        "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
        "devices": [{"id": "cam", "name": "c", "address": "http://127.0.0.1/"}],
        "points": [{"id": "gate", "name": "g", "device": "cam", "volume": "main", "retention": "r"}],
        "volumes": [{"id": name, "path": str(box.folder / name), "own_disk": False} for name in ("main", "spare")],
        "retention": [{"id": "r", "keep_days": 90}],
        "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
    }
    return values


def test_a_forecast_does_not_wait_for_a_share(two: Box, hang: Any, tmp_path: Path) -> None:
    file = tmp_path / "campus.yaml"
    file.write_text(yaml.safe_dump(campus(two)), encoding="utf-8")
    settings, now_ms = read_settings(file), two.catalogue.now_ms()
    assert {each.volume for each in forecast_all(two.path, settings, now_ms, limit_s=LIMIT_S)} == {"main", "spare"}
    hang(two.folder / "main")
    assert {each.volume for each in forecast_all(two.path, settings, now_ms, limit_s=LIMIT_S)} == {"spare"}


@pytest.mark.parametrize("command", ["check", "verify", "forecast"])
def test_the_command_line_says_in_a_sentence_which_disk_does_not_answer(
    two: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    file, identity = tmp_path / "campus.yaml", two.folder / "main" / IDENTITY_FILE
    file.write_text(yaml.safe_dump(campus(two)), encoding="utf-8")
    identity.unlink()
    os.mkfifo(identity)  # who opens it waits for a writer, as on a share without its server
    monkeypatch.setattr("edge_agent.commands.footage._DISK_LIMIT_S", LIMIT_S)
    try:
        done = CliRunner().invoke(app, ["footage", command, "--config", str(file), "--state", str(tmp_path)])
    finally:
        os.close(os.open(identity, os.O_RDWR | os.O_NONBLOCK))
    assert done.exit_code == (0 if command == "forecast" else 1), done.output
    assert "▲ main: " in done.output
    assert f"{two.folder / 'main'} does not answer" in done.output
    assert {"check": "2 segments", "verify": "1 days, 2 segments", "forecast": "spare"}[command] in done.output
