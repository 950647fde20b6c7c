"""What devices answer, read without trust and without losing what is right."""

from __future__ import annotations

import resource
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.device_error import DeviceError, Garbled, LoginRefused, NotOnvif, OnvifFault
from camera.http_call import Answer
from camera.onvif import reading, soap, xml_tree, zeep_camera
from camera.onvif.address import first_of, from_here
from camera.onvif.model import Codec
from camera.onvif.stream_choice import main_and_sub
from camera.onvif.xml_tree import Element
from tests.camera.raw_server import envelope, fault, time_answer

AUSTIN, ANDREW = "bsd3-austin-hammer/test", "mit-andrew-laptev/test/serverMockup"


def answered(body: bytes, status: int = 200) -> Element:
    return soap.read_body(Answer(status, {}, body, 0, 0))


def recorded(folder: Path, path: str) -> Element:
    return answered((folder / path).read_bytes())


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><s:Envelope xmlns:s="s"><s:Body><a>&x;</a></s:Body></s:Envelope>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16-be"),
    ],
)
def test_document_types_and_entities_are_refused_in_every_encoding(body: bytes) -> None:
    with pytest.raises(Garbled, match="document type"):
        xml_tree.parse(body)


def test_nobody_is_asked_for_an_external_entity() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        stranger.setblocking(False)
        url = f"http://127.0.0.1:{stranger.getsockname()[1]}/secret"
        for body in (
            f'<!DOCTYPE a SYSTEM "{url}"><a/>',
            f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]><a>&x;</a>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{url}">%x;]><a/>',
        ):
            with pytest.raises(Garbled):
                answered(body.encode())
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_service_description_never_comes_over_the_network(tmp_path: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        stranger.setblocking(False)
        description = tmp_path / "device.wsdl"
        description.write_text(
            '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:x"><import namespace="urn:y"'
            f' location="http://127.0.0.1:{stranger.getsockname()[1]}/more.wsdl"/></definitions>'
        )
        with pytest.raises(ValueError, match="not a file that came with this software"):
            zeep_camera._document(str(description))
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_an_entity_bomb_costs_neither_time_nor_memory() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "boom">{levels}]><Envelope><Body><x y="&a11;">&a11;</x></Body></Envelope>'
    before_kb, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(DeviceError):
        answered(bomb.encode())
    assert time.process_time() - began < 5, "written out it would be 400 GB"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20_000


def test_half_a_million_nested_elements_are_cut_off_and_not_a_crash() -> None:
    deepest = answered(b"<Envelope><Body>" + b"<a>" * 500_000)
    depth = 0
    while len(deepest):
        deepest, depth = deepest[0], depth + 1
    assert depth < 5_000


def test_what_is_wrong_in_one_place_does_not_cost_the_rest() -> None:
    body = envelope(
        "<tds:GetDeviceInformationResponse><vendor:Extra>1</vendor:Extra><tds:Manufacturer>H\x01k</tds:Manufacturer>"
        "<tds:Model>DS</tds:Model><tds:Unheard><tds:Of/></tds:Unheard><tds:SerialNumber>42</tds:SerialNumber>"
        "</tds:GetDeviceInformationResponse>"
    ).replace(b"H\x01k", b"H\xffk")
    who = reading.identity(answered(body))
    assert (who.model, who.serial, who.firmware) == ("DS", "42", "")


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_refused_log_in_is_known_whatever_the_http_status(status: int) -> None:
    with pytest.raises(LoginRefused):
        answered(fault("NotAuthorized"), status)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_soap_is_one_too(status: int) -> None:
    with pytest.raises(LoginRefused):
        answered(b"<html>Unauthorized</html>", status)


def test_a_web_page_is_not_onvif_and_a_plain_500_is_garbled() -> None:
    for page in (b"<!DOCTYPE html><html></html>", b"hello", b"", b"<feed/>"):
        with pytest.raises(NotOnvif):
            answered(page)
    with pytest.raises(NotOnvif):
        answered(b"not found", 404)
    with pytest.raises(Garbled):
        answered(b"Internal error", 500)


def test_a_fault_keeps_its_innermost_subcode() -> None:
    with pytest.raises(OnvifFault) as caught:
        answered(fault("InvalidArgVal", "NoProfile", reason="  no such\n profile "), 400)
    assert (caught.value.subcode, caught.value.reason) == ("NoProfile", "no such profile")


