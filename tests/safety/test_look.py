"""Major faults not yet mended are looked at twice a day; who did not look is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.clock import ManualClock, beijing_day, beijing_day_start_ns
from foundation.ids import new_id
from safety.grade import Grade
from safety.ledger import FaultLedger
from safety.look import Done, Half
from safety.query import fault_looks, open_faults


@pytest.fixture
def morning(clock: ManualClock) -> ManualClock:
    """08:00 in Beijing."""
    clock.now_utc_ns = beijing_day_start_ns(beijing_day(clock.utc_ns())) + 8 * 3_600_000_000_000
    return clock


def major(ledger: FaultLedger) -> str:
    return ledger.write_down(
        fault_id=new_id(), title="燃气泄漏", place="食堂", grade=Grade.MAJOR, words="", person="李"
    ).id


def told(ledger: FaultLedger, fault_id: str, clock: ManualClock) -> list[tuple[Half, Done]]:
    return [(look.half, look.done) for look in fault_looks(ledger.path, fault_id, clock.utc_ns())]


def test_a_look_is_due_in_each_half_of_the_day_until_it_is_signed(ledger: FaultLedger, morning: ManualClock) -> None:
    fault_id = major(ledger)
    assert told(ledger, fault_id, morning) == [(Half.MORNING, Done.DUE)]
    ledger.look(fault_id, person="王师傅", words="已拉警戒线")
    (look,) = fault_looks(ledger.path, fault_id, morning.utc_ns())
    assert look.entry is not None
    assert (look.done, look.entry.person, look.entry.words) == (Done.SIGNED, "王师傅", "已拉警戒线")
    morning.advance(seconds=5 * 3600)
    assert told(ledger, fault_id, morning) == [(Half.AFTERNOON, Done.DUE), (Half.MORNING, Done.SIGNED)]
    (row,) = open_faults(ledger.path, morning.utc_ns())
    assert (row.look_due, row.missed_looks) == (True, 0)


def test_looks_nobody_signed_are_shown_as_missed(ledger: FaultLedger, morning: ManualClock) -> None:
    fault_id = major(ledger)
    morning.advance(days=2)
    assert told(ledger, fault_id, morning) == [
        (Half.MORNING, Done.DUE),
        (Half.AFTERNOON, Done.MISSED),
        (Half.MORNING, Done.MISSED),
        (Half.AFTERNOON, Done.MISSED),
    ], "the morning it was found in was not whole, so nothing was missed in it"
    assert open_faults(ledger.path, morning.utc_ns())[0].missed_looks == 3


def test_a_mended_or_general_fault_needs_no_look(ledger: FaultLedger, morning: ManualClock) -> None:
    fault_id = major(ledger)
    morning.advance(seconds=600)
    ledger.recheck(fault_id, passed=True, person="李", words="已修好")
    morning.advance(days=1)
    assert told(ledger, fault_id, morning) == []
    other = major(ledger)
    ledger.regrade(other, grade=Grade.GENERAL, person="李", words="影响小")
    morning.advance(days=1)
    assert told(ledger, other, morning) == []


def test_a_reopened_fault_is_looked_at_again(ledger: FaultLedger, morning: ManualClock, tmp_path: Path) -> None:
    fault_id = major(ledger)
    ledger.recheck(fault_id, passed=True, person="李", words="已修好")
    ledger.close_fault(fault_id, person="李", words="销账")
    morning.advance(days=3)
    ledger.reopen(fault_id, person="李", words="又漏了")
    assert told(ledger, fault_id, morning) == [(Half.MORNING, Done.DUE)]
