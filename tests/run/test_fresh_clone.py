"""What a newcomer does: a fresh copy of the tree, one command, a campus at work."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.run.tree import copy_of_the_tracked_tree

STAGES = {"poll", "record", "retain", "coverage", "visit", "alarm", "center"}


def a_newcomers_environment() -> dict[str, str]:
    """This process's environment without what the running tests added to it."""
    ours = ("COV_CORE_", "COVERAGE_", "PYTEST_", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.mark.demo
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fresh_copy_builds_its_environment_and_shows_a_campus_at_work(root: Path, tmp_path: Path) -> None:
    tree = copy_of_the_tracked_tree(root, tmp_path / "clone")
    env = a_newcomers_environment()

    built = subprocess.run([tree / "run", "env"], env=env, capture_output=True, text=True, timeout=600, check=False)
    assert built.returncode == 0, built.stderr
    assert (tree / ".venv/bin/edge-agent").exists()

    shown = subprocess.run(
        [tree / "run", "demo", "--for", "60s", "--json"],
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    told = f"{shown.stdout[-3000:]}\n{shown.stderr[-3000:]}"
    assert shown.stdout.strip(), told
    report = json.loads(shown.stdout.strip().splitlines()[-1])
    assert {name: stage["ok"] for name, stage in report["stages"].items()} == dict.fromkeys(STAGES, True), told
    assert report["ok"] is True
    assert shown.returncode == 0, told
    assert left_behind(tree) == []


def left_behind(tree: Path) -> list[str]:
    """Command lines of processes that still run from that tree."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile
        line = b" ".join(words).decode(errors="replace")
        if str(tree) in line:
            found.append(line)
    return found
