"""The head of a segment file (ISO/IEC 14496-12): what a player must know before the first fragment."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Final

from camera.stream import TICKS_PER_S, AudioFormat, Codec, VideoFormat
from camera.stream_format import H265_PPS, H265_SPS, H265_VPS, h265_details, unit_type, without_emulation
from foundation.canonical import canonical_json

VIDEO_TRACK: Final = 1
AUDIO_TRACK: Final = 2
HEADER_UUID: Final = bytes.fromhex("63616d7075732d7365676d656e742d31")
"""'campus-segment-1': the box that says whose footage the file holds, so that a lost catalogue can be rebuilt."""
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4  # language 'und'


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """Whose footage a file holds, in the file itself."""

    point: str
    volume_uuid: str
    start_ms: int
    """UTC of the first frame."""
    run_start_ms: int
    """UTC of the first frame of the unbroken run that this segment belongs to."""

    def encode(self) -> bytes:
        """The box's bytes."""
        body = {
            "point": self.point,
            "run_start_ms": self.run_start_ms,
            "start_ms": self.start_ms,
            "volume": self.volume_uuid,
        }
        return box(b"uuid", HEADER_UUID, canonical_json(body))

    @staticmethod
    def decode(body: bytes) -> SegmentHeader:
        """From the box's content after its UUID. Raises ValueError, KeyError or TypeError if it is not one."""
        values = json.loads(body)
        return SegmentHeader(
            str(values["point"]), str(values["volume"]), int(values["start_ms"]), int(values["run_start_ms"])
        )


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with its size before it."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def initialization(header: SegmentHeader, video: VideoFormat, audio: AudioFormat | None = None) -> bytes:
    """Everything before the first fragment."""
    tracks = [_video_track(video)]
    extends = [_track_extends(VIDEO_TRACK)]
    if audio is not None:
        tracks.append(_audio_track(audio))
        extends.append(_track_extends(AUDIO_TRACK))
    movie_header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 3),
    )
    return b"".join(
        [
            box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"iso5", b"mp41"),
            box(b"moov", movie_header, *tracks, box(b"mvex", *extends)),
            header.encode(),
        ]
    )


def _track_extends(track: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0))


def _track(
    track: int,
    *,
    handler: bytes,
    name: bytes,
    timescale: int,
    size: tuple[int, int],
    volume: int,
    media: bytes,
    entry: bytes,
) -> bytes:
    header = full_box(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIII8xHHHH", 0, 0, track, 0, 0, 0, 0, volume, 0),
        _MATRIX,
        struct.pack(">II", size[0] << 16, size[1] << 16),
    )
    tables = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    here = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(
        b"trak",
        header,
        box(
            b"mdia",
            full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _UNDETERMINED, 0)),
            full_box(b"hdlr", 0, 0, bytes(4), handler, bytes(12), name + b"\0"),
            box(b"minf", media, here, tables),
        ),
    )


def _video_track(video: VideoFormat) -> bytes:
    kind, configuration = (
        (b"avc1", _avc_configuration(video)) if video.codec is Codec.H264 else (b"hvc1", _hevc_configuration(video))
    )
    entry = box(
        kind,
        struct.pack(">6xH16xHHIIIH32xHh", 1, video.width_px, video.height_px, 0x480000, 0x480000, 0, 1, 24, -1),
        configuration,
    )
    return _track(
        VIDEO_TRACK,
        handler=b"vide",
        name=b"video",
        timescale=TICKS_PER_S,
        size=(video.width_px, video.height_px),
        volume=0,
        media=full_box(b"vmhd", 0, 1, bytes(8)),
        entry=entry,
    )


def _avc_configuration(video: VideoFormat) -> bytes:
    sequence = [unit for unit in video.parameter_sets if unit_type(Codec.H264, unit[0]) == 7]
    picture = [unit for unit in video.parameter_sets if unit_type(Codec.H264, unit[0]) == 8]
    return box(
        b"avcC",
        bytes([1, *sequence[0][1:4], 0xFF, 0xE0 | len(sequence)]),
        *(struct.pack(">H", len(unit)) + unit for unit in sequence),
        bytes([len(picture)]),
        *(struct.pack(">H", len(unit)) + unit for unit in picture),
    )


def _hevc_configuration(video: VideoFormat) -> bytes:
    by_type = {
        kind: [unit for unit in video.parameter_sets if unit_type(Codec.H265, unit[0]) == kind]
        for kind in (H265_VPS, H265_SPS, H265_PPS)
    }
    sps = by_type[H265_SPS][0]
    _, _, chroma, luma_bits, chroma_bits = h265_details(sps)
    payload = without_emulation(sps[2:])
    layers = ((payload[0] >> 1) & 7) + 1
    arrays = b"".join(
        bytes([0x80 | kind])
        + struct.pack(">H", len(units))
        + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
        for kind, units in by_type.items()
    )
    return box(
        b"hvcC",
        b"\x01",
        payload[1:13],
        bytes([0xF0, 0, 0xFC, 0xFC | chroma, 0xF8 | luma_bits, 0xF8 | chroma_bits, 0, 0]),
        bytes([layers << 3 | (payload[0] & 1) << 2 | 3, len(by_type)]),
        arrays,
    )


def _audio_track(audio: AudioFormat) -> bytes:
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, 0, 0), _descriptor(5, audio.config))
    esds = full_box(b"esds", 0, 0, _descriptor(3, struct.pack(">HB", AUDIO_TRACK, 0), decoder, _descriptor(6, b"\x02")))
    entry = box(b"mp4a", struct.pack(">6xH8xHHIHH", 1, audio.channels, 16, 0, audio.sample_rate_hz & 0xFFFF, 0), esds)
    return _track(
        AUDIO_TRACK,
        handler=b"soun",
        name=b"audio",
        timescale=audio.sample_rate_hz,
        size=(0, 0),
        volume=0x100,
        media=full_box(b"smhd", 0, 0, bytes(4)),
        entry=entry,
    )


def _descriptor(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, 0x80, 0x80, 0x80, len(content)]) + content
