"""At least five rounds a day, each whole or named as missed."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.duty_check import PATROL_MISSED, patrol_trouble
from gate.hours import DAY_MINUTES, MINUTE_NS, moment_of
from gate.orders import GateOrders
from gate.patrol import (
    DUE_MINUTES,
    LEAST_ROUNDS,
    PatrolPoint,
    PatrolScan,
    RoundState,
    due_troubles,
    read_due,
    read_points,
    read_rounds,
    rounds_of_day,
    windows,
)
from gate.record import RecordRefusedError

DAY = date(2026, 11, 23)
POINTS = tuple(PatrolPoint(id=name, name=name, code=name, added_utc_ns=0) for name in ("后门", "配电房"))


def scan(point: str, minute: int, scan_id: str = "s") -> PatrolScan:
    at = moment_of(DAY, minute)
    return PatrolScan(id=scan_id, point_id=point, person_id="p", name="王师傅", at_utc_ns=at)


due_times = st.lists(st.integers(0, DAY_MINUTES - 1), min_size=1, max_size=12, unique=True)


@given(due_times, st.integers(0, 3))
def test_no_moment_belongs_to_two_rounds_not_even_at_midnight(due: list[int], days: int) -> None:
    found = sorted(
        (begins, ends) for ahead in range(days + 2) for _, begins, ends in windows(DAY + timedelta(days=ahead), due)
    )
    for (_, ends), (begins, _) in itertools.pairwise(found):
        assert ends <= begins


@given(
    due_times, st.lists(st.tuples(st.sampled_from(["后门", "配电房"]), st.integers(0, DAY_MINUTES - 1)), max_size=20)
)
def test_a_round_is_done_if_and_only_if_every_point_was_read_in_its_time(
    due: list[int], walked: list[tuple[str, int]]
) -> None:
    scans = [scan(point, minute, f"s{number}") for number, (point, minute) in enumerate(walked)]
    late = moment_of(DAY, 3 * DAY_MINUTES)
    for one in rounds_of_day(DAY, due, POINTS, scans):
        inside = {item.point_id for item in scans if one.begins_utc_ns <= item.at_utc_ns < one.ends_utc_ns}
        assert one.state(late) is (RoundState.DONE if inside == {"后门", "配电房"} else RoundState.MISSED)
        assert {item.point_id for item in one.scans} | {point.id for point in one.missing} == {"后门", "配电房"}


def test_a_round_is_coming_then_due_then_missed() -> None:
    (first, *_) = rounds_of_day(DAY, DUE_MINUTES, POINTS, [scan("后门", 7 * 60)])
    assert first.state(moment_of(DAY, 5 * 60)) is RoundState.COMING
    assert first.state(moment_of(DAY, 7 * 60)) is RoundState.OPEN
    assert first.state(moment_of(DAY, 8 * 60)) is RoundState.MISSED
    assert [point.id for point in first.missing] == ["配电房"]


def test_a_point_put_up_during_a_round_counts_from_the_next_one() -> None:
    new = PatrolPoint(id="食堂", name="食堂", code="c", added_utc_ns=moment_of(DAY, 7 * 60))
    first, second, *_ = rounds_of_day(DAY, DUE_MINUTES, (*POINTS, new), [])
    assert new not in first.missing
    assert new in second.missing


def test_a_missed_round_is_told_until_the_next_whole_one() -> None:
    after_first = moment_of(DAY, 9 * 60)
    trouble = patrol_trouble(rounds_of_day(DAY, DUE_MINUTES, POINTS, []), after_first)
    assert trouble is not None
    assert trouble.kind == PATROL_MISSED
    assert trouble.evidence["points"] == "后门、配电房"
    walked = [scan("后门", 10 * 60), scan("配电房", 10 * 60 + 5)]
    assert patrol_trouble(rounds_of_day(DAY, DUE_MINUTES, POINTS, walked), moment_of(DAY, 10 * 60 + 6)) is None
    assert patrol_trouble(rounds_of_day(DAY, DUE_MINUTES, (), []), after_first) is None  # no checkpoints, no rounds


@pytest.mark.parametrize(
    "due", [[1, 100, 200, 300], [1, 20, 200, 300, 400], [0, 300, 600, 900, 1439], [0, 1, 2, 3, 1440]]
)
def test_fewer_than_five_rounds_or_rounds_that_run_together_are_refused(orders: GateOrders, due: list[int]) -> None:
    assert due_troubles(due)
    with pytest.raises(RecordRefusedError):
        orders.patrol.lay_down(due, by="王校长")
    assert read_due(orders.path) == DUE_MINUTES
    assert len(DUE_MINUTES) >= LEAST_ROUNDS


def test_a_walk_is_written_down_once_and_read_back(orders: GateOrders, gate_book: GateBook, now: ManualClock) -> None:
    points = [orders.patrol.put_up(name, by="王校长") for name in ("后门", "配电房")]
    now.advance(days=1)
    now.now_utc_ns = moment_of(DAY, 7 * 60)
    for point in points:
        scan_id = new_id()
        for _ in range(2):
            gate_book.door.patrol.scan(scan_id=scan_id, point_id=point.id, person_id="p", name="王师傅")
        now.advance(seconds=60)
    first, *others = read_rounds(orders.path, gate_book.path, DAY)
    assert first.state(now.utc_ns()) is RoundState.DONE
    assert [one.at_utc_ns - first.due_utc_ns for one in first.scans] == [0, MINUTE_NS]
    assert all(one.state(now.utc_ns()) is RoundState.COMING for one in others)
    orders.patrol.take_down(points[0].id, by="王校长")
    assert [point.name for point in read_points(orders.path)] == ["配电房"]
    with pytest.raises(RecordRefusedError):
        orders.patrol.put_up("  ", by="王校长")
