"""The round: what the inspector knows of devices, writes down, tells, and leaves alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from camera.device_error import LoginRefused
from camera.device_state import DeviceState, Outcome
from camera.facts import DeviceAccepted, DeviceChanged, DeviceStateChanged, LoginRetryAsked, StreamsChanged
from camera.http_call import Limits
from camera.onvif.device import OnvifDevice
from camera.query import device_states, stream_source
from camera.round import RoundRules
from camera.visit import Sighting, Visitor
from foundation.clock import NS_PER_S, SystemClock
from foundation.journal import Entry, read_entries
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.raw_server import RawServer, mute
from tests.camera.round_box import CUT_OFF, GONE, GOOD, QUICK, Box, Scripted, simulated, told_by_the_office, who
from tests.support.waiting import wait_until


def test_after_a_round_state_identity_clock_and_streams_are_known(box: Box, campus: Campus) -> None:
    assert box.round(*(simulated(box, campus, name) for name in ("gate", "corridor"))).run_once().good == 2
    status = box.status("corridor")
    assert (status.state, status.serial, status.clock_by_ntp) == (DeviceState.OK, "SIM000002", True)
    assert status.clock_offset_ns is not None
    source = stream_source(box.cameras, "corridor", 0)
    assert source is not None
    assert (source.main.codec, source.main.uri) == ("H265", campus.addresses("corridor").rtsp_main_url)
    assert stream_source(box.cameras, "corridor", 1) is None
    assert len(box.facts(StreamsChanged.kind)) == 2
    assert len(box.facts(DeviceStateChanged.kind)) == 2


def test_a_round_that_finds_nothing_new_tells_nothing(box: Box, campus: Campus) -> None:
    rounds = box.round(simulated(box, campus, "gate"))
    rounds.run_once()
    told = len(read_entries(box.cameras, after=0))
    rounds.run_once()
    assert len(read_entries(box.cameras, after=0)) == told


def test_a_device_that_goes_down_is_found_in_the_second_round_and_cleared_when_it_is_back(
    box: Box, campus: Campus
) -> None:
    rounds = box.round(simulated(box, campus, "gate"))
    rounds.run_once()
    campus.set_fault("gate", Fault.DOWN)
    rounds.run_once()
    assert box.open_kinds() == set()
    rounds.run_once()
    assert box.open_kinds() == {("device:gate", "camera.unreachable")}
    assert box.status("gate").state is DeviceState.FAILING
    campus.set_fault("gate", None)
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == set()
    assert box.status("gate").state is DeviceState.OK


def test_three_that_fail_at_once_are_one_finding(box: Box) -> None:
    names = ("a", "b", "c", "d")
    visitors = [Scripted(name, GOOD, GONE, GONE, GONE, GOOD) for name in names[:3]]
    rounds = box.round(*visitors, Scripted("d", GOOD))
    for _ in range(4):
        rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.unreachable_together")}
    (finding,) = box.findings.all_open()
    assert finding.evidence["devices"] == "a, b, c"
    for _ in range(2):
        rounds.run_once()
    assert box.open_kinds() == set()


def test_without_a_network_of_our_own_no_camera_is_blamed(box: Box) -> None:
    rounds = box.round(Scripted("a", GOOD, CUT_OFF, CUT_OFF, CUT_OFF, GOOD), Scripted("b", GOOD, CUT_OFF))
    for _ in range(4):
        rounds.run_once()
    assert box.open_kinds() == {("campus:east", "camera.own_link_down")}
    assert {status.state for status in device_states(box.cameras)} == {DeviceState.OK}
    rounds.run_once()
    assert box.open_kinds() == set()


def test_what_was_not_visited_lately_is_unknown_and_not_good(box: Box) -> None:
    box.round(Scripted("a", GOOD)).run_once()
    now = box.clock.utc_ns()
    assert device_states(box.cameras, now_utc_ns=now)[0].state is DeviceState.OK
    assert device_states(box.cameras, now_utc_ns=now + 200 * NS_PER_S)[0].state is DeviceState.UNKNOWN


def test_another_serial_at_the_same_address_is_swapped(box: Box) -> None:
    rounds = box.round(Scripted("a", who("1"), who("1"), who("2")))
    for _ in range(3):
        rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.swapped")}
    (change,) = box.facts(DeviceChanged.kind)
    assert '"before":"1"' in change


def test_a_person_accepts_the_other_device(box: Box) -> None:
    rounds = box.round(Scripted("a", who("1"), who("2")))
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.swapped")}
    rounds.take_fact(told_by_the_office(box, DeviceAccepted(device_id="a", by="李老师")))
    rounds.run_once()
    assert box.open_kinds() == set()


def test_a_point_bound_to_a_source_that_is_not_there_is_a_finding(box: Box, campus: Campus) -> None:
    rules = RoundRules(sources_due={"gate": (0, 3)})
    box.round(simulated(box, campus, "gate"), rules=rules).run_once()
    assert box.open_kinds() == {("device:gate", "camera.no_such_source")}


def test_a_device_that_left_the_settings_leaves_the_rows_and_the_findings(box: Box) -> None:
    rounds = box.round(Scripted("a", GONE), Scripted("b", GOOD))
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.unreachable")}
    box.round(Scripted("b", GOOD))
    assert box.open_kinds() == set()
    assert [status.id for status in device_states(box.cameras)] == ["b"]


@pytest.mark.alone
def test_mute_devices_do_not_hold_up_the_others_and_closing_does_not_wait_for_them(box: Box, campus: Campus) -> None:
    with RawServer(mute) as server:
        visitors = [box.visitor(f"mute-{number}", server.url, limits=QUICK) for number in range(8)]
        good = [simulated(box, campus, name) for name in ("gate", "corridor")]
        rounds = box.round(*visitors, *good, rules=RoundRules(period_s=30, workers=10))
        report = rounds.run_once()
        assert (report.visited, report.good) == (10, 2)
        assert report.took_s < 8 * QUICK.call_s, "one after the other"
    slow = Limits(connect_s=1, call_s=30)
    with RawServer(mute) as server:
        stuck = Visitor("x", server.url, lambda: None, lambda at, login: OnvifDevice(at, login, box.clock, slow))
        rounds = box.round(stuck)
        rounds.start()
        wait_until(lambda: server.connections > 0, what="a visit under way")
        began = time.monotonic()
        rounds.close()
        assert time.monotonic() - began < 15, "the visit may take 30 s"
    assert rounds.failure is None


def test_the_service_goes_round_again_by_itself(box: Box, campus: Campus) -> None:
    rounds = box.round(simulated(box, campus, "gate"), rules=RoundRules(period_s=0.2))
    rounds.start()
    try:
        wait_until(lambda: box.status("gate").state is DeviceState.OK, what="the first visit")
        first = box.status("gate").last_visit_utc_ns
        wait_until(lambda: box.status("gate").last_visit_utc_ns != first, what="the second visit")
    finally:
        rounds.close()


class Sleeper(SystemClock):
    """A clock of a box that a test puts to sleep: its running time goes on, and nobody works."""

    slept_ns = 0

    def running_ns(self) -> int:
        return super().running_ns() + self.slept_ns


def test_a_box_that_slept_leaves_a_round_out_before_it_judges_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, woke_s, visited_s = Sleeper(), list[float](), list[float]()

    class Timed(Scripted):
        def visit(self, **asked: Any) -> Sighting:
            visited_s.append(time.monotonic())
            return super().visit(**asked)

    box = Box(tmp_path, clock)
    rounds = box.round(Timed("a", GOOD), rules=RoundRules(period_s=0.6))
    pause = rounds._pause

    def pause_and_sleep(pause_s: float) -> None:
        pause(pause_s)
        if not woke_s:
            clock.slept_ns = 3600 * NS_PER_S
            woke_s.append(time.monotonic())

    monkeypatch.setattr(rounds, "_pause", pause_and_sleep)
    rounds.start()
    try:
        wait_until(lambda: len(visited_s) >= 2, what="the second visit")
    finally:
        rounds.close()
    assert visited_s[1] - woke_s[0] >= 0.6, "its network needs a moment"
    box.close()


def test_another_camera_is_said_until_it_is_accepted_or_the_old_one_is_back(tmp_path: Path, campus: Campus) -> None:
    box = Box(tmp_path)
    circle = box.round(simulated(box, campus, "gate"))
    circle.run_once()
    campus.set_fault("gate", Fault.NEW_IDENTITY)
    circle.run_once()
    swapped = {("device:gate", "camera.swapped")}
    assert box.open_kinds() == swapped
    circle.run_once()
    assert box.open_kinds() == swapped  # it does not become right by being there
    campus.set_fault("gate", None)
    circle.run_once()
    assert box.open_kinds() == set()
    campus.set_fault("gate", Fault.NEW_IDENTITY)
    circle.run_once()
    accepted = DeviceAccepted(device_id="gate", by="li")
    circle.take_fact(Entry("office", 1, "id-1", accepted.kind, 1, 0, accepted.model_dump_json()))
    circle.run_once()
    assert box.open_kinds() == set()
    box.close()


def test_another_codec_is_told_with_what_it_was(
    tmp_path: Path, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camera.round._STREAMS_EVERY_S", 0.0)
    box = Box(tmp_path)
    circle = box.round(simulated(box, campus, "gate"))
    circle.run_once()
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    circle.run_once()
    changed = [DeviceChanged.model_validate_json(told) for told in box.facts(DeviceChanged.kind)]
    assert [(one.what, one.source, one.before, one.after) for one in changed] == [
        ("main_stream", 0, "H264 320x180 2 fps 64 kbit/s", "H265 320x180 2 fps 64 kbit/s")
    ]
    found = stream_source(box.cameras, "gate", 0)
    assert found is not None
    assert found.main.codec == "H265"
    box.close()


def test_a_person_who_asks_does_not_wait_for_the_next_round(tmp_path: Path) -> None:
    refused = Sighting(outcome=Outcome(LoginRefused.trouble, "no"), tried_login=True)
    visitor = Scripted("gate", refused, GOOD)
    box = Box(tmp_path)
    circle = box.round(visitor, rules=RoundRules(period_s=600))
    circle.start()
    wait_until(lambda: box.open_kinds() == {("device:gate", "camera.login_refused")})
    asked = LoginRetryAsked(device_id="gate", by="li")
    circle.take_fact(Entry("office", 1, "id-1", asked.kind, 1, 0, asked.model_dump_json()))
    wait_until(lambda: box.open_kinds() == set())  # one log-in that works is enough
    circle.close()
    box.close()
