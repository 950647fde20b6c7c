"""However the bytes of a stream are cut by the network, and whatever the camera does to its packets, the pictures that
are said to be whole are those that were sent."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from camera import stream_rtsp
from camera.stream import Codec, Frame, StreamEnded, StreamSource
from camera.stream_rtp import VideoDepacketizer
from foundation.clock import SystemClock

H264_SETS = "Z2QADay0Cg/QgAAAAwCAAAAZR4oVUA==,aO8Pyw=="
H265_SETS = (
    "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8ugJA;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAoIDxZbqSTK5oCAAAADAIAAAAyE;"
    "sprop-pps=RAHBcrRiQA=="
)
SDP = {
    Codec.H264: f"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets={H264_SETS}\n",
    Codec.H265: f"m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 {H265_SETS}\n",
}
PIECE = 40
TICKS = 3600


class Pieces:
    """A connection that gives its bytes in pieces of given sizes and then ends."""

    def __init__(self, sdp: str, stream: bytes, sizes: Sequence[int]) -> None:
        self._sdp = sdp
        self._stream = stream
        self._sizes = list(sizes)
        self._next = b""

    def sendall(self, request: bytes) -> None:
        body = self._sdp if request.startswith(b"DESCRIBE") else ""
        head = f"RTSP/1.0 200 OK\r\nSession: 1\r\nContent-Length: {len(body)}\r\n\r\n"
        self._next = (head + body).encode()

    def recv_into(self, space: memoryview) -> int:
        if self._next:
            given, self._next = self._next, b""
        else:
            size = min(self._sizes.pop(0) if self._sizes else len(self._stream), len(space))
            given, self._stream = self._stream[:size], self._stream[size:]
        space[: len(given)] = given
        return len(given)

    def settimeout(self, timeout_s: float) -> None:
        assert timeout_s >= 0

    def shutdown(self, how: int) -> None:
        self._sizes = []

    def close(self) -> None:
        self._stream = b""


Received = Callable[[Codec, bytes, Sequence[int]], tuple[list[Frame], int]]


@pytest.fixture(scope="module")
def received() -> Received:
    def receive(codec: Codec, stream: bytes, sizes: Sequence[int]) -> tuple[list[Frame], int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream_rtsp, "_connect", lambda _url: Pieces(SDP[codec], stream, sizes))
            opened = stream_rtsp.RtspStream(StreamSource(device="c", url="rtsp://c/"), SystemClock())
        frames: list[Frame] = []
        with pytest.raises(StreamEnded):
            while True:
                frames.extend(frame for frame in opened.read() if isinstance(frame, Frame))
        return frames, opened.packets_lost

    return receive


def picture(codec: Codec, number: int, length: int) -> bytes:
    """One NAL unit whose every byte tells the picture's number and its own place."""
    key = number == 0
    head = bytes([0x65 if key else 0x41]) if codec is Codec.H264 else bytes([0x26 if key else 0x02, 1])
    return head + bytes((number * 7 + place) & 0xFF for place in range(length))


def payloads(codec: Codec, unit: bytes) -> list[bytes]:
    """The unit as the payloads of its packets."""
    head = 1 if codec is Codec.H264 else 2
    if len(unit) <= PIECE:
        return [unit]
    pieces = [unit[at : at + PIECE] for at in range(head, len(unit), PIECE)]
    made = []
    for number, piece in enumerate(pieces):
        flags = 0x80 * (number == 0) | 0x40 * (number == len(pieces) - 1)
        if codec is Codec.H264:
            made.append(bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + piece)
        else:
            made.append(bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | (unit[0] >> 1) & 0x3F]) + piece)
    return made


def packet(number: int, ticks: int, payload: bytes, *, first: int = 0x80, kind: int = 96) -> bytes:
    body = struct.pack("!BBHII", first, kind, number & 0xFFFF, ticks & 0xFFFFFFFF, 9) + payload
    return struct.pack("!cBH", b"$", 0, len(body)) + body


def clip(codec: Codec, lengths: Sequence[int], *, from_number: int = 65_530) -> tuple[list[bytes], list[bytes]]:
    """Packets of pictures of so many bytes, numbered across the wrap, and the pictures as they lie in a file."""
    packets: list[bytes] = []
    pictures: list[bytes] = []
    for number, length in enumerate(lengths):
        unit = picture(codec, number, length)
        pictures.append(struct.pack("!I", len(unit)) + unit)
        for payload in payloads(codec, unit):
            packets.append(packet(from_number + len(packets), number * TICKS, payload))
    return packets, pictures


lengths = st.lists(st.integers(1, 12 * PIECE), min_size=1, max_size=6)
cuts = st.lists(st.integers(1, 700), max_size=40)


@pytest.mark.parametrize("codec", list(Codec))
def test_a_stream_may_be_cut_at_any_byte(received: Received, codec: Codec) -> None:
    packets, pictures = clip(codec, [5 * PIECE + 3, 7, 4 * PIECE])
    stream = b"".join(packets)
    for at in range(1, len(stream)):
        frames, lost = received(codec, stream, [at])
        assert ([bytes(frame.data) for frame in frames], lost) == (pictures, 0), f"cut at {at}"


