"""Plays footage back (录像回放): a stretch of a point as one fragmented MP4, made of what lies on the disks.

Nothing is copied: the file is described by an index (sidx) over the segments, and any range of its bytes is read from
them when a browser asks for it. Only the decode times of fragments are rewritten on the way. Each call that touches a
disk has a time limit (storage.mounted): one that hangs costs whoever looks a few seconds.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from camera.stream import TICKS_PER_S
from foundation.sqlite import Transaction, open_read_only
from storage.catalogue import Segment
from storage.days import DAY_MS
from storage.fragment import MARK_BYTES
from storage.mounted import Mounted
from storage.mp4 import box, full_box
from storage.query import read_segments
from storage.segment_file import FragmentAt, NotOurSegment, SegmentFile, read_head, read_segment

LONGEST_MS: Final = DAY_MS
CHUNK_BYTES: Final = 256 * 1024
AT_ONCE: Final = 64
"""Segments whose heads are read in one call to a disk."""
_TRAF_AT: Final = 24  # moof header 8, mfhd 16
_TFDT_VALUE: Final = 36  # traf header 8, tfhd 16, tfdt header and version 12
_SAP: Final = 0x90000000  # a reference that begins with a keyframe (SAP type 1)


class NoFootage(Exception):
    """Nothing of that stretch is on any disk."""


class DiskAway(OSError):
    """There is footage of that stretch, but only on a disk that cannot be read now."""

    def __init__(self, point: str, volume: str) -> None:
        super().__init__(f"footage of {point} lies on volume {volume}, which cannot be read now")
        self.volume = volume


class DiskFailed(OSError):
    """A disk went away, erred or hung while a film was read from it; the cause is what it said."""

    def __init__(self, volume: str, error: OSError) -> None:
        super().__init__(error.errno, f"volume {volume}: {error.strerror or error}")
        self.volume = volume
        self.hangs = isinstance(error, TimeoutError)


@dataclass(frozen=True, slots=True)
class _Part:
    """One segment's share of the played file."""

    volume: Mounted
    path: Path
    head_bytes: int
    end: int
    """Offset in the segment file up to which it is played."""
    start_ms: int
    duration_ms: int
    shift_ms: int
    """From the file's own zero to that of the played file."""

    @property
    def size(self) -> int:
        """Bytes it gives."""
        return self.end - self.head_bytes


