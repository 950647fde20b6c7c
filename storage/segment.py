"""A segment: one file of about a minute, which grows by fragments that are each on the disk before the next."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camera.stream import AudioFormat, VideoFormat
from storage.days import BEIJING_OFFSET_MS, DAY_MS, day_number, day_of_number
from storage.fragment import FragmentBuilder
from storage.mp4 import SegmentHeader, initialization

FOOTAGE: Final = "footage"
"""Folder on each volume that holds the points' folders."""
MOST_NAMESAKES: Final = 1000
_MOST_PIECES: Final = 512  # IOV_MAX is 1024


def segment_path(point: str, start_ms: int, suffix: int = 0) -> Path:
    """Where a person finds it below the volume: footage/<point>/<Beijing day>/<HH-MM-SS>.mp4.

    A second that the clock showed twice (set back by NTP or a person) gives HH-MM-SS.1.mp4 and so on.
    """
    return Path(FOOTAGE, point, day_of_number(day_number(start_ms)).isoformat(), segment_name(start_ms, suffix))


def segment_name(start_ms: int, suffix: int = 0) -> str:
    """The file's own name. Plain arithmetic: a start looks at tens of thousands of names."""
    second = (start_ms + BEIJING_OFFSET_MS) % DAY_MS // 1000
    name = f"{second // 3600:02d}-{second // 60 % 60:02d}-{second % 60:02d}"
    return f"{name}.{suffix}.mp4" if suffix else f"{name}.mp4"


@dataclass(frozen=True, slots=True)
class WrittenSegment:
    """What is on the disk when a segment is closed."""

    duration_ms: int
    size_bytes: int
    sha256: bytes


class SegmentWriter:
    """Writes one segment file. Every method raises OSError as the disk gives it; the file then ends after its last
    whole fragment."""

    def __init__(
        self,
        root: Path,
        header: SegmentHeader,
        video: VideoFormat,
        audio: AudioFormat | None,
        *,
        suffix: int,
        first_ticks: int,
        first_sound_ticks: int = 0,
    ) -> None:
        """Make the file below the volume's root, with its head; the name is durable when this returns."""
        self.header = header
        self.video = video
        self.audio = audio
        self._first_ticks = first_ticks
        self._first_sound_ticks = first_sound_ticks
        self._end_ticks = first_ticks
        self._sequence = 0
        self._bytes = 0
        self._hash = hashlib.sha256()
        self.torn = False
        """A write failed and could not be taken back: only a reader can tell where the file ends."""
        self.path = root / segment_path(header.point, header.start_ms, suffix)
        _make_durable_folders(root, self.path.parent)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            sync_folder(self.path.parent)
            self._append([initialization(header, video, audio)])
        except OSError:
            os.close(self._file)
            raise  # the name stays for a repair: a disk that fails may keep it whatever is said now

    @property
    def size_bytes(self) -> int:
        """Length of what is on the disk."""
        return self._bytes

    @property
    def duration_ms(self) -> int:
        """Length in time of what is on the disk."""
        return (self._end_ticks - self._first_ticks) // 90

    def write(self, fragment: FragmentBuilder, *, end_ticks: int, start_ms: int, axis_ms: int) -> None:
        """Append a fragment and wait until it is on the disk."""
        self._sequence += 1
        self._append(
            fragment.build(
                sequence=self._sequence,
                base_ticks=self._first_ticks,
                sound_base_ticks=self._first_sound_ticks,
                end_ticks=end_ticks,
                start_ms=start_ms,
                axis_ms=axis_ms,
            )
        )
        self._end_ticks = end_ticks

    def _append(self, pieces: Sequence[bytes | bytearray]) -> None:
        whole = sum(map(len, pieces))
        try:
            for at in range(0, len(pieces), _MOST_PIECES):
                _write_all(self._file, pieces[at : at + _MOST_PIECES])
            os.fdatasync(self._file)
        except OSError:
            self._take_back()
            raise
        for piece in pieces:
            self._hash.update(piece)
        self._bytes += whole

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._file, self._bytes)
            os.fdatasync(self._file)
        except OSError:
            self.torn = True

    def close(self) -> WrittenSegment:
        """Let go of the file; what was written is what is returned."""
        os.close(self._file)
        return WrittenSegment(self.duration_ms, self._bytes, self._hash.digest())


def _write_all(file: int, pieces: Sequence[bytes | bytearray]) -> None:
    written = os.writev(file, pieces)
    if written < sum(map(len, pieces)):  # the disk is nearly full: the rest fails with its true reason
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(file, rest) :]


def free_suffix(root: Path, point: str, start_ms: int) -> int:
    """The suffix whose name is not taken yet. Raises OSError."""
    for suffix in range(MOST_NAMESAKES):
        if not (root / segment_path(point, start_ms, suffix)).exists():
            return suffix
    raise FileExistsError(f"{MOST_NAMESAKES} files of {point} claim one second; the box's clock must be mended")


def _make_durable_folders(root: Path, folder: Path) -> None:
    # The root itself is not made: a missing one is an unmounted disk, and the system disk must not take its place.
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o750, exist_ok=True)
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
