"""Finding devices on the network and writing down what check-config accepts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from camera.http_call import Limits
from camera.login import Login
from camera.onvif import discovery
from camera.onvif.device import OnvifDevice
from camera.onvif.discovery import Found, ask_addresses, enrol, probe, read_matches
from camera.settings_text import device_id, devices_text, enrolled_text
from config.settings import read_settings
from foundation.clock import SystemClock
from simulator.campus import Campus
from tests.camera.raw_server import RawServer, mute, saying
from tests.support.waiting import WAIT_AT_MOST_S

MATCH = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:ProbeMatches><d:ProbeMatch>'
    "<w:EndpointReference><w:Address>urn:uuid:{uuid}</w:Address></w:EndpointReference>"
    "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{name} "
    "onvif://www.onvif.org/hardware/DS-2CD</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>"
    "</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
)


def match(addresses: str, *, name: str = "East%20gate", uuid: str = "1") -> bytes:
    return MATCH.format(addresses=addresses, name=name, uuid=uuid).encode()


def test_of_a_devices_addresses_the_one_it_answered_from_is_taken() -> None:
    told = match("http://169.254.7.7/onvif/device_service http://10.0.0.7:8080/onvif/device_service")
    (found,) = read_matches(told, "10.0.0.7")
    assert found == Found("http://10.0.0.7:8080/onvif/device_service", "East gate", "DS-2CD", "urn:uuid:1")


def test_a_device_that_tells_only_a_wrong_address_is_reached_where_it_answered() -> None:
    (found,) = read_matches(match("http://192.168.1.108:8000/onvif/device_service"), "10.0.0.9")
    assert found.address == "http://10.0.0.9:8000/onvif/device_service"


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"<a", b"<!DOCTYPE a><a/>", match("urn:none")])
def test_an_answer_that_cannot_be_read_is_passed_over(body: bytes) -> None:
    assert read_matches(body, "10.0.0.7") == ()


@pytest.fixture
def crowd() -> Iterator[tuple[str, int]]:
    """Somebody on the loopback who answers a probe with two devices, one of them twice, and with nonsense."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.settimeout(0.2)
        ending = threading.Event()

        def serve() -> None:
            while not ending.is_set():
                try:
                    question, asker = channel.recvfrom(65_535)
                except TimeoutError:
                    continue
                assert b"NetworkVideoTransmitter" in question
                for answer in (
                    match("http://127.0.0.1:81/onvif/device_service"),
                    b"<broken",
                    match("http://127.0.0.1:81/onvif/device_service"),
                    match("http://127.0.0.1:82/onvif/device_service", name="Hof", uuid="2"),
                ):
                    channel.sendto(answer, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield channel.getsockname()
        ending.set()
        thread.join(5)


def test_everybody_who_answers_is_found_once(crowd: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_MOST_ANSWERS", 2)  # the last answer ends it, however late it comes
    found = probe("127.0.0.1", wait_s=WAIT_AT_MOST_S, group=crowd)
    assert [(one.name, one.address) for one in found] == [
        ("East gate", "http://127.0.0.1:81/onvif/device_service"),
        ("Hof", "http://127.0.0.1:82/onvif/device_service"),
    ]


def test_a_list_of_addresses_finds_who_speaks_onvif_and_passes_the_others_over(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "_ASKING_LIMITS", Limits(connect_s=6.0, call_s=6.0))
    ours = campus.addresses("gate").onvif_url.removeprefix("http://").partition("/")[0]
    with RawServer(saying(b"<html>printer</html>", kind="text/html")) as printer, RawServer(mute) as silent:
        found = ask_addresses([ours, f"127.0.0.1:{printer.port}", f"127.0.0.1:{silent.port}"], SystemClock())
    assert [one.address for one in found] == [campus.addresses("gate").onvif_url]


def test_names_become_ids_that_are_never_taken_twice() -> None:
    taken: set[str] = set()
    names = ["East Gate", "East Gate", "东门", "", "x" * 90]
    ids = [device_id(Found(f"http://10.0.0.{number}/onvif", name, "", ""), taken) for number, name in enumerate(names)]
    assert ids == ["east-gate", "east-gate-2", "camera-10-0-0-2", "camera-10-0-0-3", "x" * 48]


def test_devices_that_the_settings_know_already_are_left_out() -> None:
    found = [Found("http://10.0.0.1/d", "a", "", ""), Found("http://10.0.0.2/d", "b", "", "")]
    text = devices_text(found, credential="cams", known=["http://10.0.0.1/d"])
    assert yaml.safe_load(text) == {
        "devices": [{"id": "b", "name": "b", "address": "http://10.0.0.2/d", "credential": "cams"}]
    }


def test_what_enrolment_prints_is_accepted_by_the_settings(tmp_path: Path, campus: Campus) -> None:
    url = campus.addresses("gate").onvif_url
    device = OnvifDevice(url, Login(campus.account.user, campus.account.password), SystemClock())
    taken_in = enrol(Found(url, "东门 East", "", ""), device)
    assert taken_in.identity.serial == "SIM000001"
    assert len(taken_in.mac) == 17
    printed = enrolled_text([taken_in], credential="cams", volume="main", retention="law")
    file = tmp_path / "campus.yaml"
    file.write_text(
        "campus: {id: east, name: East School, address: Road 1, gatehouse_phone: '123456'}\n"
        "credentials: [{id: cams, user: campus, password_env: CAMS}]\n"
        f"volumes: [{{id: main, path: {tmp_path}, when_full: stop}}]\n"
        "retention: [{id: law}]\n"
        "pages: {gatehouse: {port: 8001}, office: {port: 8002}}\n" + printed,
        encoding="utf-8",
    )
    settings = read_settings(file)
    assert [point.device for point in settings.points] == [device.id for device in settings.devices]
