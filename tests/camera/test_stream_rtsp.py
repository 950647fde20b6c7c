"""The RTSP client against servers that behave, misbehave and lie."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from camera import stream_rtsp
from camera.stream import (
    AudioFrame,
    Codec,
    Frame,
    StreamBusy,
    StreamEnded,
    StreamError,
    StreamLoginRefused,
    StreamNameUnknown,
    StreamSource,
    StreamStalled,
    StreamUnreachable,
    StreamUnsupported,
)
from camera.stream_login import Login, best_challenge
from camera.stream_rtsp import RtspStream
from camera.stream_sdp import control_url, parse_sdp
from foundation.clock import SystemClock

SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
a=control:*
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QADay0Cg/QgAAAAwCAAAAZR4oVUA==,aO8Pyw==
a=control:trackID=1
m=audio 0 RTP/AVP 97
a=rtpmap:97 MPEG4-GENERIC/16000/1
a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1408;sizeLength=13;indexLength=3;indexDeltaLength=3
a=control:trackID=2
"""


def rtp(sequence: int, ticks: int, payload: bytes, *, channel: int = 0, kind: int = 96) -> bytes:
    packet = struct.pack("!BBHII", 0x80, kind, sequence, ticks, 9) + payload
    return struct.pack("!cBH", b"$", channel, len(packet)) + packet


@dataclass
class FakeCamera:
    """One connection at a time; `behave` answers a request's method, headers and number of the request."""

    behave: Callable[[FakeCamera, str, dict[str, str]], str | None]
    after_play: Callable[[socket.socket], None] = lambda connection: None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listener.getsockname()[1]}/main"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        pending = b""
        while True:
            while b"\r\n\r\n" not in pending:
                try:
                    more = connection.recv(4096)
                except OSError:
                    return
                if not more:
                    return
                pending += more
            head, _, pending = pending.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            method = lines[0].split()[0]
            headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
            headers["url"] = lines[0].split()[1]
            self.requests.append((method, headers))
            answer = self.behave(self, method, headers)
            if answer is None:
                continue
            status, _, rest = answer.partition("\n")
            extra, _, body = rest.partition("\n\n")
            text = f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\n"
            text += "".join(line + "\r\n" for line in extra.splitlines() if line)
            if body:
                text += f"Content-Length: {len(body)}\r\n"
            try:
                connection.sendall((text + "\r\n" + body).encode())
                if method == "PLAY" and status.startswith("200"):
                    self.after_play(connection)
            except OSError:
                return


def well_behaved(_camera: FakeCamera, method: str, _headers: dict[str, str]) -> str | None:
    if method == "OPTIONS":
        return "200 OK\nPublic: DESCRIBE, SETUP, PLAY, GET_PARAMETER"
    if method == "DESCRIBE":
        return "200 OK\nContent-Type: application/sdp\n\n" + SDP
    if method == "SETUP":
        return "200 OK\nSession: 42;timeout=60"
    return "200 OK"


@pytest.fixture
def camera() -> Iterator[Callable[..., FakeCamera]]:
    made: list[FakeCamera] = []

    def make(
        behave: Callable[..., str | None] = well_behaved,
        after_play: Callable[[socket.socket], None] = lambda connection: None,
    ) -> FakeCamera:
        made.append(FakeCamera(behave, after_play))
        return made[-1]

    yield make
    for each in made:
        each.listener.close()


def opened(url: str, *, user: str = "", password: str = "", audio: bool = False, stall_s: float = 10) -> RtspStream:
    source = StreamSource(device="cam", url=url, user=user, password=password)
    return RtspStream(source, SystemClock(), audio=audio, stall_s=stall_s)


def read_until(stream: RtspStream, count: int) -> list[Frame | AudioFrame]:
    frames: list[Frame | AudioFrame] = []
    while len(frames) < count:
        frames.extend(stream.read())
    return frames


