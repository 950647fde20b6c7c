"""Room kept free for alarms: a file that is given up when the disk is full, so that presses are stored all the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import structlog

_log = structlog.get_logger("alarms")

RESERVE_BYTES: Final = 16 * 1024**2
"""SQLite's log takes 4 MB before it is folded in, each alarm some 10 kB with messages and audit: a thousand fit."""


class Reserve:
    """A file of zeros beside the alarm database."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    @property
    def kept(self) -> bool:
        """Whether the room is there."""
        try:
            return self._path.stat().st_size >= self._size_bytes
        except FileNotFoundError:
            return False

    def keep(self) -> bool:
        """Take the room, if the disk has it twice over; True if it is kept now."""
        if self.kept:
            return True
        try:
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < 2 * self._size_bytes:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
        except OSError as error:
            _log.warning("no room can be kept for alarms", error=str(error))
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the room up; True if there was some."""
        try:
            self._path.unlink()
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)  # ext4 gives the room away only once the removal is on the disk
            finally:
                os.close(folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            _log.error("the room kept for alarms cannot be given up", error=str(error))
            return False
        _log.error("the disk is full: the room kept for alarms is used now")
        return True
