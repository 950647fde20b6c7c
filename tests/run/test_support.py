"""The tests' own ground: nothing a test starts outlives it, and nothing it lacks passes silently in CI."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simulator.port import free_port
from tests.support.ports import accepts
from tests.support.processes import Processes
from tests.support.programs import require_program
from tests.support.waiting import wait_until

STUBBORN_PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"])
print("child", child.pid, flush=True)
signal.pause()
"""


@pytest.mark.process
def test_a_process_that_ignores_sigterm_ends_with_the_test_and_so_does_its_child(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    stubborn = processes.start([sys.executable, "-c", STUBBORN_PARENT])
    stubborn.wait_for("child ")
    child = Path("/proc") / stubborn.output().split()[1]
    assert child.exists()
    processes.end_all(timeout_s=0.5)
    assert not stubborn.running
    wait_until(lambda: not alive(child), what="the end of the child")


def alive(process: Path) -> bool:
    try:
        return process.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.process
def test_waiting_for_words_of_a_process_that_ended_fails_at_once_with_what_it_said(processes: Processes) -> None:
    ended = processes.start([sys.executable, "-c", "raise SystemExit('no such campus')"])
    with pytest.raises(AssertionError, match="no such campus"):
        ended.wait_for("ready", timeout_s=60)


def test_a_missing_program_is_a_skip_that_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install some-package"):
        require_program("no-such-program", "some-package")


def test_a_missing_program_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        require_program("no-such-program")


def test_what_never_comes_fails_with_its_name() -> None:
    with pytest.raises(AssertionError, match=r"the bus did not come within 0\.05 s"):
        wait_until(lambda: False, 0.05, what="the bus")


def test_a_free_port_is_free() -> None:
    assert not accepts(free_port())
