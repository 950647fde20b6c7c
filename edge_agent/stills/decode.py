"""Decodes one keyframe, in a process of its own: `run_short("edge_agent.stills.decode", …)`.

Standard input: JSON {"files" (newest first), "point", "at_ms", "not_before_ms", "largest_px"}. Standard output: see
decode_reply.py; refuses with NOTHING_THEN or UNREADABLE.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from edge_agent.stills.decode_reply import NOTHING_THEN, UNREADABLE, write_reply
from foundation.short_process import refuse
from storage.fragment import MARK_BYTES
from storage.segment_file import FragmentAt, NotOurSegment, SegmentFile, read_segment

_MOST_TRIES: Final = 3
"""Damaged keyframes in a row before giving up."""
_QUALITY: Final = "3"
"""Quantiser of mjpeg: 2 is best; 3 makes 0.4 MB of 1080p, and faces keep their edges."""


def main() -> None:
    """Decode what standard input asks for."""
    asked = json.load(sys.stdin.buffer)
    tries = 0
    for path, segment, fragment in _candidates(asked):
        try:
            jpeg = _jpeg(_fragment_bytes(path, segment, fragment), asked["largest_px"])
        except (av.error.FFmpegError, OSError, ValueError):
            tries += 1
            if tries == _MOST_TRIES:
                break
            continue
        sys.stdout.buffer.write(write_reply(fragment.mark.start_ms, jpeg))
        sys.stdout.buffer.flush()
        return
    refuse(UNREADABLE if tries else NOTHING_THEN)


def _candidates(asked: dict[str, Any]) -> Iterator[tuple[Path, SegmentFile, FragmentAt]]:
    """Fragments that begin with a keyframe, the last before the instant first."""
    for name in asked["files"]:
        path = Path(name)
        try:
            segment = read_segment(path)
        except (NotOurSegment, OSError):  # deleted meanwhile, or on another volume
            continue
        if segment.header.point != asked["point"]:
            continue
        fragments = [
            fragment
            for fragment in segment.fragments
            if fragment.mark.keyframe and asked["not_before_ms"] <= fragment.mark.start_ms <= asked["at_ms"]
        ]
        for fragment in sorted(fragments, key=lambda fragment: fragment.mark.start_ms, reverse=True):
            yield path, segment, fragment


def _fragment_bytes(path: Path, segment: SegmentFile, fragment: FragmentAt) -> bytes:
    with path.open("rb") as file:
        head = file.read(segment.head_bytes)
        file.seek(fragment.offset + MARK_BYTES)
        return head + file.read(fragment.mark.length)


def _jpeg(mp4: bytes, largest_px: int | None) -> bytes:
    with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # one picture: threads only wait for each other
        packet = next(packet for packet in container.demux(stream) if packet.size)
        frames = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
    if not frames:
        raise ValueError("the fragment holds no picture")
    return encode_jpeg(frames[0], largest_px)


def encode_jpeg(frame: av.VideoFrame, largest_px: int | None) -> bytes:
    """The picture as JPEG, its longer side at most `largest_px`."""
    scale = min(1.0, (largest_px or frame.width) / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    picture = frame.reformat(width=width, height=height, format="yuvj420p")
    picture.pts = 0
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.framerate = Fraction(1)
    encoder.thread_count = 1
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


if __name__ == "__main__":
    main()
