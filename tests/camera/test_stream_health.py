"""How a stream really comes: measured where it is received anyway, compared with what the camera says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from camera.facts import StreamMeasured
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.setting import read_encoder, set_encoder
from camera.stream import TICKS_PER_S, Codec, Frame, StreamSource, VideoFormat
from camera.stream_health import (
    StreamAsSet,
    StreamFault,
    StreamMeter,
    StreamReading,
    StreamRules,
    StreamStanding,
    faults_of,
)
from camera.stream_rtsp import RtspStream
from camera.stream_watch import StreamWatch
from config.point import Point
from foundation.clock import NS_PER_S, SystemClock
from foundation.journal import Entry, read_entries
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated

FORMAT = VideoFormat(Codec.H264, (b"sps", b"pps"), 1920, 1080)
GOOD = StreamReading(
    seconds=60, bits_per_s=2_000_000, fps=25, keyframe_s=2.0, frames=1500, packets_lost=0, damaged_frames=0
)
AS_SET = StreamAsSet(codec="H264", fps=25.0, bitrate_bps=2_000_000)


def feed(
    meter: StreamMeter, seconds: float, *, fps: int = 25, size: int = 10_000, gop: int = 50, begin: int = 0
) -> int:
    """A regular stream; returns the ticks at its end."""
    step = TICKS_PER_S // fps
    for number in range(round(seconds * fps)):
        meter.take(Frame(begin + number * step, number % gop == 0, bytearray(size), FORMAT, 0))
    return begin + round(seconds * fps) * step


def test_rate_frames_and_keyframes_are_measured() -> None:
    meter = StreamMeter()
    feed(meter, 30)
    found = meter.reading(packets_lost=3)
    assert found is not None
    assert round(found.fps, 6) == 25
    assert round(found.bits_per_s) == 10_000 * 8 * 25
    assert found.keyframe_s == 2.0
    assert found.packets_lost == 3
    assert meter.codec == "h264"


def test_too_little_says_nothing_and_is_counted_on() -> None:
    meter = StreamMeter()
    end = feed(meter, 15)
    assert meter.reading(packets_lost=1) is None
    feed(meter, 15, begin=end)
    found = meter.reading(packets_lost=1)
    assert found is not None
    assert round(found.fps) == 25
    assert found.packets_lost == 1


def test_a_broken_connection_is_no_slow_stream_and_its_losses_count_once() -> None:
    meter = StreamMeter()
    feed(meter, 15)
    meter.broke(packets_lost=2)
    feed(meter, 15, begin=10**9)  # another connection, another clock
    found = meter.reading(packets_lost=5)
    assert found is not None
    assert round(found.fps) == 25
    assert found.packets_lost == 7
    feed(meter, 30, begin=10**9 + 16 * TICKS_PER_S)
    again = meter.reading(packets_lost=6)
    assert again is not None
    assert again.packets_lost == 1


def test_each_fault_has_its_measure() -> None:
    def faults(**values: float) -> set[StreamFault]:
        return set(faults_of(replace(GOOD, **values), "h264", AS_SET))  # type: ignore[arg-type]

    assert faults() == set()
    assert faults(bits_per_s=2_700_000) == {StreamFault.RATE_ABOVE_SET}
    assert faults(bits_per_s=2_400_000) == set()  # a variable rate goes over for a while
    assert faults(fps=12) == {StreamFault.FRAMES_MISSING}
    assert faults(keyframe_s=12) == {StreamFault.KEYFRAMES_RARE}
    assert faults(packets_lost=40) == {StreamFault.PACKETS_LOST}
    assert faults(damaged_frames=40) == {StreamFault.PACKETS_LOST}
    assert faults_of(GOOD, "h265", AS_SET) == {StreamFault.CODEC_NOT_SET}


def test_what_the_camera_does_not_say_cannot_be_wrong() -> None:
    bad = replace(GOOD, bits_per_s=9e9, fps=1)
    assert faults_of(bad, "h264", None) == frozenset()
    assert faults_of(bad, "h264", StreamAsSet(codec="other", fps=None, bitrate_bps=None)) == frozenset()


def real_reading(campus: Campus, until: Callable[[StreamReading], bool]) -> StreamReading:
    """What the gate's main stream really is, measured as the recorder does."""
    account = campus.account
    source = StreamSource(
        device="gate", url=campus.addresses("gate").rtsp_main_url, user=account.user, password=account.password
    )
    meter, found = StreamMeter(least_s=2.4), None
    stream = RtspStream(source, SystemClock())
    try:
        while found is None or not until(found):
            for frame in stream.read():
                if isinstance(frame, Frame):
                    meter.take(frame)
            found = meter.reading(stream.packets_lost) or found
    finally:
        stream.close()
    return found


