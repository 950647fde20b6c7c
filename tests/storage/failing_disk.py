"""A real disk that can be told to fail or hang: ext4 on a loop device on nbdkit's memory, behind its error filter."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import require_program, unavailable
from tests.support.waiting import wait_until


class FailingDisk:
    """A mounted disk; `fail` makes each read and write of the device EIO, `hang` lets none come back."""

    def __init__(self, folder: Path) -> None:
        self._bad, self._pid = folder / "bad", folder / "nbdkit.pid"
        self._socket, self._fuse = folder / "nbdkit.sock", folder / "fuse"
        self.mount = folder / "failing"
        for each in (self._fuse, self.mount):
            each.mkdir()
        nbdkit, nbdfuse = require_program("nbdkit"), require_program("nbdfuse", "libnbd-bin")
        filters = ["--filter=error", "memory", "size=64M", "error=EIO", "error-rate=100%", f"error-file={self._bad}"]
        run(nbdkit, "-P", self._pid, "-U", self._socket, *filters)
        wait_until(lambda: self._pid.exists() and self._pid.read_text().strip(), what="nbdkit")
        self._server = int(self._pid.read_text())
        self._nbdfuse = subprocess.Popen(
            [nbdfuse, self._fuse / "disk", "--unix", self._socket],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: (self._fuse / "disk").exists() or self._nbdfuse.poll() is not None, what="the disk")
            self._loop = run("losetup", "--find", "--show", "--direct-io=on", self._fuse / "disk")
            run("mkfs.ext4", "-q", "-m", "0", self._loop)
            self.plug_in()
        except OSError as error:
            self.close()
            unavailable(f"no disk can be made of nbdkit here: {error} (needs root and /dev/fuse)")

    def fail(self) -> None:
        """Every read and write of the device is EIO from now on."""
        self._bad.touch()

    def heal(self) -> None:
        """The cable is back in its place."""
        self._bad.unlink(missing_ok=True)

    def hang(self) -> None:
        """No read or write comes back."""
        os.kill(self._server, signal.SIGSTOP)

    def go_on(self) -> None:
        """What was waited for comes now."""
        os.kill(self._server, signal.SIGCONT)

    def plug_in(self) -> None:
        """Mount it, as after an exchange of cables or a boot: ext4 repairs itself."""
        run("mount", "-o", "errors=remount-ro", self._loop, self.mount)

    def pull_out(self) -> None:
        """Unmount it."""

        def gone() -> bool:
            return subprocess.run(["umount", self.mount], capture_output=True, timeout=60).returncode == 0

        wait_until(gone, what="the end of the mount", poll_s=0.2)

    def close(self) -> None:
        """Take everything down again."""
        self.go_on()
        self.heal()
        if os.path.ismount(self.mount):
            self.pull_out()
        if hasattr(self, "_loop"):
            run("losetup", "-d", self._loop)
        subprocess.run(["umount", "-l", self._fuse / "disk"], capture_output=True, timeout=20)
        subprocess.run(["umount", "-l", self._fuse], capture_output=True, timeout=20)
        self._nbdfuse.terminate()
        self._nbdfuse.wait(10)
        os.kill(self._server, signal.SIGTERM)


@contextmanager
def failing_disk(folder: Path) -> Iterator[FailingDisk]:
    """One for a test."""
    disk = FailingDisk(folder)
    try:
        yield disk
    finally:
        disk.close()


def run(*words: str | Path) -> str:
    """A program's output. Raises OSError with its complaint."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout.strip()
