"""The state directory: where the box keeps what it must not lose, and who may write in it."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.service import RefusedError

_KERNEL_LOCKS: Final = Path("/proc/locks")


class AlreadyRunningError(RefusedError):
    """Another process already serves this role on this state directory."""


class StateDirectoryError(RefusedError):
    """The state directory cannot be used."""


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """Names of files under one root; the root is injected so that tests and the demo have their own."""

    root: Path

    def create(self) -> StateDirectory:
        """Make the directories. Raises StateDirectoryError with what to do."""
        try:
            for directory in (self.root, self.root / "lock", self.root / "journal", self.root / "keys"):
                directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise StateDirectoryError(
                f"the state directory {self.root} cannot be made ({error.strerror}): "
                "choose another with --state or give this user the right to write there"
            ) from error
        return self

    def database(self, name: str) -> Path:
        """A database by name, e.g. 'alarms'."""
        return self.root / f"{name}.sqlite"

    def journal(self, role: str) -> Path:
        """The journal of a role: its findings and what it tells the others."""
        return self.root / "journal" / f"{role}.sqlite"

    def key(self, name: str) -> Path:
        """A private key file."""
        return self.root / "keys" / name

    def socket(self, name: str) -> Path:
        """A Unix socket for local callers."""
        return self.root / f"{name}.sock"

    def lock(self, role: str) -> RoleLock:
        """Become the only process of this role. Raises AlreadyRunningError."""
        return RoleLock(self.root / "lock" / role, role)

    def is_running(self, role: str) -> bool:
        """True while a process holds the role's lock; never stands in the way of a start."""
        try:
            status = (self.root / "lock" / role).stat()
        except FileNotFoundError:
            return False
        wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        return any(wanted in line.split() for line in _KERNEL_LOCKS.read_text(encoding="ascii").splitlines())


class RoleLock:
    """Held for the life of a process; the kernel lets go of it when the process dies in whatever way."""

    def __init__(self, path: Path, role: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise AlreadyRunningError(
                f"{role} is already running on {path.parent.parent} (process {holder or 'unknown'}): stop it first"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another process serve the role."""
        os.close(self._file)
