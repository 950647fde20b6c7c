"""What a client may set at a simulated camera, seen by the stream that then comes."""

from __future__ import annotations

import socket
import time
from typing import Any

import requests

from simulator.campus import Campus, demo_cameras
from simulator.faults import Fault
from simulator.loop import Codec, nal_units
from tests.simulator.conftest import SMALL, SMALL_SUB
from tests.simulator.test_onvif import connect
from tests.support.discovery import alone_on_loopback
from tests.support.waiting import wait_until


def main_stream(campus: Campus, camera: str) -> Any:
    return campus._running[camera]._streams["/main"].reel.loop.spec


def set_main(campus: Campus, camera: str, **values: Any) -> Any:
    """Sets the main encoder by the stock client through Media, which knows H.264 alone; returns what it then tells."""
    media = connect(campus, camera).create_media_service()
    configuration = media.GetVideoEncoderConfiguration({"ConfigurationToken": "VideoEncoder_Profile_1"})
    for name, value in values.items():
        setattr(configuration.RateControl, name, value)
    media.SetVideoEncoderConfiguration({"Configuration": configuration, "ForcePersistence": True})
    return media.GetVideoEncoderConfiguration({"ConfigurationToken": "VideoEncoder_Profile_1"}).RateControl


def test_a_set_encoder_is_told_and_then_sent(healthy: Campus) -> None:
    before = main_stream(healthy, "gate")
    told = set_main(healthy, "gate", FrameRateLimit=2, BitrateLimit=100)
    assert (told.FrameRateLimit, told.BitrateLimit) == (2, 100)
    wait_until(lambda: (main_stream(healthy, "gate").fps, main_stream(healthy, "gate").bitrate_bps) == (2, 100_000))
    set_main(healthy, "gate", FrameRateLimit=before.fps, BitrateLimit=before.bitrate_bps // 1000)
    wait_until(lambda: main_stream(healthy, "gate") == before)


def test_one_camera_ignores_what_it_is_told_and_another_lies_about_it(healthy: Campus) -> None:
    before = main_stream(healthy, "gate")
    healthy.set_fault("gate", Fault.IGNORES_SET)
    assert set_main(healthy, "gate", BitrateLimit=100).BitrateLimit == 200
    healthy.set_fault("gate", Fault.LIES_ABOUT_SET)
    assert set_main(healthy, "gate", BitrateLimit=100).BitrateLimit == 100
    assert main_stream(healthy, "gate") == before
    healthy.set_fault("gate", None)
    assert set_main(healthy, "gate").BitrateLimit == 200


def test_another_codec_cuts_viewers_off_and_is_sent(healthy: Campus) -> None:
    healthy.set_fault("gate", Fault.CODEC_CHANGED)
    assert main_stream(healthy, "gate").codec is Codec.H265
    frame = healthy._running["gate"]._streams["/main"].reel.loop.frames[0]
    assert {unit[0] >> 1 & 0x3F for unit in nal_units(frame)} >= {32, 33, 34}  # VPS, SPS, PPS of H.265
    healthy.set_fault("gate", None)
    assert main_stream(healthy, "gate").codec is Codec.H264


def test_another_identity_is_told(healthy: Campus) -> None:
    healthy.set_fault("gate", Fault.NEW_IDENTITY)
    assert connect(healthy, "gate").devicemgmt.GetDeviceInformation().SerialNumber == "XSIM000001"
    healthy.set_fault("gate", None)
    assert connect(healthy, "gate").devicemgmt.GetDeviceInformation().SerialNumber == "SIM000001"


def test_cameras_answer_a_probe_on_their_interface_alone(loops: Any) -> None:
    question = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        b'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        b"<s:Header><w:MessageID>urn:uuid:1</w:MessageID></s:Header>"
        b"<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
    )
    with (
        alone_on_loopback(),
        Campus(cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=loops, discoverable=True) as running,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker,
    ):
        asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        asker.settimeout(30)
        asker.sendto(b"<nonsense", ("239.255.255.250", 3702))
        asker.sendto(question.replace(b"NetworkVideoTransmitter", b"Printer"), ("239.255.255.250", 3702))
        asker.sendto(question, ("239.255.255.250", 3702))
        ends = time.monotonic() + 30
        answers: list[str] = []
        while len(answers) < 2 and time.monotonic() < ends:
            answers.append(asker.recv(65_535).decode())
        assert all("urn:uuid:1" in answer for answer in answers)
        for camera in running.cameras:
            assert any(running.addresses(camera.id).onvif_url in answer for answer in answers)


def test_an_input_is_pressed_over_http(healthy: Campus) -> None:
    url = f"{healthy.control_url}/cameras/gate/inputs"
    assert requests.post(url, json={"token": "DI_1", "closed": True}, timeout=10).json()["inputs"]["DI_1"]
    assert requests.post(url, json={"token": "DI_9", "closed": True}, timeout=10).status_code == 422
    healthy.set_input("gate", "DI_1", closed=False)
