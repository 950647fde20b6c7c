"""Photos of faults (隐患照片): checked, drawn anew in a process of its own, kept under their hash and never changed."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camera.picture_size import NoPictureError, pixels
from foundation.ids import new_id
from foundation.short_process import ShortProcessError, WorkLimits, run_short

LIMIT_BYTES: Final = 12_000_000
"""A telephone's JPEG has 3 to 8 MB."""
LIMIT_PIXELS: Final = 60_000_000
LONGEST_SIDE: Final = 2_560
"""What is kept: enough to read a label on a fuse box, about 0.5 MB."""
_LIMITS: Final = WorkLimits(wall_s=15, cpu_s=15, memory_bytes=2_000_000_000, output_bytes=LIMIT_BYTES)
_HASH: Final = re.compile(r"^[0-9a-f]{64}$")


class PhotoError(Exception):
    """The file cannot be taken as a photo."""


class TooLargeError(PhotoError):
    """More bytes or pixels than a photo has."""


class NotAPhotoError(PhotoError):
    """Neither JPEG nor PNG, or damaged."""


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo on the disk."""

    sha256: str
    size_bytes: int


def redrawn(data: bytes) -> bytes:
    """The picture as a JPEG of ours: upright, bounded, without place, device or anything else hidden in the file.

    Raises TooLargeError, NotAPhotoError.
    """
    if len(data) > LIMIT_BYTES:
        raise TooLargeError(f"{len(data)} bytes; a photo has at most {LIMIT_BYTES}")
    try:
        width, height = pixels(data)
    except NoPictureError as error:
        raise NotAPhotoError(str(error)) from error
    if not 0 < width * height <= LIMIT_PIXELS:
        raise TooLargeError(f"{width} x {height} pixels")
    try:
        return run_short("safety.photo_work", data, _LIMITS, (str(LONGEST_SIDE),))
    except ShortProcessError as error:
        raise NotAPhotoError(f"the picture cannot be read: {error}") from error


class PhotoShelf:
    """Files named by the SHA-256 of what is in them: photos/3f/3fa2….jpg."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, jpeg: bytes) -> KeptPhoto:
        """Put a picture on the disk; it is there, whole, when this returns. Raises OSError."""
        sha256 = hashlib.sha256(jpeg).hexdigest()
        path = self._path(sha256)
        if self.find(sha256) is None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            fresh = path.with_suffix(f".{new_id()}.part")
            with fresh.open("xb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(path)
            _sync(path.parent)
            _sync(self._root)
        return KeptPhoto(sha256, len(jpeg))

    def find(self, sha256: str) -> Path | None:
        """A picture's file; None if there is none, or it is no longer what its name says."""
        if not _HASH.match(sha256):
            return None
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        return path if hashlib.sha256(content).hexdigest() == sha256 else None

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}.jpg"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
