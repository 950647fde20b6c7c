"""One plain MP4 out of many fragments (ISO/IEC 14496-12): plays in every player, begins and ends exactly as asked."""

from __future__ import annotations

import hashlib
import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from camera.stream import TICKS_PER_S
from storage.mp4 import AUDIO_TRACK, VIDEO_TRACK, box, full_box
from storage.playback import boxes_of

MOVIE_TIMESCALE: Final = 1000
TICKS_PER_MS: Final = TICKS_PER_S // 1000
_SYNC: Final = 0x02000000


class TrackMismatch(Exception):
    """The sound's rate changed on the way; one film has one."""


@dataclass(slots=True)
class _Track:
    """Tables of one track while the film grows."""

    number: int
    timescale: int
    source: bytes
    """The trak box's content of the first segment; its tables are replaced."""
    entries: list[bytes] = field(default_factory=list)
    durations: array[int] = field(default_factory=lambda: array("I"))
    sizes: array[int] = field(default_factory=lambda: array("I"))
    shifts: array[int] = field(default_factory=lambda: array("i"))
    sync: array[int] = field(default_factory=lambda: array("I"))
    chunks: list[tuple[int, int, int]] = field(default_factory=list)
    """Offset in the file, samples, entry of the sample description."""
    next_time: int = 0
    """Film time at which the next sample would follow without a gap."""
    first_time: int = 0
    """Film time of the first sample."""

    def add(self, time: int, samples: list[tuple[int, int, int, int]], offset: int, entry: int) -> None:
        if not self.sizes:
            self.first_time = self.next_time = max(0, time)
        if self.sizes and time > self.next_time:  # a gap: the picture before it stands until it ends
            self.durations[-1] += time - self.next_time
            self.next_time = time
        for duration, size, flags, shift in samples:
            if flags & _SYNC:
                self.sync.append(len(self.sizes) + 1)
            self.durations.append(duration)
            self.sizes.append(size)
            self.shifts.append(shift)
            self.next_time += duration
        self.chunks.append((offset, len(samples), entry))


