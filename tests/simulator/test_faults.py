from __future__ import annotations

import socket
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
import pytest
import requests
from numpy.typing import NDArray
from requests.auth import HTTPBasicAuth
from typer.testing import CliRunner

from simulator.campus import Campus
from simulator.cli import app
from simulator.faults import Fault
from simulator.loop import LOOP_S
from tests.simulator.conftest import SMALL
from tests.simulator.rtsp_client import Packet, RtspClient
from tests.support.waiting import wait_until


def viewer(campus: Campus, camera: str = "gate") -> RtspClient:
    account = campus.account
    return RtspClient(campus.addresses(camera).rtsp_main_url, account.user, account.password)


def listing(campus: Campus) -> dict[str, Any]:
    answer = requests.get(f"{campus.control_url}/cameras", timeout=10).json()
    return {camera["id"]: camera for camera in answer["cameras"]}


def first_packet(connection: RtspClient) -> Packet:
    while not isinstance(got := connection.receive(), Packet):
        pass
    return got


def test_the_listing_tells_everything_needed_to_use_a_camera(healthy: Campus) -> None:
    cameras = listing(healthy)
    assert list(cameras) == ["gate", "corridor"]
    corridor = cameras["corridor"]
    assert corridor["codec"] == "H265"
    assert corridor["fault"] is None
    assert corridor["onvif_url"] == healthy.addresses("corridor").onvif_url
    assert (corridor["user"], corridor["password"]) == (healthy.account.user, healthy.account.password)


def test_faults_are_set_and_cleared_over_http(healthy: Campus) -> None:
    url = f"{healthy.control_url}/cameras/gate/fault"
    assert requests.post(url, json={"fault": "stall"}, timeout=10).json()["fault"] == "stall"
    assert listing(healthy)["gate"]["fault"] == "stall"
    assert listing(healthy)["corridor"]["fault"] is None
    assert requests.delete(url, timeout=10).json()["fault"] is None
    assert healthy.fault("gate") is None


def test_an_unknown_fault_or_camera_is_refused_with_what_there_is(healthy: Campus) -> None:
    wrong = requests.post(f"{healthy.control_url}/cameras/gate/fault", json={"fault": "fire"}, timeout=10)
    assert wrong.status_code == 422
    assert "stall" in wrong.json()["error"]
    nobody = requests.delete(f"{healthy.control_url}/cameras/roof/fault", timeout=10)
    assert nobody.status_code == 404
    assert "corridor" in nobody.json()["error"]


def test_faults_are_set_and_cleared_from_the_command_line(healthy: Campus) -> None:
    def command(name: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["fault", "corridor", name, "--control", healthy.control_url])
        return result.exit_code, result.output

    assert command("covered") == (0, "corridor: covered\n")
    assert healthy.fault("corridor") is Fault.COVERED
    assert command("clear") == (0, "corridor: no fault\n")
    assert healthy.fault("corridor") is None
    code, output = command("fire")
    assert code == 1
    assert "refuses_login" in output


def test_down_refuses_connections_and_comes_back_on_the_same_ports(healthy: Campus) -> None:
    at = healthy.addresses("gate")
    with viewer(healthy) as watching:
        watching.play()
        first_packet(watching)
        healthy.set_fault("gate", Fault.DOWN)
        with pytest.raises((ConnectionError, AssertionError)):
            while True:
                watching.receive()
    for url in (at.onvif_url, at.rtsp_main_url):
        place = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((place.hostname, place.port), timeout=5)
    healthy.set_fault("gate", None)
    with viewer(healthy) as watching:
        watching.play()
        assert first_packet(watching).payload
    assert healthy.addresses("gate") == at


def test_refuses_login_turns_away_the_correct_password_but_not_a_running_stream(healthy: Campus) -> None:
    at, account = healthy.addresses("gate"), healthy.account
    with viewer(healthy) as watching:
        watching.play()
        healthy.set_fault("gate", Fault.REFUSES_LOGIN)
        with viewer(healthy) as other:
            assert other.ask("DESCRIBE").status == 401
        log_in = HTTPBasicAuth(account.user, account.password)
        assert requests.get(at.snapshot_url, auth=log_in, timeout=10).status_code == 401
        assert watching.ask("GET_PARAMETER").status == 200
        assert first_packet(watching).payload
    healthy.set_fault("gate", None)
    assert requests.get(at.snapshot_url, auth=log_in, timeout=10).status_code == 200


