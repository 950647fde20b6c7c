"""Work in a process of its own ends within its limits, and inherits nothing it must not know."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from foundation.short_process import DiedError, OutOfTimeError, RefusedWorkError, WorkLimits, run_short
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

LIMITS = WorkLimits(wall_s=WAIT_AT_MOST_S, cpu_s=10, memory_bytes=400 * 1024**2, output_bytes=1024**2)
A_DAY = f"98765.{os.getpid()}"  # seconds that no other run of the tests sleeps
Work = Callable[[str], str]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """work(program) makes a module of it and returns its name."""
    inherited = os.environ.get("PYTHONPATH", "")
    root = str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path), root, inherited))))

    def module(program: str) -> str:
        (tmp_path / "short_work.py").write_text(program, encoding="utf-8")
        return "short_work"

    return module


def test_what_is_given_comes_in_and_what_is_written_comes_back(work: Work) -> None:
    module = work("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1] + sys.argv[1].encode())")
    given = os.urandom(500_000)
    assert run_short(module, given, LIMITS, ("x",)) == given[::-1] + b"x"


def sleeping() -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", A_DAY]]


def test_it_is_ended_with_its_children_when_its_time_is_over(work: Work) -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTimeError):
        run_short(
            work("import subprocess, sys; subprocess.run(['sleep', sys.argv[1]])"),
            b"",
            replace(LIMITS, wall_s=1.0),
            (A_DAY,),
        )
    assert time.monotonic() - began < WAIT_AT_MOST_S, "it would sleep for a day"
    wait_until(lambda: not sleeping(), what="the end of its child, which was killed with it")


def test_endless_reckoning_memory_and_output_are_stopped(work: Work) -> None:
    with pytest.raises(DiedError):
        run_short(work("while True: pass"), b"", replace(LIMITS, cpu_s=1))
    with pytest.raises(DiedError, match="MemoryError"):
        run_short(work("x = bytearray(600 * 1024**2)"), b"", LIMITS)
    with pytest.raises(DiedError):
        run_short(work("import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)"), b"", LIMITS)


def test_a_refusal_is_told_from_a_death(work: Work) -> None:
    with pytest.raises(RefusedWorkError, match=r"^no picture in it$"):
        run_short(work("from foundation.short_process import refuse; refuse('no picture\\nin it')"), b"", LIMITS)
    with pytest.raises(DiedError, match="ValueError: oh"):
        run_short(work("raise ValueError('oh')"), b"", LIMITS)
    with pytest.raises(DiedError):
        run_short(work("import os; os.kill(os.getpid(), 11)"), b"", LIMITS)


def test_no_password_is_inherited_and_nothing_is_opened_for_it(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPUS_CAMERA_PASSWORD", "secret")
    read, write = os.pipe()
    os.set_inheritable(write, True)
    told = run_short(work("import os; print(sorted(os.environ), os.listdir('/proc/self/fd'))"), b"", LIMITS).decode()
    os.close(read)
    os.close(write)
    assert "CAMPUS" not in told
    assert str(write) not in told.partition("]")[2]