class FilmWriter:
    """Takes fragments in order and writes the film; the tables come at the end, so that memory stays small."""

    def __init__(self, path: Path, start_ms: int, end_ms: int) -> None:
        """Raises OSError; the file must not exist yet."""
        self._file: BinaryIO = path.open("xb")
        self._hash = hashlib.sha256()
        self._start_ms = start_ms
        self._end_ms = end_ms
        self._tracks: dict[int, _Track] = {}
        self._entries: dict[int, int] = {}
        self._origin: int | None = None
        self._head = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isom", b"iso2", b"mp41")
        self._file.write(self._head + struct.pack(">I4sQ", 1, b"mdat", 0))
        self._at = self._file.tell()

    def use_format(self, moov: bytes) -> None:
        """What follows is of this format. Raises TrackMismatch."""
        for kind, trak in boxes_of(moov):
            if kind != b"trak":
                continue
            number, timescale, entry = _describe(trak)
            track = self._tracks.setdefault(number, _Track(number, timescale, trak))
            if track.timescale != timescale:
                raise TrackMismatch("the sound of this stretch has two sampling rates; export two shorter stretches")
            if entry not in track.entries:
                track.entries.append(entry)
            self._entries[number] = track.entries.index(entry)

    def add(self, data: bytes, segment_start_ms: int) -> None:
        """Append a fragment (moof and mdat) of a segment that began then. Raises OSError."""
        moof = data[: int.from_bytes(data[:4], "big")]
        runs = list(_runs(moof))
        segment_start = segment_start_ms * TICKS_PER_MS
        if self._origin is None:
            self._origin = segment_start + next(run.time for run in runs if run.track == VIDEO_TRACK)
        payload_at = len(moof) + 8
        last = max(run.data_at + run.size for run in runs)
        for run in runs:
            track = self._tracks.get(run.track)
            if track is None:
                continue
            time = run.time + (segment_start - self._origin) * track.timescale // TICKS_PER_S
            samples = self._until_end(run, time, track)
            if samples:
                track.add(time, samples, self._at + run.data_at - payload_at, self._entries[run.track])
            if len(runs) == 1:
                last = run.data_at + sum(size for _, size, _, _ in samples)
        content = data[payload_at:last]
        self._file.write(content)
        self._at += len(content)

    def _film_time(self, utc_ms: int, timescale: int) -> int:
        assert self._origin is not None
        return (utc_ms * TICKS_PER_MS - self._origin) * timescale // TICKS_PER_S

    def _until_end(self, run: _Run, time: int, track: _Track) -> list[tuple[int, int, int, int]]:
        # What is decoded after the last picture shown before the end is not needed for any of them.
        end = self._film_time(self._end_ms, track.timescale)
        keep, at = 0, time
        for number, (duration, _, _, shift) in enumerate(run.samples, start=1):
            if at + shift < end:
                keep = number
            at += duration
        return run.samples[:keep]

    def finish(self) -> tuple[int, str]:
        """Write the tables, wait until all is on the disk; length in bytes and SHA-256 of the file."""
        tracks = [self._tracks[number] for number in sorted(self._tracks) if self._tracks[number].sizes]
        skip = max(0, self._film_time(self._start_ms, TICKS_PER_S))
        last = max(track.next_time * TICKS_PER_S // track.timescale for track in tracks)
        shown_ms = max(1, (min(self._film_time(self._end_ms, TICKS_PER_S), last) - skip) // TICKS_PER_MS)
        movie = full_box(
            b"mvhd",
            0,
            0,
            struct.pack(">IIIIIH10x", 0, 0, MOVIE_TIMESCALE, shown_ms, 0x10000, 0x100),
            struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000),
            bytes(24),
            struct.pack(">I", 3),
        )
        self._file.write(box(b"moov", movie, *(_trak(track, skip, shown_ms) for track in tracks)))
        self._file.seek(len(self._head) + 8)
        self._file.write(struct.pack(">Q", self._at - len(self._head)))
        self._file.flush()
        os.fsync(self._file.fileno())
        name = self._file.name
        self._file.close()
        with Path(name).open("rb") as whole:
            return os.fstat(whole.fileno()).st_size, hashlib.file_digest(whole, "sha256").hexdigest()

    def abandon(self) -> None:
        """Close and remove the unfinished file."""
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Run:
    """A track's samples in one fragment."""

    track: int
    time: int
    samples: list[tuple[int, int, int, int]]
    """Duration, bytes, flags, composition offset of each."""
    data_at: int
    """Offset of the first one's bytes from the start of the moof."""

    @property
    def size(self) -> int:
        return sum(size for _, size, _, _ in self.samples)


def _runs(moof: bytes) -> Iterator[_Run]:
    for kind, traf in boxes_of(moof[8:]):
        if kind != b"traf":
            continue
        boxes = dict(boxes_of(traf))
        run = boxes[b"trun"]
        flags, count, data_at = struct.unpack_from(">IIi", run)
        flags &= 0xFFFFFF
        values = struct.unpack_from(f">{(len(run) - 12) // 4}I", run, 12)
        if flags & 0x800:
            samples = [
                (values[at], values[at + 1], values[at + 2], _signed(values[at + 3])) for at in range(0, count * 4, 4)
            ]
        else:
            samples = [(values[at], values[at + 1], _SYNC, 0) for at in range(0, count * 2, 2)]
        yield _Run(
            int.from_bytes(boxes[b"tfhd"][4:8], "big"), int.from_bytes(boxes[b"tfdt"][4:12], "big"), samples, data_at
        )


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value


def _describe(trak: bytes) -> tuple[int, int, bytes]:
    boxes = dict(boxes_of(trak))
    media = dict(boxes_of(boxes[b"mdia"]))
    description = dict(boxes_of(dict(boxes_of(media[b"minf"]))[b"stbl"]))[b"stsd"]
    return int.from_bytes(boxes[b"tkhd"][12:16], "big"), int.from_bytes(media[b"mdhd"][12:16], "big"), description[8:]


def _trak(track: _Track, skip: int, shown_ms: int) -> bytes:
    boxes = dict(boxes_of(track.source))
    media = dict(boxes_of(boxes[b"mdia"]))
    information = dict(boxes_of(media[b"minf"]))
    header = boxes[b"tkhd"][:20] + struct.pack(">I", shown_ms) + boxes[b"tkhd"][24:]
    media_header = struct.pack(">IIIIIHH", 0, 0, 0, track.timescale, min(track.next_time, 2**32 - 1), 0x55C4, 0)
    media_time = max(0, skip * track.timescale // TICKS_PER_S - track.first_time) - min(0, min(track.shifts, default=0))
    edits = full_box(b"elst", 1, 0, struct.pack(">IQqHH", 1, shown_ms, media_time, 1, 0))
    kind = b"vmhd" if track.number != AUDIO_TRACK else b"smhd"
    return box(
        b"trak",
        box(b"tkhd", header),
        box(b"edts", edits),
        box(
            b"mdia",
            box(b"mdhd", media_header),
            box(b"hdlr", media[b"hdlr"]),
            box(b"minf", box(kind, information[kind]), box(b"dinf", information[b"dinf"]), _tables(track)),
        ),
    )


def _tables(track: _Track) -> bytes:
    tables = [
        full_box(b"stsd", 0, 0, struct.pack(">I", len(track.entries)), *track.entries),
        full_box(b"stts", 0, 0, _run_lengths(track.durations)),
    ]
    lowest = min(track.shifts, default=0)
    if any(track.shifts):
        # Version 0 knows no negative offsets; old players know no version 1. The edit list takes the shift back.
        tables.append(
            full_box(b"ctts", 0, 0, _run_lengths(array("I", (shift - min(0, lowest) for shift in track.shifts))))
        )
    if track.number == VIDEO_TRACK and len(track.sync) < len(track.sizes):
        tables.append(full_box(b"stss", 0, 0, struct.pack(">I", len(track.sync)), _big_endian(track.sync)))
    to_chunks = b"".join(
        struct.pack(">III", number, samples, entry + 1)
        for number, (_, samples, entry) in enumerate(track.chunks, start=1)
    )
    offsets = struct.pack(f">{len(track.chunks)}Q", *(offset for offset, _, _ in track.chunks))
    count = struct.pack(">I", len(track.chunks))
    tables += [
        full_box(b"stsc", 0, 0, count, to_chunks),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(track.sizes)), _big_endian(track.sizes)),
        full_box(b"co64", 0, 0, count, offsets),
    ]
    return box(b"stbl", *tables)


def _run_lengths(values: array[int]) -> bytes:
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][1] == value:
            runs[-1][0] += 1
        else:
            runs.append([1, value])
    return struct.pack(">I", len(runs)) + b"".join(struct.pack(">II", count, value) for count, value in runs)


def _big_endian(values: array[int]) -> bytes:
    return struct.pack(f">{len(values)}I", *values)
