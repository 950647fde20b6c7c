"""Changing a device: read back, because devices answer OK and do nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from camera.device_error import OnvifFault
from camera.http_call import Answer
from camera.onvif import setting, soap
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Codec, Encoder
from camera.onvif.setting import SetHadNoEffect, read_encoder, set_clock, set_encoder
from camera.onvif.xml_tree import children, find
from foundation.clock import ManualClock, utc_ns_of
from tests.camera.raw_server import RawServer, envelope, time_answer
from tests.camera.scripted_device import ScriptedDevice, value

NOW = ManualClock(now_utc_ns=utc_ns_of(datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)))


class Watch:
    """A device's clock that can be set, or only says so."""

    def __init__(self, *, obeys: bool) -> None:
        self.obeys = obeys
        self.told = "2000-01-01T00:00:00"
        self.zone = ""

    def set(self, request: etree._Element) -> bytes:
        self.zone = value(request, "TZ")
        if self.obeys:
            day = "-".join(f"{int(value(request, part)):02d}" for part in ("Year", "Month", "Day"))
            clock = ":".join(f"{int(value(request, part)):02d}" for part in ("Hour", "Minute", "Second"))
            self.told = f"{day}T{clock}"
        return envelope("<tds:SetSystemDateAndTimeResponse/>")

    def get(self, request: etree._Element) -> bytes:
        return time_answer(self.told)


@pytest.mark.parametrize("obeys", [True, False])
def test_a_clock_is_set_to_ours_in_beijing_time_and_read_back(obeys: bool) -> None:
    watch = Watch(obeys=obeys)
    script = ScriptedDevice(SetSystemDateAndTime=watch.set, GetSystemDateAndTime=watch.get)
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, NOW)
        if obeys:
            assert abs(set_clock(device, NOW).offset_ns) <= 500_000_000
        else:
            with pytest.raises(SetHadNoEffect, match="s off all the same"):
                set_clock(device, NOW)
    assert watch.zone == "CST-8"
    assert script.asked[-1] == "GetSystemDateAndTime"


class Coder:
    """An encoder of Media or Media2 that obeys, rounds, or only says OK."""

    def __init__(self, service: str, *, obeys: bool = True, step_kbps: int = 1) -> None:
        self.prefix = {"media": "trt", "media2": "tr2"}[service]
        self.obeys, self.step_kbps = obeys, step_kbps
        self.values = {
            "Encoding": "H264",
            "Width": "1920",
            "Height": "1080",
            "FrameRateLimit": "25",
            "BitrateLimit": "4096",
        }
        self.gop = "50"
        self.kept = ""

    def set(self, request: etree._Element) -> bytes:
        self.kept = value(request, "Quality")
        if self.obeys:
            self.values = {name: value(request, name) for name in self.values}
            kbps = int(self.values["BitrateLimit"])
            self.values["BitrateLimit"] = str(round(kbps / self.step_kbps) * self.step_kbps)
        return envelope(f'<{self.prefix}:SetVideoEncoderConfigurationResponse xmlns:tr2="x"/>')

    def get(self, request: etree._Element) -> bytes:
        told = self.values
        gop = f"<tt:H264><tt:GovLength>{self.gop}</tt:GovLength><tt:H264Profile>High</tt:H264Profile></tt:H264>"
        return envelope(
            f'<{self.prefix}:Response xmlns:tr2="x"><{self.prefix}:Configurations token="enc-1" GovLength="{self.gop}">'
            f"<tt:Name>main</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{told['Encoding']}</tt:Encoding>"
            f"<tt:Resolution><tt:Width>{told['Width']}</tt:Width><tt:Height>{told['Height']}</tt:Height></tt:Resolution>"
            f"<tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{told['FrameRateLimit']}</tt:FrameRateLimit>"
            f"<tt:BitrateLimit>{told['BitrateLimit']}</tt:BitrateLimit></tt:RateControl>{gop}"
            f"</{self.prefix}:Configurations></{self.prefix}:Response>"
        )


@pytest.mark.parametrize("service", ["media", "media2"])
def test_an_encoder_is_set_read_back_and_can_go_back(service: str) -> None:
    coder = Coder(service, step_kbps=64)
    script = ScriptedDevice(service, SetVideoEncoderConfiguration=coder.set, GetVideoEncoderConfigurations=coder.get)
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, NOW)
        before = read_encoder(device, "enc-1")
        assert before == Encoder(
            token="enc-1", codec=Codec.H264, width_px=1920, height_px=1080, fps=25, bitrate_bps=4_096_000,
            gop_frames=50, media2=service == "media2",
        )  # fmt: skip
        codec = Codec.H265 if service == "media2" else Codec.H264
        wanted = replace(before, codec=codec, fps=15.0, bitrate_bps=1_500_000)
        after = set_encoder(device, wanted)
        assert (after.codec, after.fps, after.bitrate_bps) == (codec, 15, 1_472_000)
        assert float(coder.kept) == 4  # what is not ours to change goes back as it came
        assert set_encoder(device, before) == before


def test_an_encoder_that_only_says_ok_is_found_out() -> None:
    coder = Coder("media2", obeys=False)
    script = ScriptedDevice("media2", SetVideoEncoderConfiguration=coder.set, GetVideoEncoderConfigurations=coder.get)
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, NOW)
        wanted = replace(read_encoder(device, "enc-1"), bitrate_bps=1_000_000)
        with pytest.raises(SetHadNoEffect, match=r"asked for .* 1000 kbit/s, the device has .* 4096 kbit/s"):
            set_encoder(device, wanted)
        with pytest.raises(OnvifFault, match="no encoder 'enc-9'"):
            read_encoder(device, "enc-9")


def recorded(folder: Path, path: str) -> etree._Element:
    body = (folder / "bsd3-austin-hammer/test/media" / path).read_bytes()
    return soap.read_body(Answer(200, {}, body, 0, 0))


def test_recorded_choices_of_media2(captures: Path) -> None:
    body = recorded(captures, "ver20/fixtures/get_video_encoder_configuration_options.xml")
    choices = {choice.codec: choice for choice in map(setting._choice2, children(body, "Options"))}
    assert choices[Codec.H265].sizes[0] == (1920, 1080)
    assert choices[Codec.H264].fps[-1] == 12.5
    assert (choices[Codec.H264].least_bps, choices[Codec.H264].most_bps) == (32_000, 16_384_000)


def test_recorded_choices_of_media(captures: Path) -> None:
    body = recorded(captures, "ver10/fixtures/get_video_encoder_configuration_options_response.xml")
    options = find(body, "Options/H264")
    assert options is not None
    choice = setting._choice1(options, find(body, "Options/Extension/H264"))
    assert (704, 576) in choice.sizes
    assert choice.fps[-1] == 25
