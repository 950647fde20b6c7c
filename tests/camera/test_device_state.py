"""How a device stands: N of M either way, and no second try of a refused log-in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.device_error import LoginRefused
from camera.device_state import DeviceState, LoginHold, Outcome, Standing, StateRules, hold_after, judge, may_log_in
from foundation.clock import NS_PER_S

RULES = StateRules()
GOOD, BAD, REFUSED = Outcome(), Outcome("unreachable", "no route"), Outcome(LoginRefused.trouble, "no")
HOUR_NS = 3600 * NS_PER_S


def after(*outcomes: Outcome, before: Standing | None = None) -> Standing:
    standing = before or Standing()
    for second, outcome in enumerate(outcomes, start=1):
        standing = judge(standing, outcome, second * NS_PER_S, RULES)
    return standing


def test_a_device_is_unknown_before_its_first_visit_and_ok_after_a_good_one() -> None:
    assert Standing().state is DeviceState.UNKNOWN
    assert after(GOOD).state is DeviceState.OK


def test_one_bad_visit_says_nothing() -> None:
    assert after(BAD).state is DeviceState.UNKNOWN
    assert after(GOOD, GOOD, BAD).state is DeviceState.OK


def test_two_bad_of_three_fail_and_two_good_of_three_recover() -> None:
    failing = after(GOOD, GOOD, BAD, GOOD, BAD)
    assert (failing.state, failing.trouble) == (DeviceState.FAILING, "unreachable")
    assert after(GOOD, before=after(BAD, BAD, BAD)).state is DeviceState.FAILING
    assert after(GOOD, GOOD, before=after(BAD, BAD, BAD)).state is DeviceState.OK


def test_a_refused_log_in_is_believed_at_once() -> None:
    assert after(GOOD, GOOD, REFUSED).state is DeviceState.FAILING


def test_since_moves_only_when_state_or_trouble_change() -> None:
    assert after(BAD, BAD, BAD, BAD).since_utc_ns == 2 * NS_PER_S
    assert after(BAD, BAD, REFUSED, REFUSED).since_utc_ns == 3 * NS_PER_S


@given(st.lists(st.sampled_from([GOOD, BAD]), max_size=30))
def test_the_state_is_what_the_last_three_visits_say(outcomes: list[Outcome]) -> None:
    standing = after(*outcomes)
    last = outcomes[-3:]
    bad = sum(bool(outcome.trouble) for outcome in last)
    if bad >= 2:
        assert standing.state is DeviceState.FAILING
    elif len(last) - bad >= 2:
        assert standing.state is DeviceState.OK
    assert len(standing.recent) == len(last)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))
def test_rules_that_contradict_themselves_are_refused(window: int, failing: int, recovery: int) -> None:
    if failing <= window and recovery <= window and failing + recovery > window:
        StateRules(window=window, failing=failing, recovery=recovery)
    else:
        with pytest.raises(ValueError):
            StateRules(window=window, failing=failing, recovery=recovery)


def test_a_refused_log_in_is_held_for_an_hour_and_another_one_is_tried_at_once() -> None:
    hold = hold_after(REFUSED, None, True, b"old", 0, RULES)
    assert hold == LoginHold(HOUR_NS, b"old")
    assert not may_log_in(hold, b"old", HOUR_NS - 1, RULES)
    assert may_log_in(hold, b"new", 1, RULES)
    assert may_log_in(hold, b"old", HOUR_NS, RULES)


def test_a_hold_outlives_an_unreachable_hour_and_ends_with_a_good_log_in() -> None:
    hold = LoginHold(HOUR_NS, b"x")
    assert hold_after(BAD, hold, False, b"x", 5, RULES) is hold
    assert hold_after(BAD, hold, True, b"x", 5, RULES) is hold
    assert hold_after(GOOD, hold, True, b"x", 5, RULES) is None


def test_a_hold_from_a_clock_that_was_years_ahead_does_not_last_years() -> None:
    assert may_log_in(LoginHold(10**19, b"x"), b"x", 0, RULES)
