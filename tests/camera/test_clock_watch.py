"""Clocks beside ours: whose is wrong, when it is one for all, and when one may be set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.clock_watch import ClockWatch
from camera.device_clock import off_alike
from camera.onvif.model import DeviceTime
from foundation.clock import NS_PER_S, ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal

ALL = ("campus:east", "camera.clocks_wrong_together")


class Watched:
    """A watch over cameras whose clocks the test turns."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.journal = Journal.open(folder / "inspector.sqlite", self.clock)
        self.findings = FindingBoard(self.journal, self.clock)
        self.ours_holds = True
        self.begin()

    def begin(self) -> None:
        """As after a start of the role."""
        self.watch = ClockWatch(
            self.findings,
            self.clock,
            campus="campus:east",
            keep=("a", "b"),
            failing=2,
            own_clock_holds=lambda: self.ours_holds,
        )

    def round(self, rounds: int = 1, **offsets_s: float | None) -> set[tuple[str, str]]:
        """The findings that are open after rounds in which these offsets were read; None: it told no time."""
        for _ in range(rounds):
            told = {name: time_off(offset_s) if offset_s is not None else None for name, offset_s in offsets_s.items()}
            self.watch.judge(told, {})
        return {(finding.subject, finding.kind) for finding in self.findings.all_open()}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.journal.database.close()


def time_off(offset_s: float) -> DeviceTime:
    offset_ns = round(offset_s * NS_PER_S)
    return DeviceTime(
        offset_ns=offset_ns, error_ns=NS_PER_S // 2, asked_utc_ns=0, asked_running_ns=0, by_ntp=False, time_zone=None
    )


def wrong(name: str) -> tuple[str, str]:
    return (f"device:{name}", "camera.clock_wrong")


def test_one_wrong_clock_is_that_devices(watched: Watched) -> None:
    assert watched.round(a=600, b=0, c=0, d=0) == set(), "one reading says nothing"
    assert watched.round(a=600, b=0, c=0, d=0) == {wrong("a")}
    assert watched.round(a=0, b=0, c=0, d=0) == set()


def test_when_most_are_off_alike_it_is_said_once_and_about_all(watched: Watched) -> None:
    watched.ours_holds = False
    assert watched.round(2, a=600, b=601, c=598, d=0) == {ALL}
    (finding,) = watched.findings.all_open()
    assert finding.evidence["devices"] == "a, b, c"
    assert finding.evidence["own_clock"] == "not_kept"
    assert watched.round(a=600, b=601, c=598, d=-50) == {ALL}
    assert watched.round(a=600, b=601, c=598, d=-50) == {ALL, wrong("d")}, "another trouble beside it"
    assert watched.round(a=0, b=0, c=0, d=-50) == {wrong("d")}, "our own clock was put right"


def test_many_that_are_wrong_each_in_its_own_way_are_as_many_findings(watched: Watched) -> None:
    assert watched.round(2, a=600, b=-50, c=8, d=90) == {wrong(name) for name in "abcd"}


def test_those_that_were_said_alone_are_not_said_beside_the_one_for_all(watched: Watched) -> None:
    assert watched.round(2, a=600, b=600, c=0) == {wrong("a"), wrong("b")}, "two may share a pole"
    assert watched.round(2, a=600, b=600, c=600) == {ALL}


def test_a_start_does_not_clear_what_stands(watched: Watched) -> None:
    watched.round(2, a=600, b=600, c=600)
    watched.begin()
    assert watched.round(a=600, b=600, c=600) == {ALL}
    assert watched.round(a=None, b=None, c=None) == {ALL}, "nobody told the time"
    assert watched.round(a=0, b=0, c=0) == set()


def test_a_device_is_set_only_where_asked_after_two_readings_and_by_a_clock_that_is_kept(watched: Watched) -> None:
    watched.round(a=600, c=600)
    assert not watched.watch.may_set("a")
    watched.round(a=600, c=600)
    assert (watched.watch.may_set("a"), watched.watch.may_set("c")) == (True, False)
    watched.ours_holds = False
    assert not watched.watch.may_set("a")


def test_a_device_that_does_not_keep_its_time_is_set_once_an_hour(watched: Watched) -> None:
    watched.round(2, a=600)
    watched.watch.was_set("a")
    watched.clock.advance(seconds=3599)
    assert not watched.watch.may_set("a")
    watched.clock.advance(seconds=1)
    assert watched.watch.may_set("a")


def test_what_was_read_before_our_own_clock_was_set_counts_for_nothing(watched: Watched) -> None:
    watched.round(2, a=600)
    watched.watch.was_set("a")
    watched.watch.own_clock_stepped()
    assert watched.round(a=-600) == {wrong("a")}
    assert not watched.watch.may_set("a"), "read once since"
    watched.round(a=-600)
    assert watched.watch.may_set("a"), "it was set by the clock that was wrong"


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(-40_000, 40_000), max_size=12))
def test_off_alike_are_at_least_three_and_most(offsets_s: dict[str, int]) -> None:
    wrong_times = {name: time_off(offset_s) for name, offset_s in offsets_s.items()}
    alike = off_alike(wrong_times, of=len(wrong_times) + 1)
    assert set(alike) <= set(wrong_times)
    assert not alike or (len(alike) >= 3 and 2 * len(alike) > len(wrong_times) + 1)
    if alike:
        told = [offsets_s[name] for name in alike]
        assert max(told) - min(told) <= 2 * (60 + 1)
