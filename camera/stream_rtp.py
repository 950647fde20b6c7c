"""From RTP packets to whole frames: H.264 (RFC 6184), H.265 (RFC 7798), AAC (RFC 3640)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from camera.stream import AudioFormat, AudioFrame, Codec, Frame, StreamUnsupported, VideoFormat
from camera.stream_format import H264_PPS, H264_SPS, H265_PPS, H265_SPS, H265_VPS, set_key, unit_type, video_format

_RTP_HEADER: Final = struct.Struct("!BBHI")
_LENGTH: Final = struct.Struct("!I")
_PLAIN: Final = 0x80
"""First byte of a packet of version 2 without padding, extension and contributing sources."""
_INSIDE: Final = {Codec.H264: struct.Struct("!6sH10s"), Codec.H265: struct.Struct("!6sH11s")}
"""An interleaved packet with a piece of a unit: what stands before its number, the number, what stands between that and
the piece (RFC 6184, 5.8; RFC 7798, 4.4.3)."""
_BEGINS: Final = 0x80
"""Bit of a fragmentation unit's header, the last byte before the piece: the unit's first piece."""
_MOST_LATE: Final = 100
"""A number so far behind is late or doubled; further behind the camera counts anew (MAX_MISORDER of RFC 3550, A.1)."""
LARGEST_FRAME_BYTES: Final = 16 * 1024**2
"""No school camera makes larger pictures; a lying one must not eat the memory."""
_PARAMETER_SETS: Final = {
    Codec.H264: frozenset({H264_SPS, H264_PPS}),
    Codec.H265: frozenset({H265_VPS, H265_SPS, H265_PPS}),
}
_DELIMITERS: Final = {
    Codec.H264: frozenset({9}),
    Codec.H265: frozenset({35}),
}  # access unit delimiters say nothing in MP4


class Turn(Enum):
    """How a packet's number stands to the one before."""

    NEXT = auto()
    AFTER_GAP = auto()
    """Others are missing before it, or the camera counts anew."""
    LATE = auto()
    """Doubled, or its place is past: TCP does not do that, some cameras do."""


class RtpClock:
    """Makes 32-bit RTP time and 16-bit sequence numbers into numbers that do not wrap, and counts lost packets."""

    def __init__(self) -> None:
        self.lost = 0
        self.due: int | None = None
        """The number that comes next; None before the first."""
        self._ticks: int | None = None

    def unwrap(self, rtp_time: int) -> int:
        """The nearest number to the one before that has these low 32 bits."""
        if self._ticks is None:
            self._ticks = rtp_time
        else:
            self._ticks += ((rtp_time - self._ticks + 2**31) & 0xFFFFFFFF) - 2**31
        return self._ticks

    def turn(self, number: int) -> Turn:
        """Whether it is this packet's turn; counts those missing before it."""
        due = self.due
        if number == due or due is None:
            self.due = (number + 1) & 0xFFFF
            return Turn.NEXT
        missing = (number - due) & 0xFFFF
        if missing >= 0x10000 - _MOST_LATE:
            return Turn.LATE
        self.due = (number + 1) & 0xFFFF
        if missing < 0x8000:
            self.lost += missing
        return Turn.AFTER_GAP