@given(codec=st.sampled_from(Codec), lengths=lengths, cuts=cuts)
def test_a_stream_may_be_cut_into_any_pieces(
    received: Received, codec: Codec, lengths: list[int], cuts: list[int]
) -> None:
    packets, pictures = clip(codec, lengths)
    frames, lost = received(codec, b"".join(packets), cuts)
    assert [bytes(frame.data) for frame in frames] == pictures
    assert [frame.ticks for frame in frames] == [number * TICKS for number in range(len(lengths))]
    assert not any(frame.damaged for frame in frames)
    assert lost == 0


@given(
    codec=st.sampled_from(Codec),
    lengths=lengths,
    cuts=cuts,
    harm=st.lists(st.tuples(st.integers(0, 70), st.sampled_from(["lose", "double", "late", "foreign"])), max_size=6),
)
@example(codec=Codec.H264, lengths=[9 * PIECE], cuts=[], harm=[(3, "double"), (6, "foreign")])
@example(codec=Codec.H265, lengths=[3, 9 * PIECE, 2 * PIECE], cuts=[], harm=[(4, "late"), (8, "lose")])
def test_what_is_said_to_be_whole_is_what_was_sent(
    received: Received, codec: Codec, lengths: list[int], cuts: list[int], harm: list[tuple[int, str]]
) -> None:
    packets, pictures = clip(codec, lengths)
    lost: set[int] = set()
    sent: list[tuple[int, bytes]] = list(enumerate(packets))
    for place, what in harm:
        if place >= len(sent):
            continue
        number, at_place = sent[place]
        if what == "lose":
            del sent[place]
        elif what == "double":
            sent.insert(place + 1, (number, at_place))
        elif what == "late":
            sent.insert(min(place + 3, len(sent) - 1), sent.pop(place))
        else:  # another payload type under the same channel and number: what follows is not of its kind
            sent[place] = (number, at_place[:5] + b"\x61" + at_place[6:])
    frames, counted = received(codec, b"".join(each for _, each in sent), cuts)
    for frame in frames:
        if not frame.damaged:
            assert bytes(frame.data) == pictures[frame.ticks // TICKS]
    in_order = [number for number, each in sent if each[5] == 96]
    highest, lost = -1, set()
    for number in in_order:  # by hand: whoever is missing when a later one comes is lost, though it come afterwards
        if highest >= 0:
            lost.update(range(highest + 1, number))
        highest = max(highest, number)
    assert counted == len(lost)


def test_packets_of_another_kind_at_the_front_of_a_look_are_no_pieces(received: Received) -> None:
    payload = payloads(Codec.H264, picture(Codec.H264, 0, 6 * PIECE))
    kinds = [96, 97, 97, 96, 96, 96]
    packets = [
        packet(number, 0, each, kind=kind) for number, (each, kind) in enumerate(zip(payload, kinds, strict=True))
    ]
    whole = picture(Codec.H264, 0, 3)
    frames, lost = received(Codec.H264, b"".join([*packets, packet(6, TICKS, whole)]), [len(packets[0])])
    assert [bytes(frame.data)[4:] for frame in frames] == [whole]
    assert lost == 2


@given(codec=st.sampled_from(Codec), pieces=st.integers(3, 12), odd=st.sampled_from(["padding", "source", "extension"]))
def test_packets_with_more_than_a_plain_header_are_read_one_by_one(
    received: Received, codec: Codec, pieces: int, odd: str
) -> None:
    unit = picture(codec, 0, pieces * PIECE)
    packets = []
    for number, payload in enumerate(payloads(codec, unit)):
        if odd == "padding":
            packets.append(packet(number, 0, payload + b"\0\0\0\4", first=0xA0))
        elif odd == "source":
            packets.append(packet(number, 0, b"csrc" + payload, first=0x81))
        else:
            packets.append(packet(number, 0, b"\xbe\xde\0\1ext." + payload, first=0x90))
    [frame], lost = received(codec, b"".join(packets), [])
    assert (bytes(frame.data)[4:], lost) == (unit, 0)


def test_a_camera_that_counts_anew_goes_on_with_its_next_picture() -> None:
    frames: list[Frame] = []
    sets = [bytes.fromhex("6764000dacb40a0fd0800000030080000019478a1550"), bytes.fromhex("68ef0fcb")]
    depacketizer = VideoDepacketizer(Codec.H264, 96, sets, frames.append)
    for start in (20_000, 7):
        for each in clip(Codec.H264, [3 * PIECE, 3 * PIECE], from_number=start)[0]:
            raw = bytearray(each)
            depacketizer.packet(raw, 4, len(raw), 0)
    depacketizer.flush()
    assert depacketizer.clock.lost == 0
    assert [frame.damaged for frame in frames] == [False, True, True, False]
