"""One fragment of a segment: a group of pictures that is written, synced and lost as a whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from camera.stream import TICKS_PER_S, AudioFrame, Frame
from storage.mp4 import AUDIO_TRACK, VIDEO_TRACK, box, full_box

FRAGMENT_UUID: Final = bytes.fromhex("63616d7075732d667261676d656e7431")
"""'campus-fragment1': the box before each moof that tells wall time, proven age and checksum."""
_MARK: Final = struct.Struct(">16sBBHIQIIQ")
MARK_BYTES: Final = 8 + _MARK.size
_KEY_SAMPLE: Final = 0x02000000  # depends on no other sample
_OTHER_SAMPLE: Final = 0x01010000  # depends on others, is no sync sample


@dataclass(frozen=True, slots=True)
class FragmentMark:
    """What stands before a fragment."""

    start_ms: int
    """UTC of its first frame."""
    duration_ms: int
    axis_ms: int
    """Place on the running axis when its last frame had come."""
    keyframe: bool
    length: int
    """Bytes of moof and mdat."""
    crc32: int
    """Of moof and mdat: after a power cut a file may be long enough and yet hold zeros."""

    def encode(self) -> bytes:
        """The box's bytes."""
        content = _MARK.pack(
            FRAGMENT_UUID,
            1,
            int(self.keyframe),
            0,
            self.crc32,
            self.start_ms,
            self.duration_ms,
            self.length,
            self.axis_ms,
        )
        return box(b"uuid", content)

    @staticmethod
    def decode(content: bytes) -> FragmentMark | None:
        """From a uuid box's content; None if it is another box."""
        if len(content) != _MARK.size or content[:16] != FRAGMENT_UUID:
            return None
        _, _, flags, _, crc32, start_ms, duration_ms, length, axis_ms = _MARK.unpack(content)
        return FragmentMark(start_ms, duration_ms, axis_ms, bool(flags & 1), length, crc32)


@dataclass(slots=True)
class FragmentBuilder:
    """Collects the frames of one fragment. Times inside the file count from the segment's first frame."""

    frames: list[Frame] = field(default_factory=list)
    sounds: list[AudioFrame] = field(default_factory=list)

    size_bytes: int = 0
    """What is held in memory."""

    def add(self, frame: Frame) -> None:
        """One more picture."""
        self.frames.append(frame)
        self.size_bytes += len(frame.data)

    def add_sound(self, sound: AudioFrame) -> None:
        """One more piece of sound."""
        self.sounds.append(sound)
        self.size_bytes += len(sound.data)

    def build(
        self, *, sequence: int, base_ticks: int, sound_base_ticks: int, end_ticks: int, start_ms: int, axis_ms: int
    ) -> list[bytes | bytearray]:
        """The fragment's bytes in pieces: mark, moof, mdat. `end_ticks` is where the next frame begins."""
        decode, durations = _decode_times([frame.ticks for frame in self.frames], end_ticks)
        video_samples = [
            value
            for frame, at, duration in zip(self.frames, decode, durations, strict=True)
            for value in (
                duration,
                len(frame.data),
                _KEY_SAMPLE if frame.keyframe else _OTHER_SAMPLE,
                frame.ticks - at,
            )
        ]
        video_bytes = sum(len(frame.data) for frame in self.frames)
        tracks = [(VIDEO_TRACK, decode[0] - base_ticks, 0xF01, "IIIi", video_samples, 0)]
        if self.sounds:
            samples = [value for sound in self.sounds for value in (1024, len(sound.data))]
            start = max(0, self.sounds[0].ticks - sound_base_ticks)
            tracks.append((AUDIO_TRACK, start, 0x301, "II", samples, video_bytes))
        moof = _moof(sequence, tracks)
        pieces: list[bytes | bytearray] = [frame.data for frame in self.frames]
        pieces.extend(sound.data for sound in self.sounds)
        mdat_bytes = sum(map(len, pieces))
        front = moof + struct.pack(">I4s", 8 + mdat_bytes, b"mdat")
        crc = zlib.crc32(front)
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
        mark = FragmentMark(
            start_ms=start_ms,
            duration_ms=max(1, (end_ticks - self.frames[0].ticks) * 1000 // TICKS_PER_S),
            axis_ms=axis_ms,
            keyframe=self.frames[0].keyframe,
            length=len(front) + mdat_bytes,
            crc32=crc,
        )
        return [mark.encode() + front, *pieces]


def _decode_times(presentation: Sequence[int], end: int) -> tuple[list[int], list[int]]:
    # RTP tells when a picture is shown, MP4 also wants when it is decoded: pictures come in decoding order, so the
    # n-th is decoded when the n-th in showing order is shown. Without B-pictures both are the same.
    times = sorted(presentation)
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:  # a camera that gives two pictures one time
            times[index] = times[index - 1] + 1
    durations = [after - before for before, after in zip(times, [*times[1:], max(end, times[-1] + 1)], strict=True)]
    return times, durations


def _moof(sequence: int, tracks: Sequence[tuple[int, int, int, str, Sequence[int], int]]) -> bytes:
    def parts(moof_bytes: int) -> bytes:
        fragments = []
        for track, start, flags, layout, samples, offset in tracks:
            count = len(samples) // len(layout)
            run = struct.pack(">Ii", count, moof_bytes + 8 + offset)
            fragments.append(
                box(
                    b"traf",
                    full_box(b"tfhd", 0, 0x020000, struct.pack(">I", track)),
                    full_box(b"tfdt", 1, 0, struct.pack(">Q", start)),
                    full_box(b"trun", 1, flags, run, struct.pack(">" + layout * count, *samples)),
                )
            )
        return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)), *fragments)

    return parts(len(parts(0)))
