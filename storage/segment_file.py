"""Reads segment files: whole fragments, and where a torn file ends in them."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from storage.fragment import MARK_BYTES, FragmentMark
from storage.mp4 import HEADER_UUID, SegmentHeader

LONGEST_HEAD: Final = 64 * 1024
"""A head with its parameter sets is a kilobyte; nothing longer is looked for."""
_CHUNK: Final = 256 * 1024


class NotOurSegment(Exception):
    """A file that this software did not write, or whose head is gone."""


@dataclass(frozen=True, slots=True)
class FragmentAt:
    """A fragment and where it lies."""

    mark: FragmentMark
    offset: int
    """Of its mark; moof follows MARK_BYTES later."""

    @property
    def end(self) -> int:
        """Offset of what follows it."""
        return self.offset + MARK_BYTES + self.mark.length


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """What a segment file holds."""

    header: SegmentHeader
    head_bytes: int
    """Length of everything before the first fragment."""
    fragments: tuple[FragmentAt, ...]
    size: int

    @property
    def whole_bytes(self) -> int:
        """Length up to the end of the last whole fragment."""
        return self.fragments[-1].end if self.fragments else self.head_bytes

    @property
    def duration_ms(self) -> int:
        """From the first frame to the end of the last whole fragment."""
        return sum(fragment.mark.duration_ms for fragment in self.fragments)


def read_segment(path: Path, *, prove_last: bool = True) -> SegmentFile:
    """Look through a file by its boxes, without reading the pictures; the last fragment's checksum is proven, since
    every earlier one was on the disk before it began. Raises NotOurSegment, OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, head_bytes = read_head(file)
        fragments = list(_read_fragments(file, head_bytes, size))
        while prove_last and fragments and not _proves(file, fragments[-1]):
            fragments.pop()
    return SegmentFile(header, head_bytes, tuple(fragments), size)


def read_head(file: BinaryIO) -> tuple[SegmentHeader, int]:
    """Whose footage an open file holds, and where its first fragment begins. Raises NotOurSegment, OSError."""
    size = os.fstat(file.fileno()).st_size
    at = 0
    while at + 8 <= min(size, LONGEST_HEAD):
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length < 8 or at + length > size:
            break
        if kind == b"uuid" and file.read(16) == HEADER_UUID:
            try:
                return SegmentHeader.decode(file.read(length - 24)), at + length
            except (ValueError, KeyError, TypeError) as error:
                raise NotOurSegment(f"{file.name} has a damaged head") from error
        at += length
    raise NotOurSegment(f"{file.name} has no head that says whose footage it is")


def _read_fragments(file: BinaryIO, at: int, size: int) -> Iterator[FragmentAt]:
    while at + MARK_BYTES <= size:
        file.seek(at)
        box = file.read(MARK_BYTES)
        mark = FragmentMark.decode(box[8:]) if box[4:8] == b"uuid" else None
        if mark is None:
            return
        fragment = FragmentAt(mark, at)
        if fragment.end > size:
            return
        yield fragment
        at = fragment.end


def _proves(file: BinaryIO, fragment: FragmentAt) -> bool:
    file.seek(fragment.offset + MARK_BYTES)
    left, crc = fragment.mark.length, 0
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            return False
        crc = zlib.crc32(chunk, crc)
        left -= len(chunk)
    return crc == fragment.mark.crc32


def sha256_of(path: Path) -> bytes:
    """SHA-256 of a whole file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
