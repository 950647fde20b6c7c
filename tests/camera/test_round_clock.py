"""The round and clocks: which is named wrong, which is set, and when ours is not to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from camera.device_state import Outcome
from camera.facts import DeviceChanged
from camera.onvif.device import OnvifDevice
from camera.onvif.model import DeviceTime
from camera.onvif.setting import SetHadNoEffect, set_clock
from camera.round import RoundRules
from camera.visit import Sighting
from foundation.clock import NS_PER_S, ManualClock
from foundation.proven_time import TimeReading
from simulator.campus import Campus, demo_cameras
from simulator.faults import Fault
from tests.camera.conftest import SMALL, SMALL_SUB
from tests.camera.round_box import Box, Scripted, simulated


def clock_at(offset_s: float, *, by_ntp: bool = False) -> Sighting:
    told = DeviceTime(
        offset_ns=round(offset_s * NS_PER_S), error_ns=NS_PER_S // 2, asked_utc_ns=1, asked_running_ns=1, by_ntp=by_ntp
    )
    return Sighting(outcome=Outcome(), tried_login=True, time=told)


@pytest.mark.parametrize(
    ("offset_s", "named"),
    [(0.9, None), (1.4, None), (3, "off"), (-3, "off"), (8 * 3600, "local_as_utc"), (-8e8, "never_set")],
)
def test_a_wrong_clock_is_named_for_what_is_wrong_with_it(box: Box, offset_s: float, named: str | None) -> None:
    rounds = box.round(Scripted("a", clock_at(offset_s)))
    rounds.run_once()
    assert box.open_kinds() == set()
    rounds.run_once()
    assert [finding.evidence["fault"] for finding in box.findings.all_open()] == ([named] if named else [])


def test_a_round_after_our_own_clock_was_set_judges_no_clock(tmp_path: Path) -> None:
    clock = ManualClock()
    box = Box(tmp_path, clock)
    rounds = box.round(Scripted("a", clock_at(0.1), clock_at(600), clock_at(600), clock_at(600)))
    rounds.run_once()
    clock.advance(seconds=30)
    clock.step_wall(seconds=-600)
    rounds.run_once()
    told_then = box.status("a").clock_offset_ns
    rounds.run_once()
    assert box.open_kinds() == set(), "one reading since"
    rounds.run_once()
    assert (told_then, box.open_kinds()) == (NS_PER_S // 10, {("device:a", "camera.clock_wrong")})
    box.close()


def test_no_clock_is_set_for_what_our_own_wrong_clock_showed(tmp_path: Path) -> None:
    clock = ManualClock()
    box, camera = Box(tmp_path, clock), Scripted("a", clock_at(600))
    rules = RoundRules(keep_clock=frozenset({"a"}))
    rounds = box.round(camera, rules=rules, set_clock=lambda device: device.time(), own_clock_holds=lambda: True)
    rounds.run_once()
    rounds.run_once()
    clock.step_wall(seconds=600)  # by a time server: now ours is right, and perhaps the camera always was
    rounds.run_once()
    assert not camera.asked_to_set
    rounds.run_once()
    rounds.run_once()
    rounds.run_once()
    assert camera.asked_to_set, "it is wrong beside the right clock too"
    box.close()


def test_the_history_says_that_a_clock_set_by_us_followed_a_time_server(box: Box) -> None:
    rounds = box.round(Scripted("a", clock_at(600, by_ntp=True), replace(clock_at(0), clock_set="")))
    rounds.run_once()
    rounds.run_once()
    changed = [DeviceChanged.model_validate_json(told) for told in box.facts(DeviceChanged.kind)]
    assert [(one.before, one.after) for one in changed] == [("+600.0 s (NTP)", "+0.0 s")]


def test_only_a_clock_that_no_time_server_sets_vouches_for_time_and_once_an_hour(box: Box) -> None:
    rounds = box.round(Scripted("own", clock_at(0.1)), Scripted("ntp", clock_at(0.1, by_ntp=True)))
    rounds.run_once()
    rounds.run_once()
    readings = [TimeReading.model_validate_json(body) for body in box.facts(TimeReading.kind)]
    assert [(reading.source_kind, reading.source) for reading in readings] == [("camera", "own")]


@pytest.fixture
def standing(root: Path) -> Iterator[Campus]:
    """Two cameras whose time passes only when a test moves it: between asking and setting none is lost."""
    cache = root / ".cache" / "simulator-tests"
    cameras, clock = demo_cameras(2, SMALL, SMALL_SUB), ManualClock()
    with Campus(cameras=cameras, cache=cache, clock=clock, progress=lambda _: None, prepare_faults=False) as running:
        yield running


def test_a_clock_is_set_only_where_the_settings_ask_for_it_and_ours_is_right(tmp_path: Path, standing: Campus) -> None:
    campus, box, ours_is_right = standing, Box(tmp_path, standing.clock), [False]
    rules = RoundRules(keep_clock=frozenset({"gate"}))
    circle = box.round(
        simulated(box, campus, "gate"),
        simulated(box, campus, "corridor"),
        rules=rules,
        set_clock=lambda device: set_clock(device, box.clock),
        own_clock_holds=lambda: ours_is_right[0],
    )
    for camera in ("gate", "corridor"):
        campus.set_fault(camera, Fault.CLOCK_WRONG)
    for _ in range(3):
        circle.run_once()
    wrong = {("device:gate", "camera.clock_wrong"), ("device:corridor", "camera.clock_wrong")}
    assert box.open_kinds() == wrong  # nobody sets a camera by a clock that may be wrong itself
    ours_is_right[0] = True
    circle.run_once()
    assert box.open_kinds() == {("device:corridor", "camera.clock_wrong")}
    changed = [DeviceChanged.model_validate_json(told) for told in box.facts(DeviceChanged.kind)]
    assert [(one.device_id, one.what) for one in changed] == [("gate", "clock_set")]
    assert abs(float(changed[0].before.removesuffix(" s")) - 600) < 1
    assert abs(float(changed[0].after.removesuffix(" s"))) < 1
    box.close()


def test_a_clock_that_cannot_be_set_is_not_set_again_and_again(tmp_path: Path, campus: Campus) -> None:
    box, tries = Box(tmp_path), []

    def refuse(device: OnvifDevice) -> DeviceTime:
        tries.append(device.address)
        raise SetHadNoEffect("it is 600 s off all the same")

    rules = RoundRules(keep_clock=frozenset({"gate"}))
    circle = box.round(simulated(box, campus, "gate"), rules=rules, set_clock=refuse, own_clock_holds=lambda: True)
    campus.set_fault("gate", Fault.CLOCK_WRONG)
    for _ in range(5):
        circle.run_once()
    assert len(tries) == 1
    assert box.open_kinds() == {("device:gate", "camera.clock_wrong"), ("device:gate", "camera.set_not_kept")}
    (ignored,) = [one for one in box.findings.all_open() if one.kind == "camera.set_not_kept"]
    assert "600 s off" in str(ignored.evidence["device_tells"])
    campus.set_fault("gate", None)
    circle.run_once()
    assert box.open_kinds() == set()
    box.close()
