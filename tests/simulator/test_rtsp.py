from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from foundation.clock import SystemClock
from simulator.campus import Campus, demo_cameras
from simulator.loop import Codec
from simulator.scenes.overlay import read_seconds
from tests.simulator.conftest import SMALL, SMALL_SUB
from tests.simulator.rtsp_client import Packet, Report, RtspClient

CODECS = {"gate": "h264", "corridor": "hevc"}
TICKS_PER_FRAME = 90_000 // SMALL.fps


class ShiftedClock(SystemClock):
    """The host's clock, set to another second of the minute."""

    _shift_ns = 0

    def set_second(self, second: float) -> None:
        self._shift_ns += int((second - self.utc_ns() / 1e9 % 60) * 1e9)

    def utc_ns(self) -> int:
        return super().utc_ns() + self._shift_ns


def url(campus: Campus, camera: str, path: str = "main", password: str | None = None) -> str:
    at = campus.addresses(camera)
    plain = at.rtsp_main_url if path == "main" else at.rtsp_sub_url
    return plain.replace("//", f"//{campus.account.user}:{password or campus.account.password}@")


def client(campus: Campus, camera: str = "gate", password: str | None = None) -> RtspClient:
    account = campus.account
    return RtspClient(campus.addresses(camera).rtsp_main_url, account.user, password or account.password)


def packets(connection: RtspClient, count: int, channel: int = 0) -> list[Packet]:
    received: list[Packet] = []
    while len(received) < count:
        got = connection.receive(channel)
        if isinstance(got, Packet):
            received.append(got)
    return received


def until(connection: RtspClient, sequence: int) -> list[Packet]:
    """What comes up to the packet of that number."""
    received = packets(connection, 1)
    while received[-1].sequence != sequence:
        received += packets(connection, 1)
    return received


@pytest.fixture(scope="module")
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture(scope="module")
def shifted_campus(loops: Path, clock: ShiftedClock) -> Iterator[Campus]:
    """A campus whose clock can be set."""
    with Campus(cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=loops, clock=clock) as running:
        yield running


@pytest.mark.parametrize("camera", CODECS)
def test_a_player_decodes_without_a_gap_across_the_end_of_a_minute(
    shifted_campus: Campus, clock: ShiftedClock, camera: str
) -> None:
    stamps: list[int] = []
    shown: list[float | None] = []
    clock.set_second(57.5)
    with av.open(
        url(shifted_campus, camera), options={"rtsp_transport": "tcp", "analyzeduration": "500000"}, timeout=30
    ) as played:
        assert played.streams.video[0].codec_context.name == CODECS[camera]
        for frame in played.decode(video=0):
            stamps.append(frame.pts or 0)  # FFmpeg leaves out the stamp of the first picture, which is 0
            assert not frame.is_corrupt
            if len(stamps) % SMALL.fps == 1:
                shown.append(read_seconds(frame.to_ndarray(format="bgr24").astype(np.uint8)))
            if len(stamps) > 30:
                break
    assert {after - before for before, after in pairwise(stamps)} == {TICKS_PER_FRAME}
    seconds = [second for second in shown if second is not None]
    assert len(seconds) == len(shown)
    assert {round((after - before) % 60, 1) for before, after in pairwise(seconds)} == {1.0}
    assert seconds[0] > 50 > seconds[-1]


@pytest.mark.parametrize("camera", CODECS)
def test_the_sub_stream_is_small_h264(campus: Campus, camera: str) -> None:
    with av.open(
        url(campus, camera, "sub"), options={"rtsp_transport": "tcp", "analyzeduration": "500000"}, timeout=30
    ) as played:
        frame = next(played.decode(video=0))
        assert (frame.width, frame.height) == (SMALL_SUB.width, SMALL_SUB.height)
        assert played.streams.video[0].codec_context.name == "h264"


def test_a_wrong_password_is_refused(campus: Campus) -> None:
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(url(campus, "gate", password="wrong"), options={"rtsp_transport": "tcp"}, timeout=30)
    with client(campus, password="wrong") as connection:
        assert connection.ask("DESCRIBE").status == 401
        assert connection.ask("SETUP", Transport="RTP/AVP/TCP;unicast;interleaved=0-1").status == 401


def test_rtp_time_is_the_wall_clock_and_so_is_the_sender_report(campus: Campus) -> None:
    with client(campus) as connection:
        began = datetime.now(UTC).timestamp()
        info = connection.play()["rtp-info"]
        first = connection.receive()
        assert isinstance(first, Packet)
        assert f"rtptime={first.timestamp}" in info
        # a keyframe, and those come at whole seconds
        seconds = range(int(began), int(datetime.now(UTC).timestamp()) + 2)
        assert first.timestamp in {second * 90_000 % 2**32 for second in seconds}
        report = next(got for got in iter(connection.receive, None) if isinstance(got, Report))
        assert began - 1.0 < report.ntp_unix_s < datetime.now(UTC).timestamp() + 1.0
        difference = (round(report.ntp_unix_s * 90_000) - report.timestamp) % 2**32
        assert min(difference, 2**32 - difference) < 90


@pytest.mark.parametrize("camera", CODECS)
def test_sequence_numbers_run_on_and_the_marker_ends_each_frame(campus: Campus, camera: str) -> None:
    with client(campus, camera) as connection:
        connection.play()
        received = packets(connection, 40)
    for before, after in pairwise(received):
        assert after.sequence == (before.sequence + 1) & 0xFFFF
        assert before.marker == (before.timestamp != after.timestamp)
        assert (after.timestamp - before.timestamp) % 2**32 in (0, TICKS_PER_FRAME)


def test_a_stream_comes_on_the_channel_asked_for(campus: Campus) -> None:
    with client(campus) as connection:
        connection.play(channel=4)
        received = packets(connection, 12, channel=4)
    assert [packet.sequence for packet in received] == [(received[0].sequence + i) & 0xFFFF for i in range(12)]


def test_requests_are_answered_while_the_stream_plays(campus: Campus) -> None:
    with client(campus) as connection:
        connection.play()
        packets(connection, 3)
        assert connection.ask("GET_PARAMETER").status == 200
        assert "PLAY" in connection.ask("OPTIONS").headers["public"]
        assert connection.ask("ANNOUNCE").status == 501
        assert connection.ask("TEARDOWN").status == 200


def test_what_the_server_cannot_do_is_refused_by_its_number(campus: Campus) -> None:
    with client(campus) as connection:
        assert connection.ask("DESCRIBE", connection.url + "/nothing").status == 404
        assert connection.ask("PLAY").status == 455
        assert (
            connection.ask(
                "SETUP", connection.url + "/track1", Transport="RTP/AVP;unicast;client_port=4000-4001"
            ).status
            == 461
        )


def test_the_description_carries_the_parameter_sets(campus: Campus) -> None:
    for camera, parts in (
        ("gate", ["H264/90000", "sprop-parameter-sets="]),
        ("corridor", ["H265/90000", "sprop-vps="]),
    ):
        with client(campus, camera) as connection:
            body = connection.ask("DESCRIBE").body.decode()
        assert all(part in body for part in parts)
    assert campus.cameras[1].codec is Codec.H265


def test_sixteen_viewers_get_the_same_packets(campus: Campus) -> None:
    connections = [client(campus) for _ in range(16)]
    try:
        for connection in connections:
            connection.play()
        last = packets(connections[-1], 40)
        seen = [until(connection, last[-1].sequence) for connection in connections[:-1]]
    finally:
        for connection in connections:
            connection.__exit__()
    assert all(one[-40:] == last for one in seen)
