"""Whose word makes this box's clock good enough to set cameras by."""

from __future__ import annotations

from edge_agent.trusted_clock import TrustedClock
from foundation.clock import ManualClock
from foundation.journal import Entry
from foundation.proven_time import TimeReading

MS = 1_000_000


def told(clock: ManualClock, *, offset_ms: int = 100, error_ms: int = 50, kind: str = "center") -> Entry:
    reading = TimeReading(
        source_kind=kind,
        source="center-by-primary",
        offset_ns=offset_ms * MS,
        asked_utc_ns=clock.utc_ns(),
        asked_running_ns=clock.running_ns(),
        boot_id=clock.boot_id(),
        error_ns=error_ms * MS,
    )
    return Entry("gatehouse", 1, "id-1", reading.kind, 1, 0, reading.model_dump_json())


def by_center(clock: ManualClock, entry: Entry) -> TrustedClock:
    trusted = TrustedClock(clock, kept=lambda: False)
    trusted.take_fact(entry)
    return trusted


def test_a_time_server_is_enough_and_without_one_nobody_vouches() -> None:
    clock = ManualClock()
    assert TrustedClock(clock, kept=lambda: True).holds()
    assert not TrustedClock(clock, kept=lambda: False).holds()


def test_the_centers_clock_vouches_within_a_second_and_for_an_hour() -> None:
    clock = ManualClock()
    assert by_center(clock, told(clock, offset_ms=-900, error_ms=100)).holds()
    assert not by_center(clock, told(clock, offset_ms=-900, error_ms=101)).holds()
    assert not by_center(clock, told(clock, offset_ms=0, error_ms=1500)).holds(), "a slow line says too little"
    assert not by_center(clock, told(clock, kind="camera")).holds()
    trusted = by_center(clock, told(clock))
    clock.advance(seconds=3600)
    assert trusted.holds()
    clock.advance(seconds=1)
    assert not trusted.holds()


def test_a_clock_that_was_set_since_is_not_the_one_that_was_compared() -> None:
    clock = ManualClock()
    trusted = by_center(clock, told(clock))
    clock.step_wall(seconds=30)
    assert not trusted.holds()
    clock.step_wall(seconds=-30)
    assert trusted.holds()


def test_a_reading_of_another_boot_counts_for_nothing() -> None:
    clock = ManualClock()
    trusted = by_center(clock, told(clock))
    assert not by_center(ManualClock(boot="boot-2"), told(clock)).holds()
    trusted.take_fact(Entry("gatehouse", 2, "id-2", "finding.opened", 1, 0, "{}"))
    assert trusted.holds(), "other facts of that journal change nothing"
