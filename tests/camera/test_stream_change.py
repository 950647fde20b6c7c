"""What a device's streams were and what they were set to: a change of itself, a setting ignored, and one lied about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from camera.facts import DeviceAccepted, StreamMeasured
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Codec, Encoder
from camera.onvif.setting import SetHadNoEffect, read_encoder, set_encoder
from camera.round import CameraRound, RoundRules
from camera.stream_change import AskedStream
from camera.stream_watch import StreamWatch
from config.point import Point
from foundation.clock import NS_PER_S
from foundation.journal import read_entries
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated, told_by_the_office
from tests.camera.test_stream_health import real_reading

POINT = "point:east-gate"


class Watched:
    """A round over the gate that asks for its streams each time."""

    def __init__(self, folder: Path, campus: Campus) -> None:
        self.box, self.campus = Box(folder), campus
        self.asked: AskedStream | None = None
        self.circle = self.box.round(
            simulated(self.box, campus, "gate"),
            rules=RoundRules(points={("gate", 0): "east-gate"}),
            asked=lambda point_id: self.asked if point_id == "east-gate" else None,
        )

    def look(self) -> set[tuple[str, str]]:
        self.circle._streams_at_ns.clear()  # five minutes went by
        assert self.circle.run_once().good == 1
        return self.box.open_kinds()

    def device(self) -> OnvifDevice:
        login = Login(self.campus.account.user, self.campus.account.password)
        return OnvifDevice(self.campus.addresses("gate").onvif_url, login, self.box.clock)

    def ask(self, encoder: Encoder, *, ago_s: float = 300, undone: bool = False) -> None:
        """What the office wrote down when it set the encoder."""
        self.asked = AskedStream(
            codec=encoder.codec,
            fps=encoder.fps,
            bitrate_bps=encoder.bitrate_bps,
            at_utc_ns=self.box.clock.utc_ns() - round(ago_s * NS_PER_S),
            undone=undone,
        )


@pytest.fixture
def gate(tmp_path: Path, campus: Campus) -> Iterator[Watched]:
    made = Watched(tmp_path, campus)
    assert made.look() == set()
    yield made
    made.box.close()


def test_a_codec_that_changed_of_itself_is_said_until_it_is_accepted(gate: Watched, campus: Campus) -> None:
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    assert gate.look() == {(POINT, "camera.codec_changed")}
    (finding,) = gate.box.findings.all_open()
    assert (finding.evidence["codec_before"], finding.evidence["codec_now"]) == ("H264", "H265")
    assert gate.look() == {(POINT, "camera.codec_changed")}  # it does not become right by being there
    gate.circle.take_fact(told_by_the_office(gate.box, DeviceAccepted(device_id="gate", by="李老师")))
    assert gate.look() == set()


def test_a_codec_that_is_set_back_needs_nobody(gate: Watched, campus: Campus) -> None:
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    assert gate.look() == {(POINT, "camera.codec_changed")}
    campus.set_fault("gate", None)
    assert gate.look() == set()


@pytest.mark.parametrize("undone", [False, True])
def test_a_codec_that_we_asked_for_ourselves_is_no_news(gate: Watched, campus: Campus, undone: bool) -> None:
    wanted = replace(read_encoder(gate.device(), "VideoEncoder_Profile_1"), codec=Codec.H265)
    gate.ask(wanted, undone=undone)
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    assert gate.look() == set()


def test_a_setting_that_the_device_ignores_is_a_finding_until_it_keeps_it(gate: Watched, campus: Campus) -> None:
    campus.set_fault("gate", Fault.IGNORES_SET)
    device = gate.device()
    wanted = replace(read_encoder(device, "VideoEncoder_Profile_1"), bitrate_bps=32_000)
    gate.ask(wanted, ago_s=1)
    with pytest.raises(SetHadNoEffect):
        set_encoder(device, wanted)
    assert gate.look() == set()  # it may still be under way
    gate.ask(wanted)
    assert gate.look() == {(POINT, "camera.set_not_kept")}
    (finding,) = gate.box.findings.all_open()
    assert finding.evidence["asked"] == "H264 2 fps 32 kbit/s"
    assert finding.evidence["device_tells"] == "H264 2 fps 64 kbit/s"
    gate.ask(wanted, undone=True)
    assert gate.look() == set()


def test_a_device_that_lies_about_a_setting_is_found_out_by_what_it_sends(gate: Watched, campus: Campus) -> None:
    campus.set_fault("gate", Fault.LIES_ABOUT_SET)
    device = gate.device()
    wanted = replace(read_encoder(device, "VideoEncoder_Profile_1"), codec=Codec.H265)
    assert set_encoder(device, wanted).codec is Codec.H265  # so it says
    gate.ask(wanted)
    assert gate.look() == set()
    real = real_reading(campus, until=lambda _: True)
    point = Point(id="east-gate", name="门", device="gate", volume="main", retention="law")
    watch = StreamWatch([point], gate.box.register, gate.box.findings, gate.box.clock)
    for _ in range(3):
        told = StreamMeasured(
            point_id="east-gate", codec="h264", seconds=60, bits_per_s=real.bits_per_s, fps=real.fps,
            keyframe_s=real.keyframe_s, frames=real.frames, packets_lost=0, damaged_frames=0,
        )  # fmt: skip
        gate.box.register.journal.append(told)
        watch.take_fact(read_entries(gate.box.cameras, after=0, limit=1000)[-1])
    assert (POINT, "camera.codec_not_as_set") in gate.box.open_kinds()


def test_a_point_that_left_the_settings_leaves_no_finding_behind(gate: Watched, campus: Campus) -> None:
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    assert gate.look() == {(POINT, "camera.codec_changed")}
    rest: CameraRound = gate.box.round(simulated(gate.box, campus, "gate"))
    assert gate.box.open_kinds() == set()
    rest.close()
