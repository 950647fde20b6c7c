"""Gaps in duty and missed rounds become findings, and end when they are put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from edge_agent.gate_watch import GateWatch
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.ids import new_id
from foundation.journal import Journal
from gate.book import GateBook
from gate.hours import moment_of
from gate.orders import GateOrders
from gate.roster import NewShift, Post, read_shifts

MONDAY = date(2026, 11, 23)


@dataclass(slots=True)
class Watched:
    """A gate whose duty is looked at."""

    clock: ManualClock
    book: GateBook
    orders: GateOrders
    findings: FindingBoard
    watch: GateWatch

    def kinds(self) -> set[str]:
        """What is open after a look."""
        self.watch.look()
        return {one.kind for one in self.findings.all_open()}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Watched]:
    clock = ManualClock(now_utc_ns=moment_of(MONDAY, 0))
    book, orders = GateBook(tmp_path / "gate.sqlite", clock), GateOrders(tmp_path / "gate_orders.sqlite", clock)
    findings = FindingBoard(Journal.open(tmp_path / "journal.sqlite", clock), clock)
    watch = GateWatch(book=book.path, orders=orders.path, findings=findings, clock=clock, campus="demo-school")
    yield Watched(clock, book, orders, findings, watch)
    book.close()
    orders.close()


def plan(gate: Watched, begins_h: int, ends_h: int) -> None:
    begins, ends = moment_of(MONDAY, begins_h * 60), moment_of(MONDAY, ends_h * 60)
    new = [
        NewShift(post=post, name="王师傅", begins_utc_ns=begins, ends_utc_ns=ends) for post in (Post.GUARD, Post.LEADER)
    ]
    gate.orders.roster.plan(new, by="王校长")


def test_a_campus_that_uses_none_of_it_is_told_nothing(gate: Watched) -> None:
    gate.clock.advance(days=3)
    assert gate.kinds() == set()


def test_a_gap_in_the_roster_is_told_and_ends_when_it_is_filled(gate: Watched) -> None:
    plan(gate, 0, 12)
    assert gate.kinds() == {"gate.roster_gap", "gate.leader_gap"}
    plan(gate, 12, 36)
    assert gate.kinds() == set()
    night = next(one for one in read_shifts(gate.orders.path, 0, 2**62) if one.post is Post.GUARD)
    gate.orders.roster.take_off(night.id, by="王校长")
    assert gate.kinds() == {"gate.roster_gap"}


def test_an_empty_gatehouse_is_told_until_somebody_signs_on(gate: Watched) -> None:
    gate.book.duty.sign_on(station_id="box", person_id="w", name="王师傅")
    gate.clock.advance(seconds=3600)
    gate.book.duty.sign_off("box")
    assert gate.kinds() == set()
    gate.clock.advance(seconds=16 * 60)
    assert gate.kinds() == {"gate.nobody_on_duty"}
    gate.book.duty.sign_on(station_id="tablet", person_id="l", name="李师傅")
    assert gate.kinds() == set()


def test_a_missed_round_is_told_over_midnight_until_a_whole_one(gate: Watched) -> None:
    point = gate.orders.patrol.put_up("后门", by="王校长")
    gate.clock.advance(seconds=22 * 3600 + 60)  # the round of 21:00 is over
    assert gate.kinds() == {"gate.patrol_missed"}
    gate.clock.advance(seconds=4 * 3600)  # two in the morning
    assert gate.kinds() == {"gate.patrol_missed"}
    gate.clock.advance(seconds=5 * 3600)  # seven
    gate.book.door.patrol.scan(scan_id=new_id(), point_id=point.id, person_id="w", name="王师傅")
    assert gate.kinds() == set()


def test_a_gate_book_that_cannot_be_read_changes_nothing_of_what_is_said(gate: Watched, tmp_path: Path) -> None:
    plan(gate, 0, 12)
    said = gate.kinds()
    gate.book.close()
    (tmp_path / "gate.sqlite").write_bytes(b"rubbish" * 1000)
    assert gate.kinds() == said
