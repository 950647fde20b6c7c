"""From packets to pictures: however a camera cuts them, and whatever it leaves out."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.stream import Codec, Frame, StreamUnsupported
from camera.stream_rtp import RtpClock, VideoDepacketizer

SPS = bytes.fromhex("6764000dacb40a0fd080000003008000001947 8a1550".replace(" ", ""))
PPS = bytes.fromhex("68ef0fcb")


class Camera:
    """Packs NAL units into RTP in one of the ways of RFC 6184 and RFC 7798."""

    def __init__(self, codec: Codec = Codec.H264, sets: list[bytes] | None = None) -> None:
        self.codec = codec
        self.frames: list[Frame] = []
        self.depacketizer = VideoDepacketizer(codec, 96, sets or [], self.frames.append)
        self.sequence = 65_530

    def send(self, payload: bytes, ticks: int, *, lose: bool = False, marker: bool = False) -> None:
        packet = bytearray(struct.pack("!BBHII", 0x80, 96 | marker << 7, self.sequence & 0xFFFF, ticks, 7) + payload)
        self.sequence += 1
        if not lose:
            self.depacketizer.packet(packet, 0, len(packet), 0)

    def split(self, unit: bytes, ticks: int, sizes: list[int], *, lose: int | None = None) -> None:
        header = 1 if self.codec is Codec.H264 else 2
        body, pieces = unit[header:], []
        for size in sizes:
            if len(body) > size:
                pieces.append(body[:size])
                body = body[size:]
        pieces.append(body)
        for number, piece in enumerate(pieces):
            flags = 0x80 * (number == 0) | 0x40 * (number == len(pieces) - 1)
            if self.codec is Codec.H264:
                front = bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F])
            else:
                front = bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | (unit[0] >> 1) & 0x3F])
            self.send(front + piece, ticks, lose=number == lose)


def units(frame: Frame) -> list[bytes]:
    found, at, data = [], 0, bytes(frame.data)
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


pictures = st.lists(
    st.tuples(st.booleans(), st.binary(min_size=3, max_size=200), st.lists(st.integers(1, 60), max_size=5)),
    min_size=1,
    max_size=8,
)


@given(pictures)
def test_pictures_come_out_as_they_went_in_however_they_are_cut(clip: list[tuple[bool, bytes, list[int]]]) -> None:
    camera = Camera(sets=[SPS, PPS])
    sent = []
    for number, (key, content, sizes) in enumerate(clip):
        unit = bytes([0x65 if key or number == 0 else 0x41]) + content
        sent.append(unit)
        if sizes:
            camera.split(unit, number * 3600, sizes)
        else:
            camera.send(unit, number * 3600)
    camera.depacketizer.flush()
    assert [units(frame) for frame in camera.frames] == [[unit] for unit in sent]
    assert [frame.ticks for frame in camera.frames] == [number * 3600 for number in range(len(sent))]
    assert [frame.keyframe for frame in camera.frames] == [unit[0] == 0x65 for unit in sent]
    assert not any(frame.damaged for frame in camera.frames)


def test_parameter_sets_in_the_stream_make_the_format_and_are_taken_out_of_the_pictures() -> None:
    camera = Camera()
    aggregate = bytes([24]) + b"".join(struct.pack("!H", len(unit)) + unit for unit in (SPS, PPS, b"\x06sei"))
    camera.send(aggregate, 0)
    camera.send(b"\x65picture", 0)
    camera.send(b"\x41next", 3600)
    camera.depacketizer.flush()
    first, second = camera.frames
    assert units(first) == [b"\x06sei", b"\x65picture"]
    assert (first.format.width_px, first.format.height_px) == (320, 240)
    assert first.format is second.format


def test_pictures_without_known_parameter_sets_are_not_handed_over() -> None:
    camera = Camera()
    camera.send(b"\x65picture", 0)
    camera.send(b"\x41picture", 3600)
    camera.depacketizer.flush()
    assert camera.frames == []


def test_several_slices_of_one_time_are_one_picture_whatever_the_marker_says() -> None:
    camera = Camera(sets=[SPS, PPS])
    for part in range(4):
        camera.send(b"\x65slice%d" % part, 0, marker=True)
    camera.send(b"\x41next", 3600, marker=True)
    assert [units(frame) for frame in camera.frames] == [[b"\x65slice%d" % part for part in range(4)]]


@pytest.mark.parametrize("lose", [0, 1, 2])
def test_a_lost_packet_costs_its_unit_and_is_counted_and_marked(lose: int) -> None:
    camera = Camera(sets=[SPS, PPS])
    camera.send(b"\x65one", 0)
    camera.send(b"\x41whole", 3600)
    camera.split(b"\x41" + bytes(100), 3600, [30, 30, 30], lose=lose)
    camera.send(b"\x41three", 7200)
    camera.depacketizer.flush()
    assert [frame.damaged for frame in camera.frames] == [False, True, False]
    assert units(camera.frames[1]) == [b"\x41whole"]
    assert camera.depacketizer.clock.lost == 1


VPS_265 = bytes.fromhex("40010c01ffff016000000300900000030000030 03cba0240".replace(" ", ""))
SPS_265 = bytes.fromhex(
    "420101016000000300900000030000030 03ca00a080f165ba924cae6808000000300800000 0c84".replace(" ", "")
)
PPS_265 = bytes.fromhex("4401c172b46240")


@given(st.binary(min_size=3, max_size=300), st.lists(st.integers(1, 90), min_size=1, max_size=4))
def test_h265_units_come_whole_split_or_together(content: bytes, sizes: list[int]) -> None:
    camera = Camera(Codec.H265)
    together = bytes([48 << 1, 1]) + b"".join(struct.pack("!H", len(u)) + u for u in (VPS_265, SPS_265, PPS_265))
    key, other = b"\x26\x01" + content, b"\x02\x01" + content
    camera.send(together, 0)
    camera.split(key, 0, sizes)
    camera.send(other, 3600)
    camera.depacketizer.flush()
    assert [units(frame) for frame in camera.frames] == [[key], [other]]
    assert [frame.keyframe for frame in camera.frames] == [True, False]
    assert (camera.frames[0].format.width_px, camera.frames[0].format.height_px) == (320, 240)


@given(st.lists(st.integers(-(2**20), 2**28), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
def test_time_does_not_wrap(steps: list[int], start: int) -> None:
    clock, ticks = RtpClock(), start
    assert clock.unwrap(start) == start
    for step in steps:
        ticks += step
        assert clock.unwrap(ticks & 0xFFFFFFFF) == ticks


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=30), st.sampled_from(list(Codec)))
def test_no_packet_whatever_it_holds_does_more_than_be_refused(packets: list[bytes], codec: Codec) -> None:
    camera = Camera(codec)
    try:
        for number, payload in enumerate(packets):
            camera.send(payload, number // 2 * 3600)
            raw = bytearray(payload)
            camera.depacketizer.packet(raw, 0, len(raw), 0)
        camera.depacketizer.flush()
    except StreamUnsupported:
        return
    for frame in camera.frames:
        assert b"".join(struct.pack(">I", len(unit)) + unit for unit in units(frame)) == bytes(frame.data)


def test_a_picture_without_end_is_refused_before_it_eats_the_memory() -> None:
    camera = Camera(sets=[SPS, PPS])
    with pytest.raises(StreamUnsupported):
        for _ in range(400):
            camera.send(b"\x65" + bytes(60_000), 0)
