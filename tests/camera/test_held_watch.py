"""What devices hold themselves, asked once a day: stored, believed or not, and said when a card stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from camera.held_watch import HeldWatch
from camera.query import HeldReport, held_reports
from foundation.clock import NS_PER_S, ManualClock
from simulator.campus import Campus, demo_cameras
from simulator.faults import Fault
from tests.camera.conftest import SMALL, SMALL_SUB, Ipycam
from tests.camera.round_box import Box, simulated

DAY_NS = 86_400 * NS_PER_S


class Watched:
    """A camera with a card, and the inspector's daily question; both live by a clock that a test moves."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.clock = ManualClock()
        self.campus = Campus(
            cameras=demo_cameras(1, SMALL, SMALL_SUB),
            cache=cache,
            clock=self.clock,
            progress=lambda _: None,
            prepare_faults=False,
        )
        self.campus.start()
        self.box = Box(folder, self.clock)
        visitor = simulated(self.box, self.campus, "gate")
        self.box.round(visitor).run_once()
        self.watch = HeldWatch([visitor], self.box.register, self.box.findings, self.clock, is_well=lambda _: True)

    def day(self) -> set[tuple[str, str]]:
        """A day goes by and the device is asked."""
        self.clock.advance(days=1)
        self.watch.ask_due()
        return self.box.open_kinds()

    @property
    def report(self) -> HeldReport:
        return held_reports(self.box.cameras, now_utc_ns=self.clock.utc_ns())["gate"]

    def close(self) -> None:
        self.campus.close()
        self.box.close()


@pytest.fixture
def gate(tmp_path: Path, root: Path) -> Iterator[Watched]:
    made = Watched(tmp_path, root / ".cache" / "simulator-tests")
    yield made
    made.close()


def test_what_a_card_holds_is_stored_with_its_gaps_beside_what_the_device_claims(gate: Watched) -> None:
    assert gate.day() == set()
    report = gate.report
    assert (report.belief, report.known, report.gap_count) == ("plausible", True, 1)
    assert report.gap_ns == 2 * 3600 * NS_PER_S
    assert report.claimed_from_utc_ns == report.found_from_utc_ns
    assert abs((report.found_to_utc_ns or 0) - gate.clock.utc_ns()) < 2 * NS_PER_S


def test_a_card_that_stops_recording_is_a_finding_until_it_records_again(gate: Watched) -> None:
    assert gate.day() == set()
    assert gate.day() == set()
    gate.campus.set_fault("gate", Fault.CARD_STOPPED)
    assert gate.day() == {("device:gate", "camera.held_footage_ended")}
    assert gate.day() == {("device:gate", "camera.held_footage_ended")}
    gate.campus.set_fault("gate", None)
    assert gate.day() == set()


def test_what_a_liar_holds_is_unknown_and_said(gate: Watched) -> None:
    gate.campus.set_fault("gate", Fault.LIES_ABOUT_FOOTAGE)
    assert gate.day() == {("device:gate", "camera.held_footage_doubtful")}
    assert (gate.report.belief, gate.report.known) == ("lying", False)
    gate.campus.set_fault("gate", None)
    assert gate.day() == set()


def test_a_device_is_asked_once_a_day_and_an_old_answer_is_no_answer(gate: Watched) -> None:
    gate.day()
    first = gate.report.asked_utc_ns
    gate.clock.advance(seconds=3700)
    gate.watch.ask_due()
    assert gate.report.asked_utc_ns == first
    gate.campus.set_fault("gate", Fault.DOWN)
    gate.day()
    assert gate.report.asked_utc_ns == first  # what was known a day ago stands a while
    gate.clock.advance(days=2)
    assert held_reports(gate.box.cameras, now_utc_ns=gate.clock.utc_ns()) == {}


def test_a_camera_without_profile_g_says_so_and_is_no_finding(tmp_path: Path, ipycam: Ipycam) -> None:
    box = Box(tmp_path)
    visitor = box.visitor("pycam", ipycam.url, lambda: ipycam.login)
    box.round(visitor).run_once()
    HeldWatch([visitor], box.register, box.findings, box.clock, is_well=lambda _: True).ask_due()
    report = held_reports(box.cameras, now_utc_ns=box.clock.utc_ns())["pycam"]
    assert (report.belief, report.known) == ("", False)
    assert box.open_kinds() == set()
    box.close()
