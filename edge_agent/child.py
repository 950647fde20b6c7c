"""A process that we start, wait for until it is ready, and never leave behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


class Child:
    """A child in a session of its own; it gets SIGTERM from the kernel if this process dies in whatever way."""

    def __init__(self, name: str, command: Sequence[str], directory: Path) -> None:
        self.name = name
        self._command = list(command)
        self._notify = directory / f"notify-{name}"
        self._process: subprocess.Popen[str] | None = None
        self._channel: socket.socket | None = None
        self.ready = False

    def start(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        stdout: IO[str] | int | None = None,
        stderr: IO[str] | int | None = None,
    ) -> None:
        """Start it; call from a thread that lives as long as this process (the kernel watches the thread)."""
        self.release()
        self._notify.unlink(missing_ok=True)
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._channel.bind(str(self._notify))
        self.ready = False
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *self._command],
            env={**os.environ, **(environment or {}), "NOTIFY_SOCKET": str(self._notify)},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )

    @property
    def process(self) -> subprocess.Popen[str]:
        """The running process; only after `start`."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    def look(self) -> bool:
        """Read what the child has told; True once it has said that it is ready."""
        while self._channel is not None and not self.ready:
            try:
                self.ready = b"READY=1" in self._channel.recv(512)
            except BlockingIOError:
                break
        return self.ready

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return None if self._process is None else self._process.poll()

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; after the time it is killed with all that it started, and False returned."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return False
        return True

    def release(self) -> None:
        """Let go of the channel."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._notify.unlink(missing_ok=True)
