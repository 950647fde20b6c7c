"""24 hours without a gap in duty, or the gap named."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import new_id
from gate.book import GateBook
from gate.duty_check import ESCORT_GAP, LEADER_GAP, ROSTER_GAP, nobody_on_duty, roster_troubles
from gate.hours import DayKind, GateHours, OpenSpan, moment_of
from gate.orders import GateOrders
from gate.record import RecordRefusedError
from gate.roster import (
    Gap,
    NewShift,
    Post,
    Shift,
    escorts_present,
    gaps,
    on_shift,
    read_shifts,
    roster_gaps,
    shift_moments,
    unescorted,
)
from tests.gate.conftest import HOUR, MINUTE, SATURDAY_14

MONDAY = date(2026, 11, 23)
HOURS = GateHours({DayKind.SCHOOL_DAY: (OpenSpan(7 * 60, 18 * 60),)})


def shift(post: Post, begins: int, ends: int, day: date = MONDAY) -> Shift:
    first, last = shift_moments(day, begins * 60, ends * 60)
    return Shift(id=new_id(), post=post, name="王师傅", begins_utc_ns=first, ends_utc_ns=last)


def plan(orders: GateOrders, *shifts: Shift) -> None:
    new = [
        NewShift(post=one.post, name=one.name, begins_utc_ns=one.begins_utc_ns, ends_utc_ns=one.ends_utc_ns)
        for one in shifts
    ]
    orders.roster.plan(new, by="王校长")


def test_a_night_shift_ends_on_the_next_day() -> None:
    night = shift(Post.GUARD, 19, 7)
    assert night.ends_utc_ns - night.begins_utc_ns == 12 * HOUR
    assert on_shift([night], Post.GUARD, moment_of(MONDAY, 26 * 60)) == (night,)


def test_two_guards_in_turn_leave_no_gap_and_half_an_hour_between_them_is_named() -> None:
    midnight, next_midnight = moment_of(MONDAY, 7 * 60), moment_of(MONDAY, 31 * 60)
    whole = [shift(Post.GUARD, 7, 19), shift(Post.GUARD, 19, 7)]
    assert roster_gaps(whole, Post.GUARD, midnight, next_midnight) == ()
    late = Shift(id="x", post=Post.GUARD, name="李", begins_utc_ns=whole[1].begins_utc_ns + 30 * MINUTE,
                 ends_utc_ns=whole[1].ends_utc_ns)  # fmt: skip
    assert roster_gaps([whole[0], late], Post.GUARD, midnight, next_midnight) == (
        Gap(moment_of(MONDAY, 19 * 60), moment_of(MONDAY, 19 * 60 + 30)),
    )
    assert roster_gaps(whole, Post.LEADER, midnight, next_midnight) == (Gap(midnight, next_midnight),)


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(1, 80)), max_size=8))
def test_every_moment_is_either_covered_or_in_exactly_one_gap(pairs: list[tuple[int, int]]) -> None:
    spans = [(first, first + length) for first, length in pairs]
    found = gaps(spans, 0, 100)
    for moment in range(100):
        covered = any(first <= moment < last for first, last in spans)
        named = sum(gap.begins_utc_ns <= moment < gap.ends_utc_ns for gap in found)
        assert named == (0 if covered else 1)
    assert all(0 <= gap.begins_utc_ns < gap.ends_utc_ns <= 100 for gap in found)


def test_pupils_are_seen_in_and_out_only_where_somebody_is_planned() -> None:
    morning = shift(Post.ESCORT, 6, 8)
    assert unescorted([morning], HOURS, MONDAY) == (moment_of(MONDAY, 18 * 60),)
    assert unescorted([morning, shift(Post.ESCORT, 17, 19)], HOURS, MONDAY) == ()
    assert unescorted([], HOURS, date(2026, 11, 22)) == ()  # Sunday


def test_what_is_not_planned_ahead_is_told_and_a_campus_without_a_roster_is_left_alone() -> None:
    now = moment_of(MONDAY, 0)
    assert roster_troubles([], HOURS, now) == []
    kinds = {one.kind: one for one in roster_troubles([shift(Post.GUARD, 0, 12)], HOURS, now)}
    assert set(kinds) == {ROSTER_GAP, LEADER_GAP, ESCORT_GAP}
    assert kinds[ROSTER_GAP].evidence["from"] == "2026-11-23T04:00:00.000000Z"


def test_an_empty_screen_is_told_only_where_signing_on_is_used_and_after_a_while() -> None:
    now = SATURDAY_14
    assert nobody_on_duty([], kept_since_utc_ns=None, now_utc_ns=now) is None
    assert nobody_on_duty([(now - HOUR, now)], kept_since_utc_ns=now - HOUR, now_utc_ns=now) is None
    ended = [(now - HOUR, now - 10 * MINUTE)]
    assert nobody_on_duty(ended, kept_since_utc_ns=now - HOUR, now_utc_ns=now) is None
    gone = nobody_on_duty(ended, kept_since_utc_ns=now - HOUR, now_utc_ns=now + 10 * MINUTE)
    assert gone is not None
    assert gone.evidence["minutes"] == 20
    assert nobody_on_duty([], kept_since_utc_ns=now - 99 * HOUR, now_utc_ns=now) is not None


def test_the_same_shift_is_planned_once_and_one_taken_off_is_a_gap_again(orders: GateOrders) -> None:
    day = shift(Post.GUARD, 7, 19)
    plan(orders, day)
    plan(orders, day)
    (kept,) = read_shifts(orders.path, moment_of(MONDAY, 0), moment_of(MONDAY, 1440))
    orders.roster.take_off(kept.id, by="王校长")
    assert read_shifts(orders.path, moment_of(MONDAY, 0), moment_of(MONDAY, 1440)) == ()


def test_one_wrong_shift_and_none_is_planned(orders: GateOrders) -> None:
    good = shift(Post.GUARD, 7, 19)
    for wrong in [
        NewShift(post=Post.GUARD, name=" ", begins_utc_ns=good.begins_utc_ns, ends_utc_ns=good.ends_utc_ns),
        NewShift(post=Post.GUARD, name="王", begins_utc_ns=good.ends_utc_ns, ends_utc_ns=good.begins_utc_ns),
        NewShift(
            post=Post.GUARD, name="王", begins_utc_ns=good.begins_utc_ns, ends_utc_ns=good.begins_utc_ns + 99 * HOUR
        ),
    ]:
        with pytest.raises(RecordRefusedError):
            orders.roster.plan([
                NewShift(post=good.post, name="王", begins_utc_ns=good.begins_utc_ns, ends_utc_ns=good.ends_utc_ns),
                wrong,
            ], by="王校长")  # fmt: skip
    assert read_shifts(orders.path, 0, 2**62) == ()


def test_an_escort_is_ticked_once_and_a_slip_of_the_finger_undone(orders: GateOrders, gate_book: GateBook) -> None:
    plan(orders, shift(Post.ESCORT, 7, 8))
    shifts = read_shifts(orders.path, moment_of(MONDAY, 0), moment_of(MONDAY, 1440))
    first = new_id()
    gate_book.door.escorts.tick(tick_id=first, shift_id=shifts[0].id, guard="王师傅")
    gate_book.door.escorts.tick(tick_id=new_id(), shift_id=shifts[0].id, guard="李师傅")
    assert escorts_present(gate_book.path, shifts) == {shifts[0].id: (first, SATURDAY_14)}
    gate_book.door.escorts.undo(tick_id=first, guard="王师傅")
    assert escorts_present(gate_book.path, shifts) == {}