def test_mute_accepts_and_never_answers(healthy: Campus) -> None:
    at = healthy.addresses("gate")
    with viewer(healthy) as watching:
        watching.play()
        first_packet(watching)
        healthy.set_fault("gate", Fault.MUTE)
        watching.drain()
        assert watching.is_silent_for(1.5)
    with viewer(healthy) as other, pytest.raises(TimeoutError):
        other._socket.settimeout(1.0)
        other.ask("OPTIONS")
    with pytest.raises(requests.ReadTimeout):
        requests.post(at.onvif_url, b"", timeout=1)
    healthy.set_fault("gate", None)
    with viewer(healthy) as other:
        assert other.ask("OPTIONS").status == 200


def test_stall_keeps_the_session_and_sends_no_packets(healthy: Campus) -> None:
    with viewer(healthy) as watching:
        watching.play()
        first_packet(watching)
        healthy.set_fault("gate", Fault.STALL)
        watching.drain()
        assert watching.is_silent_for(1.5)
        assert watching.ask("GET_PARAMETER").status == 200
        mended = datetime.now(UTC).timestamp()
        healthy.set_fault("gate", None)
        again = first_packet(watching)
        # what comes first can be decoded: the keyframe of a whole second since then
        seconds = range(int(mended), int(datetime.now(UTC).timestamp()) + 2)
        assert again.timestamp in {second * 90_000 % 2**32 for second in seconds}


@pytest.mark.parametrize("camera", ["gate", "corridor"])
def test_covered_darkens_both_streams_and_the_snapshot(healthy: Campus, camera: str) -> None:
    at, account = healthy.addresses(camera), healthy.account
    log_in = HTTPBasicAuth(account.user, account.password)

    def brightness() -> list[float]:
        found = []
        for url in (at.rtsp_main_url, at.rtsp_sub_url):
            whole = url.replace("//", f"//{account.user}:{account.password}@")
            options = {"rtsp_transport": "tcp", "analyzeduration": "500000"}
            with av.open(whole, options=options, timeout=30) as played:
                found.append(float(next(played.decode(video=0)).to_ndarray(format="gray").mean()))
        still = requests.get(at.snapshot_url, auth=log_in, timeout=10).content
        picture = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        return [*found, float(picture.mean())]

    clear = brightness()
    healthy.set_fault(camera, Fault.COVERED)
    covered = brightness()
    assert all(dark < bright / 2 for dark, bright in zip(covered, clear, strict=True))


def test_a_running_stream_goes_over_to_the_cover_without_a_break(healthy: Campus) -> None:
    account = healthy.account
    whole = healthy.addresses("corridor").rtsp_main_url.replace("//", f"//{account.user}:{account.password}@")
    stamps: list[int] = []
    light: list[float] = []
    with av.open(whole, options={"rtsp_transport": "tcp", "analyzeduration": "500000"}, timeout=30) as played:
        for frame in played.decode(video=0):
            stamps.append(frame.pts or 0)  # FFmpeg leaves out the stamp of the first picture, which is 0
            light.append(float(frame.to_ndarray(format="gray").mean()))
            if len(stamps) == 5:
                healthy.set_fault("corridor", Fault.COVERED)
            if (len(stamps) > 20 and light[0] > 2 * light[-1]) or len(stamps) > LOOP_S * SMALL.fps:
                break
    assert light[0] > 2 * light[-1]
    assert len({after - before for before, after in pairwise(stamps)}) == 1


def test_a_frozen_camera_sends_the_same_picture_for_ever_and_mends(healthy: Campus) -> None:
    healthy.set_fault("gate", Fault.FROZEN)
    first = snapshot(healthy)
    later = healthy.clock.utc_ns() + 1_100_000_000  # another keyframe
    wait_until(lambda: healthy.clock.utc_ns() > later)
    assert np.array_equal(snapshot(healthy), first)
    healthy.set_fault("gate", None)
    wait_until(lambda: not np.array_equal(snapshot(healthy), first), what="another picture than that of second 0")


def snapshot(campus: Campus) -> NDArray[np.uint8]:
    account = campus.account
    answer = requests.get(
        campus.addresses("gate").snapshot_url, auth=HTTPBasicAuth(account.user, account.password), timeout=10
    )
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)
