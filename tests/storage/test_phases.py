"""Killed on purpose at the steps of each phase of the recorder's work; the next start leaves nothing wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
EVERY_STEP = os.environ.get("CAMPUS_EVERY_STEP") == "1"
"""The long run is killed at each; else at some of them, commits and calls of the disk alike."""


@pytest.mark.process
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("phase", "stride", "steps"),
    [
        ("record", 5, {"commit", "writev", "fdatasync"}),
        ("seal", 2, {"commit", "mkdir", "fsync"}),
        ("sweep", 1, {"commit", "unlink", "fsync"}),
        ("repair", 2, {"commit", "ftruncate"}),
    ],
)
def test_a_kill_at_a_step_of_a_phase_leaves_nothing_wrong(
    tmp_path: Path, root: Path, phase: str, stride: int, steps: set[str]
) -> None:
    words: list[str | Path] = [sys.executable, HERE / "phases.py", tmp_path, phase, "1" if EVERY_STEP else str(stride)]
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.endswith(("clean", "CLEAN", "over"))]
    assert lines[-1] == "over", "the phase came to its end"
    kills = lines[:-1]
    assert all(line.endswith(": clean") for line in kills), "\n".join(kills) + done.stderr[-3000:]
    assert {line.split()[1].rstrip(":") for line in kills} >= steps, kills