@dataclass(frozen=True, slots=True)
class Playback:
    """A file that exists only as a description; `read` gives any range of it."""

    point: str
    start_ms: int
    """UTC at the file's time zero: the start of the segment that holds the asked moment."""
    end_ms: int
    next_ms: int | None
    """Where to go on with another file, since the video's format is another one from there; None at the end."""
    head: bytes
    parts: tuple[_Part, ...]
    timescales: dict[int, int] = field(repr=False)

    @property
    def size(self) -> int:
        """Length of the whole file in bytes."""
        return len(self.head) + sum(part.size for part in self.parts)

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` up to `end` (excluded). Raises DiskFailed."""
        stop = self.size if end is None else min(end, self.size)
        # The head goes out with the first bytes from a disk: nobody is told of a film that cannot be read.
        front = self.head[start:stop]
        for piece in self._pictures(start, stop):
            yield front + piece
            front = b""
        if front:
            yield front

    def _pictures(self, start: int, stop: int) -> Iterator[bytes]:
        at = len(self.head)
        for part in self.parts:
            first, last = max(start, at), min(stop, at + part.size)
            if first < last:
                offset = part.head_bytes - at
                try:
                    yield from _read_part(part, first + offset, last + offset, self.timescales)
                except OSError as error:
                    raise DiskFailed(part.volume.id, error) from error
            at += part.size
            if at >= stop:
                return


def open_playback(catalogue: Path, volumes: Sequence[Mounted], point: str, start_ms: int, end_ms: int) -> Playback:
    """Describe a stretch of at most a day. Raises NoFootage, DatabaseError, and OSError: DiskAway where all that
    there is lies on disks that are not here, TimeoutError for one that hangs."""
    with open_read_only(catalogue) as reader:
        rows = read_segments(reader, point, start_ms, min(end_ms, start_ms + LONGEST_MS))
        segments, unread = by_copy(rows, volumes)
        away = volume_of(reader, unread)
    head: bytes | None = None
    movie, origin_ms = b"", 0
    parts: list[_Part] = []
    next_ms = None
    for volume, segment, (path, raw, head_bytes, end, duration_ms) in _all_playable(segments, volumes):
        if head is None:
            head, movie, origin_ms = raw, _moov_of(raw), segment.key.start_ms
        elif _moov_of(raw) != movie:
            next_ms = segment.key.start_ms
            break
        shift_ms = segment.key.start_ms - origin_ms
        parts.append(_Part(volume, path, head_bytes, end, segment.key.start_ms, duration_ms, shift_ms))
    if head is None and away is not None:
        raise DiskAway(point, away)
    if head is None:
        raise NoFootage(f"no footage of {point} in this stretch is on any disk")
    last = parts[-1]
    return Playback(
        point=point,
        start_ms=parts[0].start_ms,
        end_ms=last.start_ms + last.duration_ms,
        next_ms=next_ms,
        head=_with_index(head, parts),
        parts=tuple(parts),
        timescales=_timescales(movie),
    )


def one_copy(segments: Sequence[Segment], volumes: Sequence[Mounted]) -> list[Segment]:
    """One readable copy of each segment, in order."""
    here = {volume.no for volume in volumes}
    chosen: dict[int, Segment] = {}
    for segment in segments:
        if segment.key.volume_no in here:
            chosen.setdefault(segment.key.start_ms, segment)
    return [chosen[start] for start in sorted(chosen)]


def by_copy(segments: Sequence[Segment], volumes: Sequence[Mounted]) -> tuple[list[Segment], list[Segment]]:
    """One readable copy of each segment (`one_copy`), and those of which every copy lies on a disk that is not here."""
    readable = one_copy(segments, volumes)
    starts = {segment.key.start_ms for segment in readable}
    return readable, [segment for segment in segments if segment.key.start_ms not in starts]


def volume_of(reader: Transaction, segments: Sequence[Segment]) -> str | None:
    """Id of the volume on which the first of these lies; None without any."""
    if not segments:
        return None
    row = reader.row("SELECT id FROM volume WHERE no = ?", (segments[0].key.volume_no,))
    return str(row[0]) if row else None


_Found = tuple[Path, bytes, int, int, int]
"""File, its head, the head's length, end in the file, duration in ms."""


def _all_playable(segments: Sequence[Segment], volumes: Sequence[Mounted]) -> Iterator[tuple[Mounted, Segment, _Found]]:
    # Many in one call to the disk: a day is 1,440 of them.
    here = {volume.no: volume for volume in volumes}
    for volume_no, neighbours in groupby(segments, key=lambda segment: segment.key.volume_no):
        volume = here[volume_no]
        while batch := list(islice(neighbours, AT_ONCE)):
            for segment, found in zip(batch, volume.do(partial(_playable_of, volume.root, batch)), strict=True):
                if found is not None:
                    yield volume, segment, found


def _playable_of(root: Path, segments: Sequence[Segment]) -> list[_Found | None]:
    found: list[_Found | None] = []
    for segment in segments:
        try:
            found.append(_playable(segment, root / segment.path))
        except (FileNotFoundError, NotOurSegment):
            found.append(None)
    return found


def _playable(segment: Segment, path: Path) -> _Found | None:
    if segment.state == 0:
        growing = read_segment(path, prove_last=False)
        if not growing.fragments:
            return None
        head_bytes, end, duration_ms = growing.head_bytes, growing.whole_bytes, growing.duration_ms
    else:
        head_bytes, end, duration_ms = 0, segment.size_bytes, segment.duration_ms
    with path.open("rb") as file:
        _, length = read_head(file)
        file.seek(0)
        return path, file.read(length), head_bytes or length, end, duration_ms


def _read_part(part: _Part, start: int, end: int, timescales: dict[int, int]) -> Iterator[bytes]:
    do, scales = part.volume.do, tuple(sorted(timescales.items()))
    patches = do(partial(_patches, part.path, part.end, part.shift_ms, scales))
    # Without a buffer, whose lock a call that hangs would keep from whoever closes the file.
    with do(partial(part.path.open, "rb", buffering=0)) as file:
        at = start
        while at < end:
            data = bytearray(do(partial(os.pread, file.fileno(), min(CHUNK_BYTES, end - at), at)))
            if not data:
                raise OSError(f"{part.path} is shorter than it was")
            for offset, value in patches:
                if offset + 8 > at and offset < at + len(data):
                    first, last = max(offset, at), min(offset + 8, at + len(data))
                    data[first - at : last - at] = value[first - offset : last - offset]
            at += len(data)
            yield bytes(data)


@lru_cache(maxsize=64)
def _patches(path: Path, end: int, shift_ms: int, scales: tuple[tuple[int, int], ...]) -> list[tuple[int, bytes]]:
    timescales = dict(scales)
    found: SegmentFile = read_segment(path, prove_last=False)
    patches = []
    with path.open("rb") as file:
        for fragment in found.fragments:
            if fragment.offset >= end:
                break
            file.seek(fragment.offset + MARK_BYTES)
            size = int.from_bytes(file.read(4), "big")
            moof = struct.pack(">I", size) + file.read(size - 4)
            for track, at in _decode_times(moof):
                value = int.from_bytes(moof[at : at + 8], "big") + shift_ms * timescales[track] // 1000
                patches.append((fragment.offset + MARK_BYTES + at, struct.pack(">Q", value)))
    return patches


def _decode_times(moof: bytes) -> Iterator[tuple[int, int]]:
    at = _TRAF_AT
    while at + _TFDT_VALUE + 8 <= len(moof):
        yield int.from_bytes(moof[at + 20 : at + 24], "big"), at + _TFDT_VALUE
        at += int.from_bytes(moof[at : at + 4], "big")


def _with_index(head: bytes, parts: Sequence[_Part]) -> bytes:
    references = []
    for number, part in enumerate(parts):
        end_ms = parts[number + 1].start_ms if number + 1 < len(parts) else part.start_ms + part.duration_ms
        ticks = min(max(1, (end_ms - part.start_ms) * TICKS_PER_S // 1000), 2**32 - 1)
        references.append(struct.pack(">III", part.size, ticks, _SAP))
    # FFmpeg, and so Chromium, takes the index's times in the track's own scale whatever the index says.
    index = full_box(b"sidx", 1, 0, struct.pack(">IIQQHH", 1, TICKS_PER_S, 0, 0, 0, len(references)), *references)
    length = parts[-1].start_ms + parts[-1].duration_ms - parts[0].start_ms
    boxes = dict(boxes_of(head))
    return box(b"ftyp", boxes[b"ftyp"]) + _moov_with_duration(boxes[b"moov"], length) + index


def _moov_with_duration(moov: bytes, duration_ms: int) -> bytes:
    parts = []
    for kind, body in boxes_of(moov):
        if kind == b"mvex":  # tells a player how long the film is before it has seen the last fragment
            body = full_box(b"mehd", 1, 0, struct.pack(">Q", duration_ms)) + body
        parts.append(box(kind, body))
    return box(b"moov", *parts)


def boxes_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _moov_of(head: bytes) -> bytes:
    return dict(boxes_of(head)).get(b"moov", b"")


def _timescales(moov: bytes) -> dict[int, int]:
    scales = {}
    for kind, trak in boxes_of(moov):
        if kind == b"trak":
            boxes = dict(boxes_of(trak))
            track = int.from_bytes(boxes[b"tkhd"][12:16], "big")
            scales[track] = int.from_bytes(dict(boxes_of(boxes[b"mdia"]))[b"mdhd"][12:16], "big")
    return scales


def codecs_of(head: bytes) -> str:
    """The RFC 6381 codecs of a head, as a browser's MediaSource asks for them; '' if it is none of ours."""
    at = head.find(b"avcC")
    if at >= 0:
        return "avc1." + head[at + 5 : at + 8].hex()
    at = head.find(b"hvcC")
    if at < 0:
        return ""
    space_tier_profile = head[at + 5]
    compatible = int(f"{int.from_bytes(head[at + 6 : at + 10], 'big'):032b}"[::-1], 2)
    tier = "H" if space_tier_profile & 0x20 else "L"
    constraints = head[at + 10 : at + 16].rstrip(b"\0").hex(".").upper()
    level = head[at + 16]
    text = f"hvc1.{space_tier_profile & 0x1F}.{compatible:X}.{tier}{level}"
    return f"{text}.{constraints}" if constraints else text


@dataclass(frozen=True, slots=True)
class TailPiece:
    """Fragments that came since, for a browser's MediaSource."""

    head: bytes
    """The initialization segment they need."""
    codecs: str
    end_ms: int
    """Ask for what comes after this next."""
    data: bytes


def live_tail(
    catalogue: Path, volumes: Sequence[Mounted], point: str, *, after_ms: int, base_ms: int, now_ms: int
) -> TailPiece | None:
    """Fragments that begin at or after `after_ms`, timed from `base_ms`; None while there are none. At most a minute
    back, one format at a time. Raises DatabaseError, and OSError as `open_playback` does."""
    with open_read_only(catalogue) as reader:
        rows = read_segments(reader, point, max(after_ms, now_ms - 60_000), now_ms + 60_000)
        segments, unread = by_copy(rows, volumes)
        away = volume_of(reader, unread)
    here = {volume.no: volume for volume in volumes}
    head, data, end_ms = b"", b"", after_ms
    for segment in segments:
        volume = here[segment.key.volume_no]
        shift_ms = segment.key.start_ms - base_ms
        try:
            more = volume.do(partial(_tail_of, volume.root / segment.path, after_ms, shift_ms, head))
        except (FileNotFoundError, NotOurSegment):
            continue
        if more is None:
            continue
        if not more.data:
            break
        head, data, end_ms = more.head, data + more.data, more.end_ms
    if not data and away is not None:
        raise DiskAway(point, away)
    return TailPiece(head, codecs_of(head), end_ms, data) if data else None


def _tail_of(path: Path, after_ms: int, shift_ms: int, head: bytes) -> TailPiece | None:
    # What one segment adds: None if nothing of it is new, no data if its format is another one than that of `head`.
    found = read_segment(path, prove_last=False)
    wanted = [each for each in found.fragments if each.mark.start_ms >= after_ms]
    if not wanted:
        return None
    with path.open("rb") as file:
        raw = file.read(found.head_bytes)
        if head and _moov_of(raw) != _moov_of(head):
            return TailPiece(head, "", after_ms, b"")
        scales = _timescales(_moov_of(raw))
        data = b"".join(_retimed(file.fileno(), fragment, shift_ms, scales) for fragment in wanted)
    last = wanted[-1].mark
    return TailPiece(head or raw, "", last.start_ms + last.duration_ms, data)


def _retimed(file: int, fragment: FragmentAt, shift_ms: int, timescales: dict[int, int]) -> bytes:
    data = bytearray(os.pread(file, fragment.mark.length, fragment.offset + MARK_BYTES))
    moof = bytes(data[: int.from_bytes(data[:4], "big")])
    for track, at in _decode_times(moof):
        value = int.from_bytes(moof[at : at + 8], "big") + shift_ms * timescales[track] // 1000
        data[at : at + 8] = struct.pack(">Q", max(0, value))
    return bytes(data)
