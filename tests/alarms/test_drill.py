"""Line tests: due by the calendar, armed once and shortly, timed from the press, kept for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.drill import Result, Standing, every_of, result_of, schedule_of
from alarms.drill_rows import drills_between, find_drill, recent_drills
from alarms.press import PressError
from alarms.record import StepKind
from config.every import Every, Span, span_of
from foundation.audit import verify_audit
from foundation.clock import ManualClock, beijing_day, beijing_day_start_ns
from tests.alarms.parts import LineParts, request
from tests.support.waiting import wait_until
from uplink.messages.alarm import Purpose

NOON = 12 * 3_600_000_000_000
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def noon(day: date) -> int:
    return beijing_day_start_ns(day) + NOON


@given(DAYS, st.sampled_from(Every))
def test_each_day_lies_in_one_period_and_the_next_period_follows_without_a_gap(day: date, every: Every) -> None:
    span = span_of(every, day)
    assert span.first <= day <= span.last
    assert span_of(every, span.first) == span_of(every, span.last) == span
    assert span_of(every, span.last + timedelta(days=1)).first == span.last + timedelta(days=1)


def test_periods_are_those_of_the_calendar() -> None:
    assert span_of(Every.MONTH, date(2028, 2, 10)) == Span(date(2028, 2, 1), date(2028, 2, 29))
    assert span_of(Every.QUARTER, date(2026, 12, 31)) == Span(date(2026, 10, 1), date(2026, 12, 31))
    assert span_of(Every.WEEK, date(2026, 11, 22)) == Span(date(2026, 11, 16), date(2026, 11, 22))


def test_an_unsupervised_wire_is_pressed_every_month_though_a_quarter_is_asked_for() -> None:
    assert every_of(Every.QUARTER, supervised=False) is Every.MONTH
    assert every_of(Every.QUARTER, supervised=True) is Every.QUARTER
    assert every_of(Every.WEEK, supervised=False) is Every.WEEK


@pytest.mark.parametrize(
    ("known", "proven", "now", "standing"),
    [
        (date(2026, 10, 9), None, date(2026, 10, 30), Standing.DUE),
        (date(2026, 10, 9), None, date(2026, 11, 30), Standing.DUE),
        (date(2026, 10, 9), None, date(2026, 12, 1), Standing.MISSED),
        (date(2026, 1, 1), date(2026, 11, 1), date(2026, 11, 30), Standing.DONE),
        (date(2026, 1, 1), date(2026, 10, 1), date(2026, 11, 30), Standing.DUE),
        (date(2026, 1, 1), date(2026, 10, 31), date(2026, 12, 1), Standing.MISSED),
        (date(2026, 1, 1), date(2026, 12, 1), date(2026, 12, 1), Standing.DONE),
        # a clock that steps back says neither done nor missed of what lies ahead of it
        (date(2026, 12, 1), None, date(2026, 11, 1), Standing.DUE),
    ],
)
def test_a_monthly_test_is_missed_when_a_whole_month_went_by(
    known: date, proven: date | None, now: date, standing: Standing
) -> None:
    schedule = schedule_of(
        Every.MONTH,
        first_known_utc_ns=noon(known),
        proven_utc_ns=None if proven is None else noon(proven),
        now_utc_ns=noon(now),
    )
    assert schedule.standing is standing
    assert schedule.span == span_of(Every.MONTH, now)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_utc_ns=noon(date(2026, 11, 21)), now_running_ns=10**12)


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[LineParts]:
    made = LineParts(tmp_path / "alarms.sqlite", clock).start()
    yield made
    made.close()


def result(parts: LineParts, drill_id: str) -> Result:
    drill = find_drill(parts.path, drill_id)
    assert drill is not None
    return result_of(drill, now_running_ns=parts.clock.running_ns(), boot_id=parts.clock.boot_id())


def receive(parts: LineParts, alarm_id: str, at_utc_ns: int) -> None:
    assert parts.database is not None
    with parts.database.transaction() as transaction:
        transaction.execute(
            "INSERT INTO step (alarm_id, step, at_utc_ns) VALUES (?, 'center_received', ?)", (alarm_id, at_utc_ns)
        )


def test_a_drill_is_kept_from_its_arming_to_its_receipt_and_timed_from_the_press(
    parts: LineParts, clock: ManualClock
) -> None:
    armed = parts.line.arm_drill("east", "李老师")
    assert result(parts, armed.drill_id) is Result.ARMED
    clock.advance(seconds=30)
    alarm = parts.line.press(request("east"))
    assert result(parts, armed.drill_id) is Result.UNDER_WAY
    receive(parts, alarm.alarm_id, clock.utc_ns() + 1_200_000_000)
    assert result(parts, armed.drill_id) is Result.PASSED
    (drill,) = drills_between(parts.path, 0, clock.utc_ns())
    assert (drill.person, drill.input_id) == ("李老师", "east")
    assert drill.alarm is not None
    assert drill.alarm.id == alarm.alarm_id
    assert drill.after_ns(StepKind.CENTER_RECEIVED) == 1_200_000_000
    clock.step_wall(days=-400)
    assert result(parts, armed.drill_id) is Result.PASSED
    assert verify_audit(parts.path).holds


def test_a_receipt_after_fifteen_seconds_is_late_and_none_is_none(parts: LineParts, clock: ManualClock) -> None:
    late, none = parts.line.arm_drill("east", "李老师"), parts.line.arm_drill("west", "李老师")
    alarm = parts.line.press(request("east"))
    parts.line.press(request("west"))
    clock.advance(seconds=16)
    receive(parts, alarm.alarm_id, clock.utc_ns())
    assert result(parts, late.drill_id) is Result.LATE
    assert result(parts, none.drill_id) is Result.NO_RECEIPT


def test_what_is_not_pressed_within_two_minutes_lapses_and_a_wall_clock_set_back_does_not_prolong_it(
    parts: LineParts, clock: ManualClock
) -> None:
    armed = parts.line.arm_drill("east", "李老师")
    clock.advance(seconds=121)
    clock.step_wall(seconds=-3_600)
    assert result(parts, armed.drill_id) is Result.NOT_PRESSED
    alarm = parts.line.find(parts.line.press(request("east")).alarm_id)
    assert alarm is not None
    assert alarm.purpose is Purpose.REAL


def test_arming_twice_is_one_drill_and_a_second_person_is_told_who_holds_it(parts: LineParts) -> None:
    first = parts.line.arm_drill("east", "李老师")
    assert parts.line.arm_drill("east", "李老师") == first
    with pytest.raises(PressError, match="李老师"):
        parts.line.arm_drill("east", "王老师")
    assert len(recent_drills(parts.path)) == 1


def test_two_who_arm_at_once_hold_one_drill_between_them(parts: LineParts) -> None:
    with ThreadPoolExecutor(8) as pool:
        armed = list(pool.map(lambda _: parts.line.arm_drill("east", "李老师"), range(8)))
    assert len(set(armed)) == 1
    assert len(recent_drills(parts.path)) == 1


def test_a_restart_takes_the_arming_with_it_so_the_press_is_real_and_the_file_says_so(
    tmp_path: Path, clock: ManualClock
) -> None:
    before = LineParts(tmp_path / "alarms.sqlite", clock).start()
    armed = before.line.arm_drill("east", "李老师")
    before.close()
    after = LineParts(tmp_path / "alarms.sqlite", clock).start()
    wait_until(lambda: result(after, armed.drill_id) is Result.NOT_PRESSED, what="the arming to be given up")
    alarm = after.line.find(after.line.press(request("east")).alarm_id)
    assert alarm is not None
    assert alarm.purpose is Purpose.REAL
    assert beijing_day(alarm.pressed_utc_ns) == date(2026, 11, 21)
    after.close()
