"""Every picture fault of the simulator, from the camera's stream over one decoded keyframe to the point's finding.

The pictures come over RTSP; only the time between looks is not waited for: the clock that dates them is moved by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from camera.login import Login
from camera.picture.health import LOOK_EVERY_S, PictureHealth, WatchedPoint
from camera.picture.keyframe import take_keyframe
from camera.picture.picture import Picture
from camera.stream import StreamSource
from foundation.clock import ManualClock, SystemClock
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated
from tests.camera.test_picture_health import look_once

FOUND_AS: Final = {
    Fault.COVERED: {"picture.covered"},
    Fault.FROZEN: {"picture.frozen"},
    Fault.BLURRED: {"picture.blurred"},
    Fault.TURNED: {"picture.moved"},
    Fault.DARK: {"picture.black", "picture.too_dark"},
    Fault.NOISE: {"picture.noise"},
}
"""One of these must be the finding: what is dark is too dark or black, as it falls out."""
MAIN = Quality(width=640, height=360, fps=1, bitrate_bps=300_000)
SUB = SubQuality(width=160, height=90, fps=1, bitrate_bps=64_000)
"""Too small to be looked at: so the main stream is, and each loop is drawn at one useful size."""
LEARN, MOST = 7, 12
"""Looks; a slow machine may miss a keyframe, so faults have more than the five that they need."""


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    """A gate for each fault; all show the same loop, so it is drawn once."""
    (gate,) = demo_cameras(1, MAIN, SUB)
    cameras = [
        replace(gate, id=fault.value, identity=replace(gate.identity, serial=f"S{number}"))
        for number, fault in enumerate(FOUND_AS)
    ]
    with Campus(
        cameras=cameras, cache=root / ".cache" / "simulator-tests", progress=lambda _: None, prepare_faults=False
    ) as running:
        yield running


def test_each_picture_fault_of_a_camera_is_found_by_its_own_name_and_ends_when_mended(
    tmp_path: Path, campus: Campus
) -> None:
    box, clock = Box(tmp_path), ManualClock()
    box.round(*(simulated(box, campus, fault.value) for fault in FOUND_AS)).run_once()

    def take(source: StreamSource) -> Picture:
        return replace(take_keyframe(source, SystemClock()), taken_utc_ns=clock.utc_ns())

    login = Login(campus.account.user, campus.account.password)
    points = [WatchedPoint(fault.value, fault.value, 0, lambda: login) for fault in FOUND_AS]
    health = PictureHealth(
        points, box.register, box.findings, clock, campus_id="east", is_well=lambda _: True, every_s=0.0, take=take
    )
    health.prepare()

    def look() -> dict[str, set[str]]:
        look_once(health)
        clock.advance(seconds=LOOK_EVERY_S)
        found: dict[str, set[str]] = {fault.value: set() for fault in FOUND_AS}
        for finding in box.findings.all_open():
            found[finding.subject.removeprefix("point:")].add(finding.kind)
        return found

    for _ in range(LEARN):
        assert not any(look().values()), "a gate that nobody touched is well"
    for fault in FOUND_AS:
        campus.set_fault(fault.value, fault)
    found: dict[str, set[str]] = {}
    for _ in range(MOST):
        found = look()
        if all(found[fault.value] & kinds for fault, kinds in FOUND_AS.items()):
            break
    assert {name: kinds - FOUND_AS[Fault(name)] for name, kinds in found.items() if kinds - FOUND_AS[Fault(name)]} == {}
    assert [name for name, kinds in found.items() if not kinds] == [], "not found"
    for fault in FOUND_AS:
        campus.set_fault(fault.value, None)
    for _ in range(MOST):
        if not any(look().values()):
            break
    assert box.open_kinds() == set()
    health.close()
    box.close()
