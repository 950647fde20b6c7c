"""One device, many points: a recorder (NVR) with cameras behind it, each of its channels a point of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from lxml import etree

from camera.events import CameraEvents
from camera.onvif.device import OnvifDevice
from camera.onvif.discovery import Found, enrol
from camera.onvif.model import Codec, DeviceEvent
from camera.query import stream_source
from camera.round import RoundRules
from camera.settings_text import enrolled_text
from foundation.clock import SystemClock
from tests.camera.raw_server import RawServer, envelope, fault
from tests.camera.round_box import Box
from tests.camera.scripted_device import ScriptedDevice, value

CHANNELS = 3
TRT = 'xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'


def profile(channel: int, part: str, width: int, height: int) -> str:
    return (
        f'<trt:Profiles token="{part}-{channel}"><tt:Name>{part}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="vsc-{channel}"><tt:SourceToken>video-{channel}</tt:SourceToken>'
        f'</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="enc-{part}-{channel}">'
        f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        "</tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>2048</tt:BitrateLimit>"
        "</tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def profiles(request: etree._Element) -> bytes:
    # As recorders do: all main streams first, then all sub-streams, and the third camera behind it has none.
    mains = [profile(channel, "main", 1920, 1080) for channel in range(CHANNELS)]
    subs = [profile(channel, "sub", 640, 360) for channel in range(CHANNELS - 1)]
    return envelope(f"<trt:GetProfilesResponse {TRT}>{''.join(mains + subs)}</trt:GetProfilesResponse>")


def video_sources(request: etree._Element) -> bytes:
    told = "".join(f'<trt:VideoSources token="video-{channel}"/>' for channel in range(CHANNELS))
    return envelope(f"<trt:GetVideoSourcesResponse {TRT}>{told}</trt:GetVideoSourcesResponse>")


def stream_uri(request: etree._Element) -> bytes:
    uri = f"rtsp://10.1.2.3:554/{value(request, 'ProfileToken')}"  # its address in its own network
    return envelope(f"<trt:R {TRT}><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:R>")


def identity(request: etree._Element) -> bytes:
    return envelope(
        "<tds:R><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>NVR-3</tds:Model>"
        "<tds:FirmwareVersion>4</tds:FirmwareVersion><tds:SerialNumber>N1</tds:SerialNumber></tds:R>"
    )


@pytest.fixture
def recorder() -> Iterator[RawServer]:
    script = ScriptedDevice(
        "media",
        GetProfiles=profiles,
        GetVideoSources=video_sources,
        GetStreamUri=stream_uri,
        GetDeviceInformation=identity,
    )
    with RawServer(script) as server:
        yield server


def no_services(request: etree._Element) -> bytes:
    return fault("ActionNotSupported")


def capabilities(request: etree._Element) -> bytes:
    xaddr = "<tt:XAddr>http://10.1.2.3/onvif/device_service</tt:XAddr>"
    told = f"<tds:Capabilities><tt:Device>{xaddr}</tt:Device><tt:Media>{xaddr}</tt:Media></tds:Capabilities>"
    return envelope(f"<tds:GetCapabilitiesResponse>{told}</tds:GetCapabilitiesResponse>")


def test_an_old_device_that_lists_no_services_is_believed_by_its_capabilities() -> None:
    script = ScriptedDevice(
        GetServices=no_services, GetCapabilities=capabilities, GetProfiles=profiles, GetVideoSources=video_sources,
        GetStreamUri=stream_uri,
    )  # fmt: skip
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, SystemClock())
        assert len(device.streams()) == CHANNELS
        assert not device.has("media2")


def test_a_media2_that_tells_nothing_of_encoders_is_passed_over_for_media() -> None:
    def both(request: etree._Element) -> bytes:
        if etree.QName(request).namespace.endswith("ver10/media/wsdl"):
            return profiles(request)
        bare = '<m:Profiles token="main-0"><m:Configurations><m:VideoSource token="v"><tt:SourceToken>video-0'
        ends = "</tt:SourceToken></m:VideoSource></m:Configurations></m:Profiles>"
        return envelope(f'<m:R xmlns:m="http://www.onvif.org/ver20/media/wsdl">{bare}{ends}</m:R>')

    with RawServer(ScriptedDevice("media", "media2", GetProfiles=both)) as server:
        found = OnvifDevice(server.url, None, SystemClock()).profiles()
    assert {profile.codec for profile in found} == {Codec.H264}
    assert not any(profile.media2 for profile in found)


def test_enrolment_makes_a_point_of_each_channel(tmp_path: Path, recorder: RawServer) -> None:
    box = Box(tmp_path)
    taken = enrol(Found(recorder.url, "NVR", "", ""), OnvifDevice(recorder.url, None, box.clock))
    printed = yaml.safe_load(enrolled_text([taken], credential=None, volume="main", retention="law"))
    assert [device["id"] for device in printed["devices"]] == ["nvr"]
    assert [(point["id"], point.get("source", 0)) for point in printed["points"]] == [
        ("nvr-1", 0), ("nvr-2", 1), ("nvr-3", 2),
    ]  # fmt: skip
    box.close()


def test_each_channel_has_its_own_streams_and_events_and_a_missing_one_is_said(
    tmp_path: Path, recorder: RawServer
) -> None:
    box = Box(tmp_path)
    visitor = box.visitor("nvr", recorder.url)
    box.round(visitor, rules=RoundRules(sources_due={"nvr": (0, 1, 7)})).run_once()
    found = [stream_source(box.cameras, "nvr", number) for number in range(CHANNELS)]
    assert [one.main.uri if one else None for one in found] == [
        f"rtsp://127.0.0.1:554/main-{channel}" for channel in range(CHANNELS)
    ]
    assert [bool(one and one.sub) for one in found] == [True, True, False]
    (missing,) = box.findings.all_open()
    assert (missing.kind, missing.evidence["sources"], missing.evidence["given"]) == ("camera.no_such_source", "7", 3)
    points = {("nvr", 0): "hall", ("nvr", 1): "stairs"}
    heard = CameraEvents([visitor], box.register, box.findings, box.clock, is_well=lambda _: True, points=points)
    lost = DeviceEvent("VideoSource/SignalLoss", "Changed", None, (("Source", "video-1"),), (("State", "true"),))
    heard.take("nvr", [lost])
    assert ("point:stairs", "camera.signal_loss") in box.open_kinds()
    box.close()
