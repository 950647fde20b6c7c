"""One unbroken stretch of recording: frames in, fragments and segments out, each catalogued."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Final

from camera.stream import TICKS_PER_S, AudioFormat, AudioFrame, Frame, VideoFormat
from foundation.clock import Clock
from storage.catalogue import Catalogue, SegmentKey
from storage.days import NS_PER_MS
from storage.fragment import FragmentBuilder
from storage.frame_clock import FrameClock
from storage.mp4 import SegmentHeader
from storage.segment import SegmentWriter, WrittenSegment, free_suffix
from storage.shelf import NoPlace, Place, Shelf
from storage.volume import VolumeRefused

LONGEST_FRAGMENT_S: Final = 2.0
LARGEST_FRAGMENT_BYTES: Final = 32 * 1024**2
_MINUTE_MS: Final = 60_000


class FormatChanged(Exception):
    """The camera's codec, picture size or parameter sets became others; a new run begins at once."""


@dataclass(slots=True)
class RunFigures:
    """What a run has on the disk, for the status page; written by its thread, read by any."""

    started_ms: int | None = None
    last_fragment_ms: int | None = None
    bytes: int = 0
    fragments: int = 0
    damaged_frames: int = 0


@dataclass(slots=True)
class _OpenSegment:
    key: SegmentKey
    writer: SegmentWriter
    place: Place


@dataclass(slots=True)
class Run:
    """Takes frames until it raises: ClockStepped, FormatChanged, VolumeRefused or NoPlace, DatabaseError.

    Whatever was raised, call `end` with the cause: it puts on the disk what can be put there.
    """

    point: str
    point_no: int
    volume_id: str
    catalogue: Catalogue
    shelf: Shelf
    clock: Clock
    figures: RunFigures = field(default_factory=RunFigures)
    _no: int | None = None
    _format: VideoFormat | None = None
    _audio: AudioFormat | None = None
    _frame_clock: FrameClock | None = None
    _fragment: FragmentBuilder = field(default_factory=FragmentBuilder)
    _segment: _OpenSegment | None = None
    _finished: tuple[SegmentKey, WrittenSegment] | None = None
    _end_ms: int = 0

    def take(self, frame: Frame) -> None:
        """Add a picture; the run begins with the first keyframe."""
        if self._format is None:
            if not frame.keyframe:
                return
            self._format = frame.format
        elif frame.keyframe and frame.format != self._format:
            self._flush(frame.ticks)
            raise FormatChanged(f"{self.point}: the video is another one now")
        arrived_utc_ns = self.clock.utc_ns() - (self.clock.running_ns() - frame.arrived_running_ns)
        if self._frame_clock is None:
            self._frame_clock = FrameClock(frame.ticks, arrived_utc_ns)
        frames = self._fragment.frames
        if frames and (
            frame.keyframe
            or frame.ticks - frames[0].ticks >= LONGEST_FRAGMENT_S * TICKS_PER_S
            or self._fragment.size_bytes > LARGEST_FRAGMENT_BYTES
        ):
            self._flush(frame.ticks)
        self._frame_clock.note(frame.ticks, arrived_utc_ns)
        self.figures.damaged_frames += frame.damaged
        self._fragment.add(frame)

    def take_sound(self, sound: AudioFrame) -> None:
        """Add a piece of sound; it goes with the pictures around it."""
        if self._fragment.frames:
            self._audio = sound.format
            self._fragment.add_sound(sound)

    def end(self, cause: str, *, packets_lost: int = 0) -> None:
        """Put what is in hand on the disk and close the books. Raises VolumeRefused, NoPlace, DatabaseError; what
        could be closed is closed then."""
        try:
            if self._fragment.frames:
                self._flush(self._expected_end())
        finally:
            self._close_segment()
            if self._finished is not None:
                self.catalogue.finish_segment(*self._finished)
                self._finished = None
            if self._no is not None:
                self.catalogue.end_run(self._no, self._end_ms, cause, packets_lost)
                self._no = None

    def _expected_end(self) -> int:
        ticks = sorted(frame.ticks for frame in self._fragment.frames)
        typical = (ticks[-1] - ticks[0]) // (len(ticks) - 1) if len(ticks) > 1 else TICKS_PER_S // 25
        return ticks[-1] + max(1, typical)

    def _flush(self, end_ticks: int) -> None:
        fragment, self._fragment = self._fragment, FragmentBuilder()
        if not fragment.frames or self._frame_clock is None:
            return
        first = fragment.frames[0]
        end_ticks = max(end_ticks, first.ticks + 1)
        start_ms = self._frame_clock.utc_ns(first.ticks) // NS_PER_MS
        segment = self._segment
        if segment is None or (
            first.keyframe and start_ms // _MINUTE_MS != segment.writer.header.start_ms // _MINUTE_MS
        ):
            segment = self._cut(start_ms, fragment)
        try:
            segment.writer.write(fragment, end_ticks=end_ticks, start_ms=start_ms, axis_ms=self.catalogue.now_axis_ms())
        except OSError as error:
            raise self.shelf.report(segment.place, error) from error
        self._end_ms = segment.key.start_ms + segment.writer.duration_ms
        self.figures.last_fragment_ms = self._end_ms
        self.figures.fragments += 1
        self.figures.bytes += fragment.size_bytes

    def _cut(self, start_ms: int, fragment: FragmentBuilder) -> _OpenSegment:
        assert self._format is not None
        self._close_segment()
        place = self.shelf.place_for(self.volume_id)
        if self._no is None:
            self._no = self.catalogue.begin_run(self.point_no, start_ms, self._format)
            self.figures.started_ms = self._end_ms = start_ms
        key: SegmentKey | None = None
        try:
            suffix = free_suffix(place.root, self.point, start_ms)
            key = self.catalogue.begin_segment(
                SegmentKey(self.point_no, start_ms, place.no), suffix=suffix, run_no=self._no, finished=self._finished
            )
            self._finished = None
            writer = SegmentWriter(
                place.root,
                SegmentHeader(self.point, place.uuid, key.start_ms, self.figures.started_ms or start_ms),
                self._format,
                self._audio,
                suffix=suffix,
                first_ticks=min(frame.ticks for frame in fragment.frames),
                first_sound_ticks=fragment.sounds[0].ticks if fragment.sounds else 0,
            )
        except OSError as error:
            if key is not None:
                self.catalogue.forget_segment(key)
            raise self.shelf.report(place, error) from error
        self._segment = _OpenSegment(key, writer, place)
        return self._segment

    def _close_segment(self) -> None:
        if self._segment is None:
            return
        segment, self._segment = self._segment, None
        written = segment.writer.close()
        if written.duration_ms == 0:  # the disk took the head but no fragment
            with contextlib.suppress(OSError):  # the next start finds a file without pictures
                segment.writer.path.unlink()
            self.catalogue.forget_segment(segment.key)
            return
        if self._finished is not None:
            self.catalogue.finish_segment(*self._finished)
        self._finished = (segment.key, written)


RUN_TROUBLES: Final = (VolumeRefused, NoPlace)
"""What a full, missing or failing disk raises out of a run."""