class VideoDepacketizer:
    """Collects NAL units into frames. A frame is over when the time stamp changes: the marker bit is right on most
    cameras only, the time stamp on all."""

    def __init__(
        self, codec: Codec, payload_type: int, parameter_sets: list[bytes], emit: Callable[[Frame], None]
    ) -> None:
        self.clock = RtpClock()
        self._codec = codec
        self._set_kinds = _PARAMETER_SETS[codec]
        self._delimiters = _DELIMITERS[codec]
        self._inside = _INSIDE[codec]
        self._payload_type = payload_type
        self._emit = emit
        self._sets: dict[tuple[int, int], bytes] = {}
        self._format: VideoFormat | None = None
        self._sets_changed = False
        for unit in parameter_sets:
            self._take_set(unit)
        self._data = bytearray()
        self._unit_at = -1
        self._piece_at = -1
        self._ticks: int | None = None
        self._rtp_time: int | None = None
        self._keyframe = False
        self._pictured = False
        self._damaged = False
        self._arrived_ns = 0
        self._take_payload = self._take_h264 if codec is Codec.H264 else self._take_h265

    def packet(self, buffer: bytearray, start: int, end: int, arrived_running_ns: int) -> None:
        """One RTP packet lying in buffer[start:end]. Raises StreamUnsupported for what no decoder could use."""
        if end - start < 13:
            return
        self._piece_at = -1
        first, second, number, rtp_time = _RTP_HEADER.unpack_from(buffer, start)
        if second & 0x7F != self._payload_type or first >> 6 != 2:
            return
        body = start + 12 + 4 * (first & 0x0F)
        if first & 0x10:
            body += 4 + 4 * int.from_bytes(buffer[body + 2 : body + 4], "big")
        if first & 0x20:
            end -= buffer[end - 1]
        turn = self.clock.turn(number)
        if turn is Turn.LATE:
            return
        if turn is Turn.AFTER_GAP:
            self._damaged = True
            self._drop_unit()
        if rtp_time != self._rtp_time:
            self.flush()
            self._damaged |= turn is Turn.AFTER_GAP  # nobody knows whether its beginning was lost or the other's end
            self._rtp_time, self._ticks = rtp_time, self.clock.unwrap(rtp_time)
            self._arrived_ns = arrived_running_ns
        if body < end:
            self._take_payload(buffer, body, end)
        if len(self._data) > LARGEST_FRAME_BYTES:
            raise StreamUnsupported(f"the camera sends frames of more than {LARGEST_FRAME_BYTES} bytes")

    def carry_on(self, received: memoryview, before: int, at: int) -> int:
        """Take the packets that carry on with the unit in hand: most of a picture, alike but for number and piece.

        `received` holds interleaved packets, the one just taken at [before:at]. Gives where the first begins that is
        another one, or has not come whole.
        """
        if self._piece_at != before + self._inside.size or received[before + 4] != _PLAIN:
            return at
        front, number, back = self._inside.unpack_from(received, before)
        back = back[:-1] + bytes([back[-1] & ~_BEGINS])
        size, skip, unpack = at - before, self._inside.size, self._inside.unpack_from
        due = (number + 1) & 0xFFFF
        pieces = []
        for start in range(at, len(received) - size + 1, size):
            if unpack(received, start) != (front, due, back):
                break
            pieces.append(received[start + skip : start + size])
            due = (due + 1) & 0xFFFF
        self.clock.due = due
        self._data += b"".join(pieces)
        return at + size * len(pieces)

    def flush(self) -> None:
        """Hand over the frame collected so far, if it is one."""
        self._end_unit()
        if self._ticks is None or not self._pictured:
            self._data.clear()
            return
        if self._keyframe and self._sets_changed:
            self._format = video_format(self._codec, self._sets)
            self._sets_changed = False
        if self._format is not None:
            self._emit(
                Frame(self._ticks, self._keyframe, self._data, self._format, self._arrived_ns, damaged=self._damaged)
            )
        self._data = bytearray()
        self._keyframe = self._pictured = self._damaged = False

    def end(self) -> None:
        """Nothing comes any more: hand over what has come whole."""
        if self._unit_at >= 0:
            self._damaged = True
            self._drop_unit()
        self.flush()

    def _take_h264(self, buffer: bytearray, start: int, end: int) -> None:
        kind = buffer[start] & 0x1F
        if 1 <= kind <= 23:
            self._whole_unit(buffer, start, end)
        elif kind == 28 and end - start > 2:
            header = buffer[start + 1]
            if header & 0x80:
                self._begin_unit((buffer[start] & 0xE0) | (header & 0x1F))
            self._continue_unit(buffer, start + 2, end, last=bool(header & 0x40))
        elif kind == 24:
            self._take_aggregate(buffer, start + 1, end)

    def _take_h265(self, buffer: bytearray, start: int, end: int) -> None:
        if end - start < 3:
            return
        kind = (buffer[start] >> 1) & 0x3F
        if kind == 49:
            header = buffer[start + 2]
            if header & 0x80:
                self._begin_unit((buffer[start] & 0x81) | ((header & 0x3F) << 1), buffer[start + 1])
            self._continue_unit(buffer, start + 3, end, last=bool(header & 0x40))
        elif kind == 48:
            self._take_aggregate(buffer, start + 2, end)
        elif kind < 48:
            self._whole_unit(buffer, start, end)

    def _take_aggregate(self, buffer: bytearray, start: int, end: int) -> None:
        while end - start > 2:
            size = (buffer[start] << 8) | buffer[start + 1]
            start += 2
            if size == 0 or start + size > end:
                return
            self._whole_unit(buffer, start, start + size)
            start += size

    def _whole_unit(self, buffer: bytearray, start: int, end: int) -> None:
        self._begin_unit()
        self._continue_unit(buffer, start, end, last=True)

    def _begin_unit(self, *header: int) -> None:
        self._end_unit()
        self._unit_at = len(self._data)
        self._data += b"\x00\x00\x00\x00"
        self._data += bytes(header)

    def _continue_unit(self, buffer: bytearray, start: int, end: int, *, last: bool) -> None:
        if self._unit_at < 0:
            return  # its beginning was lost
        self._data += buffer[start:end]  # a kilobyte copied costs less than a view of it
        if last:
            self._end_unit()
        else:
            self._piece_at = start

    def _drop_unit(self) -> None:
        if self._unit_at >= 0:
            del self._data[self._unit_at :]
            self._unit_at = -1

    def _end_unit(self) -> None:
        at = self._unit_at
        if at < 0:
            return
        self._unit_at = -1
        data = self._data
        size = len(data) - at - 4
        kind = unit_type(self._codec, data[at + 4]) if size else -1
        if kind in self._set_kinds:
            self._take_set(bytes(data[at + 4 :]))
            del data[at:]
        elif size == 0 or kind in self._delimiters:
            del data[at:]
        else:
            _LENGTH.pack_into(data, at, size)
            if self._codec is Codec.H264:
                self._pictured |= 1 <= kind <= 5
                self._keyframe |= kind == 5
            else:
                self._pictured |= kind <= 31
                self._keyframe |= 16 <= kind <= 23

    def _take_set(self, unit: bytes) -> None:
        key = set_key(self._codec, unit)
        if self._sets.get(key) != unit:
            self._sets[key] = unit
            self._sets_changed = True


