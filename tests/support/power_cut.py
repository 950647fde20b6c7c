"""A disk whose power can be cut: an ext4 image on a reflink-capable file system, copied at an instant under load.

What the copy holds is what had reached the disk; whatever lay in the page cache or in a process is gone. Needs root,
loop devices and xfsprogs.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_XFS_BYTES: Final = 4 * 1024**3  # sparse
_EXT4_BYTES: Final = 256 * 1024**2


class PowerCutDisk:
    """Mounted at `mount` between `open` and `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = folder / "pool"
        self.mount = folder / "disk"
        self._copies = 0

    def open(self) -> PowerCutDisk:
        """Make both file systems and mount them."""
        for directory in (self._folder, self._pool, self.mount):
            directory.mkdir(parents=True, exist_ok=True)
        outer = self._folder / "outer.img"
        with outer.open("wb") as file:
            file.truncate(_XFS_BYTES)
        _run("mkfs.xfs", "-q", "-m", "reflink=1", outer)
        _run("mount", "-o", "loop", outer, self._pool)
        inner = self._pool / "inner.img"
        with inner.open("wb") as file:
            file.truncate(_EXT4_BYTES)
        _run("mkfs.ext4", "-q", "-F", inner)
        _run("mount", "-o", "loop", inner, self.mount)
        return self

    @contextmanager
    def cut(self) -> Iterator[Path]:
        """What would be found if the power had gone at this instant: a mounted copy, gone after the block."""
        self._copies += 1
        image = self._pool / f"cut-{self._copies}.img"
        _run("cp", "--reflink=always", self._pool / "inner.img", image)
        found = self._folder / f"cut-{self._copies}"
        found.mkdir()
        _run("mount", "-o", "loop", image, found)  # replays the journal, as the next start would
        try:
            yield found
        finally:
            _run("umount", found)
            found.rmdir()
            image.unlink()

    def close(self) -> None:
        """Unmount both; everything that used the disk must have ended."""
        for mounted in (self.mount, self._pool):
            subprocess.run(["umount", "-l", mounted], check=False, capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