def test_frames_of_picture_and_sound_come_through_one_connection(camera: Callable[..., FakeCamera]) -> None:
    def send(connection: socket.socket) -> None:
        for number in range(3):
            connection.sendall(rtp(number, number * 3600, b"\x65picture"))
        sound = b"\x00\x10" + struct.pack("!H", 5 << 3) + b"sound"
        connection.sendall(rtp(0, 0, sound, channel=2, kind=97))

    stream = opened(camera(after_play=send).url, audio=True)
    frames = read_until(stream, 3)
    stream.close()
    pictures = [frame for frame in frames if isinstance(frame, Frame)]
    assert [frame.ticks for frame in pictures] == [0, 3600]
    assert pictures[0].format.codec is Codec.H264
    [sound] = [frame for frame in frames if isinstance(frame, AudioFrame)]
    assert (sound.data, sound.format.sample_rate_hz, sound.format.channels) == (b"sound", 16_000, 1)


def test_packets_that_arrive_with_the_answer_and_torn_anywhere_are_not_lost(camera: Callable[..., FakeCamera]) -> None:
    def send(connection: socket.socket) -> None:
        stream = b"".join(rtp(number, number * 3600, b"\x65" + bytes([number]) * 500) for number in range(40))
        for at in range(0, len(stream), 333):
            connection.sendall(stream[at : at + 333])

    stream = opened(camera(after_play=send).url)
    frames = read_until(stream, 39)
    assert [frame.ticks for frame in frames] == [number * 3600 for number in range(39)]
    assert stream.packets_lost == 0
    stream.close()


def digest_camera(password: str, *, stale_once: bool = False) -> Callable[..., str | None]:
    state = {"nonce": 1, "stale": stale_once}

    def behave(fake: FakeCamera, method: str, headers: dict[str, str]) -> str | None:
        given = dict(re.findall(r'(\w+)="?([^",]*)', headers.get("authorization", "")))
        challenge = f'WWW-Authenticate: Digest realm="cam", nonce="n{state["nonce"]}", qop="auth"'
        if not given:
            return f"401 Unauthorized\n{challenge}"
        a1 = hashlib.md5(f"admin:cam:{password}".encode()).hexdigest()
        a2 = hashlib.md5(f"{method}:{headers['url']}".encode()).hexdigest()
        expected = hashlib.md5(f"{a1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{a2}".encode()).hexdigest()
        if state["stale"] and method == "SETUP":
            state["stale"] = False
            state["nonce"] += 1
            return f"401 Unauthorized\n{challenge.replace('n1', 'n2')}, stale=true"
        if given["response"] != expected or given["nonce"] != f"n{state['nonce']}":
            return f"401 Unauthorized\n{challenge}"
        return well_behaved(fake, method, headers)

    return behave


def test_a_digest_log_in_is_answered_and_a_stale_nonce_renewed(camera: Callable[..., FakeCamera]) -> None:
    for stale in (False, True):
        fake = camera(digest_camera("right", stale_once=stale))
        opened(fake.url, user="admin", password="right").close()
        assert fake.requests[-1][0] == "PLAY"


def test_a_wrong_password_is_tried_exactly_once_and_never_shown(camera: Callable[..., FakeCamera]) -> None:
    fake = camera(digest_camera("right"))
    with pytest.raises(StreamLoginRefused) as refused:
        opened(fake.url, user="admin", password="wr0ng")
    assert len(fake.requests) == 2
    assert "wr0ng" not in str(refused.value) + repr(StreamSource(device="d", url="u", user="u", password="wr0ng"))


def test_a_log_in_inside_the_address_goes_nowhere(camera: Callable[..., FakeCamera]) -> None:
    fake = camera()
    opened(fake.url.replace("rtsp://", "rtsp://user:secret@")).close()
    assert "secret" not in str(fake.requests)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("404 Not Found", StreamUnsupported),
        ("403 Forbidden", StreamLoginRefused),
        ("503 Service Unavailable", StreamBusy),
        ("453 Not Enough Bandwidth", StreamBusy),
        ("200 OK\n\nm=video 0 RTP/AVP 26\n", StreamUnsupported),
        ("200 OK\n\nhello", StreamUnsupported),
        ("401 Unauthorized\nWWW-Authenticate: Negotiate", StreamUnsupported),
    ],
)
def test_what_a_camera_answers_has_a_name(
    camera: Callable[..., FakeCamera], answer: str, error: type[StreamError]
) -> None:
    def behave(fake: FakeCamera, method: str, headers: dict[str, str]) -> str | None:
        return answer if method == "DESCRIBE" else well_behaved(fake, method, headers)

    with pytest.raises(error):
        opened(camera(behave).url, user="u", password="p")


