"""RTP packets of an encoded minute, made once (RFC 3550, RFC 6184 for H.264, RFC 7798 for H.265).

Packets lie ready in one buffer per frame with their interleaved header (RFC 2326, 10.12); only sequence number and time
stamp are written when a frame is due.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.loop import Codec, Loop, nal_units

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
MAX_PAYLOAD_BYTES = 1400
"""Fits an Ethernet frame with room for RTP, RTSP and VPN headers, as camera vendors choose it."""

_INTERLEAVED = struct.Struct("!cBH")
_RTP = struct.Struct("!BBHII")
_SEQUENCE_AND_TIME = struct.Struct("!HI")
_NTP_EPOCH_S = 2_208_988_800
"""From 1900 to 1970."""


@dataclass(frozen=True)
class FramePackets:
    """One frame's packets back to back, each behind its interleaved header on channel 0."""

    template: bytes
    offsets: tuple[int, ...]
    """Where each packet's interleaved header begins."""
    payload_bytes: int

    def stamped(self, sequence: int, timestamp: int) -> bytearray:
        """A copy with sequence numbers from ``sequence`` on and this time stamp."""
        buffer = bytearray(self.template)
        for index, offset in enumerate(self.offsets):
            _SEQUENCE_AND_TIME.pack_into(buffer, offset + 6, (sequence + index) & 0xFFFF, timestamp)
        return buffer

    def on_channel(self, stamped: bytearray, channel: int) -> bytes:
        """A stamped copy for a client that asked for another interleaved channel than 0."""
        buffer = bytearray(stamped)
        for offset in self.offsets:
            buffer[offset + 1] = channel
        return bytes(buffer)


def packetise(loop: Loop, ssrc: int) -> list[FramePackets]:
    """The packets of every frame of a loop."""
    return [_frame_packets(loop.spec.codec, frame, ssrc) for frame in loop.frames]


def _frame_packets(codec: Codec, frame: bytes, ssrc: int) -> FramePackets:
    payloads = [payload for unit in nal_units(frame) for payload in _payloads(codec, unit)]
    buffer, offsets = bytearray(), []
    for index, payload in enumerate(payloads):
        offsets.append(len(buffer))
        marker = 0x80 if index == len(payloads) - 1 else 0
        buffer += _INTERLEAVED.pack(b"$", 0, _RTP.size + len(payload))
        buffer += _RTP.pack(0x80, marker | PAYLOAD_TYPE, 0, 0, ssrc) + payload
    return FramePackets(bytes(buffer), tuple(offsets), sum(map(len, payloads)))


def _payloads(codec: Codec, unit: bytes) -> Iterator[bytes]:
    """A NAL unit as it is, or in fragments (FU-A; FU)."""
    if len(unit) <= MAX_PAYLOAD_BYTES:
        yield unit
        return
    if codec is Codec.H264:
        head, kind, body = bytes((unit[0] & 0xE0 | 28,)), unit[0] & 0x1F, unit[1:]
    else:
        head, kind, body = bytes((unit[0] & 0x81 | 49 << 1, unit[1])), unit[0] >> 1 & 0x3F, unit[2:]
    room = MAX_PAYLOAD_BYTES - len(head) - 1
    for start in range(0, len(body), room):
        first, last = start == 0, start + room >= len(body)
        yield head + bytes((first << 7 | last << 6 | kind,)) + body[start : start + room]


def timestamp_of(unix_s: float) -> int:
    """The RTP time stamp of a moment: it runs on across loops, and wraps only at 2**32."""
    return round(unix_s * CLOCK_HZ) & 0xFFFFFFFF


def sender_report(ssrc: int, unix_s: float, packets: int, octets: int, channel: int) -> bytes:
    """An RTCP sender report that ties the RTP clock to the camera's wall clock, with the name RTCP asks for."""
    whole = int(unix_s)
    ntp = (whole + _NTP_EPOCH_S & 0xFFFFFFFF, int((unix_s - whole) * 2**32) & 0xFFFFFFFF)
    report = struct.pack(
        "!BBHIIIIII", 0x80, 200, 6, ssrc, *ntp, timestamp_of(unix_s), packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )
    name = b"campus-simulator"
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
    item += b"\0" * (-len(item) % 4)
    description = struct.pack("!BBH", 0x81, 202, len(item) // 4) + item
    body = report + description
    return _INTERLEAVED.pack(b"$", channel, len(body)) + body
