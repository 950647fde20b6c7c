"""When an evacuation drill is asked for: against a plain reckoning of months, quarters and terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.every import Every, Span, span_of
from safety.evacuation_schedule import Asked, Held, is_asked, missed, school_days, stands, term_of

USUAL = school_days({})
DAYS = st.dates(date(2025, 7, 1), date(2027, 3, 31))
HELD = st.lists(st.builds(Held, DAYS, st.booleans()), max_size=6)
EVERY = st.sampled_from([Every.MONTH, Every.QUARTER])


def holidays(first: date, last: date) -> dict[date, bool]:
    return {first + timedelta(days=ahead): False for ahead in range((last - first).days + 1)}


@pytest.mark.parametrize(("month", "asked"), [(1, True), (2, False), (6, True), (7, False), (8, False), (9, True)])
def test_without_a_calendar_the_usual_holiday_months_ask_for_nothing(month: int, asked: bool) -> None:
    assert is_asked(span_of(Every.MONTH, date(2026, month, 1)), USUAL) is asked


def test_a_quarter_with_september_in_it_asks_though_july_and_august_are_holidays() -> None:
    assert is_asked(span_of(Every.QUARTER, date(2026, 8, 1)), USUAL)


def test_the_calendar_of_the_school_counts_where_it_speaks() -> None:
    winter = school_days(holidays(date(2026, 1, 17), date(2026, 2, 10)))
    assert is_asked(span_of(Every.MONTH, date(2026, 2, 1)), winter)  # lessons from the 11th: 13 school days
    assert is_asked(span_of(Every.MONTH, date(2026, 1, 1)), winter)
    longer = school_days(holidays(date(2026, 1, 10), date(2026, 2, 25)))
    assert not is_asked(span_of(Every.MONTH, date(2026, 1, 1)), longer)
    assert not is_asked(span_of(Every.MONTH, date(2026, 2, 1)), longer)
    assert school_days({date(2026, 11, 21): True})(date(2026, 11, 21))  # a Saturday that is made up for


@given(DAYS)
def test_terms_follow_each_other_without_a_gap_and_hold_their_day(day: date) -> None:
    term = term_of(day)
    assert term.first <= day <= term.last
    assert term_of(term.last + timedelta(days=1)).first == term.last + timedelta(days=1)
    assert {term.first.month, (term.last + timedelta(days=1)).month} == {2, 9}


@settings(max_examples=60)
@given(HELD, EVERY, DAYS, DAYS, st.booleans())
def test_missed_is_the_latest_asked_period_without_a_drill_in_it_or_since(
    held: list[Held], every: Every, kept_since: date, today: date, boarders: bool
) -> None:
    held = [one for one in held if one.day <= today]
    found = missed(held, every=every, boarders=boarders, kept_since=kept_since, today=today, is_school_day=USUAL)

    def plain(period_of: Callable[[date], Span], *, night: bool) -> Span | None:
        days = [one.day for one in held if one.night or not night]
        spans = {period_of(kept_since + timedelta(days=n)) for n in range(max(0, (today - kept_since).days + 1))}
        late = [
            span
            for span in spans
            if kept_since <= span.first
            and span.last < today
            and sum(USUAL(span.first + timedelta(days=n)) for n in range((span.last - span.first).days + 1)) >= 10
            and not any(day >= span.first for day in days)
        ]
        return max(late, key=lambda span: span.first, default=None)

    assert found.drill == plain(lambda day: span_of(every, day), night=False)
    assert found.night == (plain(term_of, night=True) if boarders else None)


@settings(max_examples=60)
@given(HELD, EVERY, DAYS, DAYS, DAYS)
def test_a_drill_in_a_period_is_what_makes_it_done_and_one_later_makes_up_for_it(
    held: list[Held], every: Every, kept_since: date, today: date, day: date
) -> None:
    span = span_of(every, day)

    def how(drills: list[Held]) -> Asked:
        return stands(span, drills, kept_since=kept_since, today=today, is_school_day=USUAL)

    assert (how(held) is Asked.DONE) == any(span.first <= one.day <= span.last for one in held)
    assert how([*held, Held(day, False)]) is Asked.DONE
    made_up = missed(
        [*held, Held(today, True)],
        every=every,
        boarders=True,
        kept_since=kept_since,
        today=today,
        is_school_day=USUAL,
    )
    assert (made_up.drill, made_up.night) == (None, None)


def test_only_a_drill_at_night_counts_for_the_boarders() -> None:
    span = term_of(date(2026, 10, 1))
    asked: dict[str, Any] = {"kept_since": date(2026, 8, 1), "today": date(2027, 2, 3), "is_school_day": USUAL}
    by_day, by_night = Held(date(2026, 10, 9), False), Held(date(2026, 12, 9), True)
    assert stands(span, [by_day], night=True, **asked) is Asked.MISSED
    assert stands(span, [by_day, by_night], night=True, **asked) is Asked.DONE
    assert missed([by_day], every=Every.QUARTER, boarders=True, **asked).night == span


def test_what_had_begun_before_the_file_was_kept_is_not_missed() -> None:
    asked: dict[str, Any] = {"held": [], "today": date(2026, 12, 20), "is_school_day": USUAL}
    assert stands(span_of(Every.MONTH, date(2026, 11, 1)), kept_since=date(2026, 11, 2), **asked) is Asked.BEFORE
    assert stands(span_of(Every.MONTH, date(2026, 11, 1)), kept_since=date(2026, 11, 1), **asked) is Asked.MISSED
