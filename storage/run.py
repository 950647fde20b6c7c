"""One unbroken stretch of recording: frames in, fragments and segments out, each catalogued."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from camera.stream import TICKS_PER_S, AudioFormat, AudioFrame, Frame, VideoFormat
from foundation.clock import Clock
from storage.catalogue import Catalogue, SegmentKey
from storage.days import NS_PER_MS
from storage.fragment import FragmentBuilder
from storage.frame_clock import FrameClock
from storage.mp4 import SegmentHeader
from storage.segment import SegmentWriter, WrittenSegment, free_suffix
from storage.shelf import Place, Shelf
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
    stuck: bool = False
    """A call is still in the disk's hands; it closes the file when it ends."""


@dataclass(slots=True)
class Run:
    """Takes frames until it raises: ClockStepped, FormatChanged, VolumeRefused or NoPlace, DatabaseError.

    Whatever was raised, call `end` with the cause: it puts on the disk what can be put there.
    """

    point: str
    point_no: int
    volume_id: str
    copy_volume_id: str | None
    catalogue: Catalogue
    shelf: Shelf
    clock: Clock
    figures: RunFigures = field(default_factory=RunFigures)
    _no: int | None = None
    _format: VideoFormat | None = None
    _audio: AudioFormat | None = None
    _frame_clock: FrameClock | None = None
    _fragment: FragmentBuilder = field(default_factory=FragmentBuilder)
    _copies: list[_OpenSegment] = field(default_factory=list)
    _finished: list[tuple[SegmentKey, WrittenSegment]] = field(default_factory=list)
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
            self._close_segments()
            if self._finished:
                self.catalogue.finish_segments(self._finished)
                self._finished = []
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
        if not self._copies or (
            first.keyframe and start_ms // _MINUTE_MS != self._copies[0].writer.header.start_ms // _MINUTE_MS
        ):
            self._cut(start_ms, fragment)
        self._write(fragment, end_ticks, start_ms)
        longest = max(self._copies, key=lambda copy: copy.writer.duration_ms)
        self._end_ms = longest.key.start_ms + longest.writer.duration_ms
        self.figures.last_fragment_ms = self._end_ms
        self.figures.fragments += 1
        self.figures.bytes += fragment.size_bytes

    def _write(self, fragment: FragmentBuilder, end_ticks: int, start_ms: int) -> None:
        axis_ms = self.catalogue.now_axis_ms()
        for copy in tuple(self._copies):
            try:
                self._append(copy, fragment, end_ticks, start_ms, axis_ms)
            except OSError as error:
                copy.stuck = isinstance(error, TimeoutError)
                refused = self.shelf.report(copy.place, error)
                if len(self._copies) == 1:
                    raise refused from error
                self._close(copy)  # the other copy goes on; the next minute looks for two places again
                self._copies.remove(copy)

    def _append(
        self, copy: _OpenSegment, fragment: FragmentBuilder, end_ticks: int, start_ms: int, axis_ms: int
    ) -> None:
        self.shelf.write(
            copy.place,
            lambda: copy.writer.write(fragment, end_ticks=end_ticks, start_ms=start_ms, axis_ms=axis_ms),
            late=lambda: self._let_go(copy.key, copy.writer),
        )

    def _cut(self, start_ms: int, fragment: FragmentBuilder) -> None:
        assert self._format is not None
        self._close_segments()
        urgent = self.catalogue.is_held(self.point_no, start_ms)
        places = self.shelf.places_for(self.volume_id, self.copy_volume_id, urgent=urgent)
        if self._no is None:
            self._no = self.catalogue.begin_run(self.point_no, start_ms, self._format)
            self.figures.started_ms = self._end_ms = start_ms
        suffixed = []
        for place in places:
            try:
                suffix = self.shelf.do(place, partial(free_suffix, place.root, self.point, start_ms))
            except OSError as error:
                raise self.shelf.report(place, error) from error
            suffixed.append((place.no, suffix))
        keys = self.catalogue.begin_segments(
            self.point_no, start_ms, suffixed, run_no=self._no, finished=self._finished
        )
        self._finished = []
        failed: VolumeRefused | None = None
        for place, key, (_, suffix) in zip(places, keys, suffixed, strict=True):
            try:
                self._copies.append(_OpenSegment(key, self._writer(place, key, suffix, fragment), place))
            except OSError as error:
                if not isinstance(error, TimeoutError):
                    self.shelf.set_aside(key)
                failed = self.shelf.report(place, error)
        if failed is not None and not self._copies:
            raise failed

    def _writer(self, place: Place, key: SegmentKey, suffix: int, fragment: FragmentBuilder) -> SegmentWriter:
        video = self._format
        assert video is not None
        header = SegmentHeader(self.point, place.uuid, key.start_ms, self.figures.started_ms or key.start_ms)
        made: list[SegmentWriter] = []

        def make() -> SegmentWriter:
            made.append(
                SegmentWriter(
                    place.root,
                    header,
                    video,
                    self._audio,
                    suffix=suffix,
                    first_ticks=min(frame.ticks for frame in fragment.frames),
                    first_sound_ticks=fragment.sounds[0].ticks if fragment.sounds else 0,
                )
            )
            return made[0]

        return self.shelf.do(place, make, late=lambda: self._let_go(key, *made))

    def _let_go(self, key: SegmentKey, *writers: SegmentWriter) -> None:
        # On a disk's own thread, for a call that nobody waits for any more.
        for writer in writers:
            with contextlib.suppress(OSError):
                writer.close()
        self.shelf.set_aside(key)

    def _close_segments(self) -> None:
        copies, self._copies = self._copies, []
        for copy in copies:
            self._close(copy)

    def _close(self, copy: _OpenSegment) -> None:
        if copy.stuck:
            return
        try:
            written = self.shelf.do(copy.place, copy.writer.close, late=partial(self.shelf.set_aside, copy.key))
        except OSError as error:
            if not isinstance(error, TimeoutError):
                self.shelf.set_aside(copy.key)
            self.shelf.report(copy.place, error)
            return
        if copy.writer.torn or written.duration_ms == 0:  # the disk took the head but no fragment
            self.shelf.set_aside(copy.key)
            return
        self._finished.append((copy.key, written))