def test_nobody_at_the_address_and_an_unknown_name_are_told_apart(free_port: int) -> None:
    with pytest.raises(StreamUnreachable) as unreachable:
        opened(f"rtsp://127.0.0.1:{free_port}/")
    assert not isinstance(unreachable.value, StreamNameUnknown)
    with pytest.raises(StreamNameUnknown):
        opened("rtsp://no-such-camera.invalid/")


def test_silence_after_play_is_a_stall_within_the_watchdogs_time(camera: Callable[..., FakeCamera]) -> None:
    stream = opened(camera().url, stall_s=1)
    with pytest.raises(StreamStalled):
        while True:
            stream.read()
    assert 1e9 <= SystemClock().running_ns() - stream.opened_running_ns < 9e9, "ten seconds where nothing else is said"
    stream.close()


def test_a_closed_connection_and_a_goodbye_are_an_end(camera: Callable[..., FakeCamera]) -> None:
    def leave(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    def say_goodbye(connection: socket.socket) -> None:
        bye = struct.pack("!BBHI", 0x81, 203, 1, 9)
        connection.sendall(struct.pack("!cBH", b"$", 1, len(bye)) + bye)

    for ending in (leave, say_goodbye):
        stream = opened(camera(after_play=ending).url)
        with pytest.raises(StreamEnded):
            while True:
                stream.read()
        stream.close()


def test_a_camera_that_does_not_answer_is_given_up_when_asked(
    camera: Callable[..., FakeCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_rtsp, "RESPONSE_TIMEOUT_S", 3600.0)
    ending = threading.Event()

    def mute(*_: object) -> None:
        ending.set()

    with pytest.raises(StreamEnded):
        RtspStream(StreamSource(device="cam", url=camera(mute).url), SystemClock(), ending=ending)


def test_closing_from_another_thread_ends_a_waiting_read_at_once(camera: Callable[..., FakeCamera]) -> None:
    stream = opened(camera().url)
    timer = threading.Timer(0.1, stream.interrupt)
    timer.start()
    with pytest.raises(StreamEnded):
        while True:
            stream.read()
    timer.join()
    stream.close()


@pytest.mark.parametrize(
    "noise", [b"HTTP please go away" * 8000, b"\0" * 200_000, b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"]
)
def test_noise_is_refused(camera: Callable[..., FakeCamera], noise: bytes) -> None:
    fake = camera(after_play=lambda connection: connection.sendall(noise))
    with pytest.raises(StreamError), contextlib.closing(opened(fake.url)) as stream:
        while True:
            stream.read()


def test_log_ins_match_the_published_examples() -> None:
    old = best_challenge(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    header = Login("Mufasa", "CircleOfLife", old).header("GET", "/dir/index.html")
    assert header is not None
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in header
    basic = best_challenge(['Basic realm="cam"'])
    assert Login("Aladdin", "open sesame", basic).header("PLAY", "*") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    both = best_challenge(['Basic realm="x"', 'Digest realm="x", nonce="1", algorithm=MD5', "Negotiate"])
    assert both is not None
    assert both.scheme == "digest"


def test_control_addresses_are_taken_as_cameras_mean_them() -> None:
    assert control_url("rtsp://cam/main/", "trackID=1") == "rtsp://cam/main/trackID=1"
    assert control_url("rtsp://cam/main?a=b", "*") == "rtsp://cam/main?a=b"
    assert control_url("rtsp://cam/main", "rtsp://10.0.0.1/x") == "rtsp://10.0.0.1/x"
    description = parse_sdp(SDP)
    assert [media.control for media in description.media] == ["trackID=1", "trackID=2"]
    assert len(description.media[0].parameter_sets()) == 2