@pytest.mark.parametrize(
    ("told", "reached", "usable"),
    [
        ("http://192.168.1.64/onvif/x", "http://203.0.113.5:8080/onvif/d", "http://203.0.113.5:8080/onvif/x"),
        ("http://10.0.0.7:8899/onvif/x", "http://10.0.0.7/onvif/d", "http://10.0.0.7:8899/onvif/x"),
        ("rtsp://192.168.1.64:554/s?a=1", "http://203.0.113.5:8080/d", "rtsp://203.0.113.5:554/s?a=1"),
        ("rtsp://admin:pw@10.0.0.7/s", "http://10.0.0.7/d", "rtsp://10.0.0.7/s"),
        ("http://192.168.1.64/snap", "https://cam.example:8443/d", "https://cam.example:8443/snap"),
        ("http://0.0.0.0/x", "http://[fe80::7]:81/d", "http://[fe80::7]:81/x"),
    ],
)
def test_addresses_are_made_usable_from_here_and_lose_their_log_in(told: str, reached: str, usable: str) -> None:
    assert from_here(told, reached) == usable


@given(st.text(max_size=60))
def test_any_told_address_is_a_url_or_garbled(told: str) -> None:
    try:
        usable = from_here(told, "http://10.0.0.7/d")
    except Garbled:
        return
    assert "10.0.0.7" in usable
    assert "@" not in usable.partition("//")[2].partition("/")[0]


def test_of_several_addresses_the_ipv4_one_is_taken() -> None:
    assert first_of("http://[fe80::1]/d http://10.0.0.7/d") == "http://10.0.0.7/d"


def test_a_clock_that_shows_no_date_is_garbled() -> None:
    with pytest.raises(Garbled, match="no date"):
        reading.utc_time(answered(time_answer("2024-13-40T00:00:00")))


@given(st.binary(max_size=300))
def test_no_answer_whatever_leads_to_an_error_without_a_name(noise: bytes) -> None:
    for body in (noise, envelope("<a/>")[:-20] + noise, noise + envelope("<a/>")):
        try:
            reading.profiles(answered(body), media2=False)
        except DeviceError:
            continue


# ── recorded from real devices ──────────────────────────────────────────────────────────────────────────────────────


def test_every_recorded_answer_is_read_or_refused_by_name(captures: Path) -> None:
    read = refused = 0
    for file in captures.rglob("*.xml"):
        try:
            answered(file.read_bytes())
            read += 1
        except (OnvifFault, NotOnvif):
            refused += 1
    assert read > 85
    assert read + refused == len(list(captures.rglob("*.xml")))


def test_recorded_clock_in_another_year(captures: Path) -> None:
    moment = reading.utc_time(recorded(captures, f"{ANDREW}/GetSystemDateAndTime.xml"))
    assert moment == datetime(2014, 12, 24, 19, 14, 37, tzinfo=UTC)


def test_recorded_profile_without_encoding_or_resolution_is_kept_and_ranks_last(captures: Path) -> None:
    path = f"{AUSTIN}/media/ver10/fixtures/get_profiles_response_with_invalid_video_encoder.xml"
    profiles = reading.profiles(recorded(captures, path), media2=False)
    assert profiles[0].codec is Codec.OTHER
    assert profiles[0].pixels == 0
    main, _ = main_and_sub(profiles)
    assert main is not None


def test_recorded_profiles_give_main_and_sub(captures: Path) -> None:
    profiles = reading.profiles(recorded(captures, f"{ANDREW}/GetProfiles.xml"), media2=False)
    assert (profiles[0].width_px, profiles[0].height_px, profiles[0].codec) == (1920, 1080, Codec.H264)
    assert profiles[0].bitrate_bps == 1_000_000


def test_recorded_services_name_another_host(captures: Path) -> None:
    told = reading.service_addresses(recorded(captures, f"{ANDREW}/GetServices.xml"))
    address = told["http://www.onvif.org/ver10/media/wsdl"]
    assert from_here(address, "http://10.1.1.1:8000/onvif/device_service") == "http://10.1.1.1:8000/onvif/services"


def test_recorded_capabilities_of_an_encoder_declared_as_utf_16_that_is_none(captures: Path) -> None:
    body = recorded(captures, f"{ANDREW}/GetCapabilitiesEncoder.xml")
    assert reading.capability_addresses(body, {"media": "media-namespace"})
    assert len(reading.source_tokens(recorded(captures, f"{ANDREW}/GetVideoSourcesEncoder.xml"))) > 1


def test_recorded_padded_topic_is_read_clean(captures: Path) -> None:
    found = reading.events(recorded(captures, f"{ANDREW}/PullMessages.xml"))
    assert found[0].topic == "RuleEngine/CellMotionDetector/Motion"
    assert found[0].data == (("IsMotion", "true"),)
