"""When the gate is open: by the kind of day, never by guess."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.hours import DAY_MINUTES, Change, DayKind, GateHours, OpenSpan, moment_of, read_hours, span_troubles
from gate.orders import GateOrders
from gate.record import RecordRefusedError
from tests.gate.conftest import MINUTE

MONDAY = date(2026, 11, 23)
SPANS = (OpenSpan(7 * 60, 8 * 60), OpenSpan(16 * 60, 18 * 60))
HOURS = GateHours({DayKind.SCHOOL_DAY: SPANS}, {date(2026, 11, 24): (DayKind.HOLIDAY, "校庆")})


def at(day: date, hour: int, minute: int = 0) -> int:
    return moment_of(day, hour * 60 + minute)


def test_before_anything_is_laid_down_the_gate_counts_as_open() -> None:
    assert GateHours().is_open(at(MONDAY, 3))
    assert GateHours().next_change(at(MONDAY, 3)) is None


@pytest.mark.parametrize(
    ("day", "hour", "minute", "is_open"),
    [
        (MONDAY, 6, 59, False),
        (MONDAY, 7, 0, True),
        (MONDAY, 7, 59, True),
        (MONDAY, 8, 0, False),
        (MONDAY, 17, 30, True),
        (date(2026, 11, 24), 17, 30, False),  # a Tuesday, but a holiday by the calendar
        (date(2026, 11, 28), 7, 30, False),  # Saturday
    ],
)
def test_it_is_open_only_in_the_times_of_that_kind_of_day(day: date, hour: int, minute: int, is_open: bool) -> None:
    assert HOURS.is_open(at(day, hour, minute)) is is_open


def test_the_next_change_skips_days_that_are_closed() -> None:
    assert HOURS.next_change(at(MONDAY, 6)) == Change(at(MONDAY, 7), opens=True)
    assert HOURS.next_change(at(MONDAY, 7, 30)) == Change(at(MONDAY, 8), opens=False)
    assert HOURS.next_change(at(MONDAY, 19)) == Change(at(date(2026, 11, 25), 7), opens=True)


def test_one_time_that_ends_where_the_next_begins_is_no_change_not_even_at_midnight() -> None:
    all_day = GateHours({DayKind.SCHOOL_DAY: (OpenSpan(0, 600), OpenSpan(600, DAY_MINUTES))})
    assert all_day.next_change(at(MONDAY, 9)) == Change(at(date(2026, 11, 28), 0), opens=False)  # Saturday


spans = st.lists(
    st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(1, DAY_MINUTES)).map(lambda pair: OpenSpan(*sorted(pair))),
    max_size=4,
).filter(lambda found: not span_troubles(found))


@given(
    st.fixed_dictionaries({kind: spans.map(tuple) for kind in DayKind}),
    st.integers(0, 20 * DAY_MINUTES),
)
def test_nothing_changes_before_the_next_change_and_something_does_then(
    laid_down: dict[DayKind, tuple[OpenSpan, ...]], minute: int
) -> None:
    hours, now = GateHours(laid_down), moment_of(MONDAY, minute)
    change = hours.next_change(now)
    if change is None:
        return
    assert change.at_utc_ns > now
    assert hours.is_open(change.at_utc_ns) is change.opens
    assert hours.is_open(change.at_utc_ns - MINUTE) is not change.opens
    step = max(MINUTE, (change.at_utc_ns - now) // 20 // MINUTE * MINUTE)
    for moment in range(now, change.at_utc_ns, step):
        assert hours.is_open(moment) is not change.opens


@pytest.mark.parametrize(
    "wrong",
    [[OpenSpan(480, 420)], [OpenSpan(0, 1441)], [OpenSpan(420, 600), OpenSpan(599, 700)], [OpenSpan(5, 5)]],
)
def test_impossible_times_are_refused_and_what_held_before_stays(orders: GateOrders, wrong: list[OpenSpan]) -> None:
    orders.hours.lay_down({DayKind.SCHOOL_DAY: SPANS}, stay_minutes=90, by="王校长")
    with pytest.raises(RecordRefusedError):
        orders.hours.lay_down({DayKind.SCHOOL_DAY: wrong}, stay_minutes=90, by="王校长")
    kept = read_hours(orders.path)
    assert kept.spans[DayKind.SCHOOL_DAY] == SPANS
    assert kept.stay_minutes == 90


def test_days_of_the_calendar_can_be_marked_and_taken_back(orders: GateOrders) -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 7)
    orders.hours.mark_days(first, last, DayKind.HOLIDAY, note="国庆节", by="王校长")
    orders.hours.mark_days(last, last, DayKind.SCHOOL_DAY, note="调休上课", by="王校长")
    assert read_hours(orders.path).kind_of(first) is DayKind.HOLIDAY
    assert read_hours(orders.path).kind_of(last) is DayKind.SCHOOL_DAY
    orders.hours.mark_days(first, first, None, note="", by="王校长")
    assert read_hours(orders.path).kind_of(first) is DayKind.SCHOOL_DAY  # a Thursday again
    with pytest.raises(RecordRefusedError):
        orders.hours.mark_days(last, first, DayKind.HOLIDAY, note="", by="王校长")
    with pytest.raises(RecordRefusedError):
        orders.hours.mark_days(first, first + timedelta(days=400), DayKind.HOLIDAY, note="", by="王校长")