class AacDepacketizer:
    """Takes AAC frames out of their packets (mode AAC-hbr, the one cameras use)."""

    def __init__(self, format_: AudioFormat, payload_type: int, emit: Callable[[AudioFrame], None]) -> None:
        self.clock = RtpClock()
        self._format = format_
        self._payload_type = payload_type
        self._emit = emit

    def packet(self, buffer: bytearray, start: int, end: int, arrived_running_ns: int) -> None:
        """One RTP packet lying in buffer[start:end]; what makes no sense is passed over: audio never costs video."""
        if end - start < 16:
            return
        first, second, number, rtp_time = _RTP_HEADER.unpack_from(buffer, start)
        if second & 0x7F != self._payload_type or first & 0xF0 != _PLAIN or self.clock.turn(number) is Turn.LATE:
            return
        body = start + 12 + 4 * (first & 0x0F)
        headers_bits = int.from_bytes(buffer[body : body + 2], "big")
        data_at = body + 2 + (headers_bits + 7) // 8
        ticks = self.clock.unwrap(rtp_time)
        for index in range(headers_bits // 16):
            header_at = body + 2 + 2 * index
            size = int.from_bytes(buffer[header_at : header_at + 2], "big") >> 3
            if size == 0 or data_at + size > end:
                return
            frame = bytes(buffer[data_at : data_at + size])
            self._emit(AudioFrame(ticks + index * 1024, frame, self._format, arrived_running_ns))
            data_at += size
