"""Real processes that a test starts, and that never outlive it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.waiting import WAIT_AT_MOST_S, wait_until

STOP_WITHIN_S = 10.0
"""What the agent promises: SIGTERM ends it within ten seconds."""


@dataclass(slots=True)
class Started:
    """A process in a session of its own, with everything it wrote in one file."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Also the id of its process group."""
        return self.popen.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def output(self) -> str:
        """What it wrote so far, standard output and error in one."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str, timeout_s: float = WAIT_AT_MOST_S) -> None:
        """Wait until it writes `text`; fails at once when it ends before."""

        def written_or_ended() -> bool:
            return text in self.output() or not self.running

        try:
            wait_until(written_or_ended, timeout_s, what=f"{text!r} from {self.name}")
        except AssertionError as error:
            raise AssertionError(f"{error}; its last words:\n{self.output()[-2000:]}") from None
        assert text in self.output(), (
            f"{self.name} ended with {self.popen.returncode} before saying {text!r}:\n{self.output()[-2000:]}"
        )

    def kill(self) -> None:
        """SIGKILL to the process alone: its children see it die, as after a crash."""
        self.popen.kill()
        self.popen.wait(timeout=WAIT_AT_MOST_S)

    def stop(self, timeout_s: float = WAIT_AT_MOST_S) -> int:
        """SIGTERM to the process; the exit code, or a failed test when it does not end. A test that times what is
        promised, alone, gives the bound."""
        self.popen.terminate()
        try:
            return self.popen.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} still runs {timeout_s:g} s after SIGTERM:\n{_tree(self.pid)}\n{self.output()[-2000:]}"
            ) from None


@dataclass(slots=True)
class Processes:
    """Starts processes and ends, with the test, every one of them and their children."""

    folder: Path
    started: list[Started] = field(default_factory=list)

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        name: str = "",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Started:
        """Start `argv`; `env` is added to this process's own environment."""
        name = name or Path(argv[0]).name
        log = self.folder / f"{len(self.started):02d}-{name}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        process = Started(name=name, popen=popen, log=log)
        self.started.append(process)
        return process

    def end_all(self, timeout_s: float = STOP_WITHIN_S) -> None:
        """SIGTERM to every group, then SIGKILL to what is left after `timeout_s`, newest first."""
        for process in reversed(self.started):
            _signal_group(process.pid, signal.SIGTERM)
        for process in reversed(self.started):
            try:
                process.popen.wait(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                pass
            finally:
                _signal_group(process.pid, signal.SIGKILL)
                process.popen.wait(timeout=WAIT_AT_MOST_S)


def _tree(pid: int) -> str:
    """A line for the process and each it started: which of them does not end, and what it waits for."""
    lines = []
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        for process in [first, *first.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, OSError):
                waits_in = Path(f"/proc/{process.pid}/wchan").read_text(encoding="ascii")
                lines.append(f"{process.pid} {process.status()} in {waits_in}: {' '.join(process.cmdline()[-8:])}")
    return "\n".join(lines)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