def test_a_real_stream_is_measured(campus: Campus) -> None:
    found = real_reading(campus, until=lambda _: True)
    assert abs(found.fps - 2) < 0.1
    assert found.keyframe_s is not None
    assert abs(found.keyframe_s - 1) < 0.1
    assert found.packets_lost == 0


def test_lost_packets_of_a_real_stream_are_counted(campus: Campus) -> None:
    campus.set_fault("gate", Fault.LOSES_PACKETS)
    found = real_reading(campus, until=lambda reading: reading.packets_lost > 0)
    assert StreamFault.PACKETS_LOST in faults_of(found, "h264", None)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_a_fault_stands_only_by_three_bad_minutes_of_five_and_goes_by_three_good_ones(bad: list[bool]) -> None:
    standing, fault = StreamStanding(), StreamFault.FRAMES_MISSING
    for number, is_bad in enumerate(bad, start=1):
        before = fault in standing.open
        now = fault in standing.judge(frozenset({fault} if is_bad else ()))
        window = bad[max(0, number - StreamRules().window) : number]
        if now and not before:
            assert sum(window) >= 3
        if before and not now:
            assert bad[number - 3 : number] == [False] * 3


def measured(**values: object) -> StreamMeasured:
    told = {"point_id": "gate", "codec": "h264", "seconds": 60.0, "bits_per_s": 64_000.0, "fps": 2.0, "keyframe_s": 1.0,
            "frames": 120, "packets_lost": 0, "damaged_frames": 0}  # fmt: skip
    return StreamMeasured.model_validate(told | values)


def test_a_camera_that_sends_more_than_it_says_is_a_finding_until_it_does_not(tmp_path: Path, campus: Campus) -> None:
    box = Box(tmp_path)
    box.round(simulated(box, campus, "gate")).run_once()
    point = Point(id="gate", name="门", device="gate", volume="main", retention="law")
    watch = StreamWatch([point], box.register, box.findings, box.clock)

    def minute(**values: object) -> None:
        box.register.journal.append(measured(**values))
        watch.take_fact(read_entries(box.cameras, after=0, limit=1000)[-1])

    def kinds() -> set[str]:
        return {finding.kind for finding in box.findings.all_open()}

    for _ in range(2):
        minute(bits_per_s=200_000.0)
    assert kinds() == set()  # a storm of two minutes
    minute(bits_per_s=200_000.0, fps=1.0)
    assert kinds() == {"camera.rate_above_set"}
    (finding,) = box.findings.all_open()
    assert finding.subject == "point:gate"
    assert (finding.evidence["kbit_per_s"], finding.evidence["kbit_per_s_set"]) == (200, 64)
    again = StreamWatch([point], box.register, box.findings, box.clock)  # a restart forgets nothing
    watch = again
    minute()
    assert kinds() == {"camera.rate_above_set"}
    minute()
    minute()
    assert kinds() == set()
    box.close()


def test_a_measure_of_yesterday_says_nothing_about_now(tmp_path: Path) -> None:
    box = Box(tmp_path)
    point = Point(id="gate", name="门", device="gate", volume="main", retention="law")
    watch = StreamWatch([point], box.register, box.findings, box.clock)
    old = box.clock.utc_ns() - 600 * NS_PER_S
    fact = measured(packets_lost=100)
    for number in range(5):
        watch.take_fact(Entry("catalogue", number, f"id-{number}", fact.kind, 1, old, fact.model_dump_json()))
    assert box.findings.all_open() == []
    box.close()


def test_a_camera_that_lies_about_its_setting_is_found_by_what_it_sends(tmp_path: Path, campus: Campus) -> None:
    """Set to half its rate it says OK, tells the new rate when asked, and sends the old one."""
    account, box = campus.account, Box(tmp_path)
    login = Login(account.user, account.password)
    device = OnvifDevice(campus.addresses("gate").onvif_url, login, box.clock)
    campus.set_fault("gate", Fault.LIES_ABOUT_SET)
    before = read_encoder(device, "VideoEncoder_Profile_1")
    assert set_encoder(device, replace(before, bitrate_bps=before.bitrate_bps // 2)).bitrate_bps == 32_000
    box.round(simulated(box, campus, "gate")).run_once()
    reading = real_reading(campus, until=lambda found: found.seconds > 2)
    point = Point(id="gate", name="门", device="gate", volume="main", retention="law")
    watch = StreamWatch([point], box.register, box.findings, box.clock)
    for _ in range(3):
        box.register.journal.append(StreamMeasured(point_id="gate", codec="h264", **asdict(reading)))
        watch.take_fact(read_entries(box.cameras, after=0, limit=1000)[-1])
    assert box.open_kinds() == {("point:gate", "camera.rate_above_set")}
    box.close()
