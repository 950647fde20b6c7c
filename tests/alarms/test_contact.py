"""A contact's readings: what is a press, what is a fault, what is only a brush. Pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.inputs.contact import (
    STUCK_MS,
    Change,
    Contact,
    Level,
    Timing,
    feed,
    level_of_bit,
    level_of_value,
)
from config.alarm_input import ModbusContact, Reading, Wiring

QUICK = Timing(hold_ms=0, restore_ms=500)


def changes(readings: list[tuple[int, Level]], timing: Timing = QUICK, contact: Contact | None = None) -> list[Change]:
    """What becomes of a row of readings at these milliseconds."""
    found = []
    contact = contact or Contact()
    for at_ms, level in readings:
        contact, change = feed(contact, level, at_ms, timing)
        if change is not None:
            found.append(change)
    return found


def test_a_contact_that_is_pressed_when_first_read_is_a_press() -> None:
    assert changes([(0, Level.PRESSED)]) == [Change.PRESSED]


def test_a_bouncing_contact_is_one_press_and_one_release() -> None:
    bouncing = [(ms, Level.PRESSED if ms % 40 < 20 else Level.REST) for ms in range(0, 400, 10)]
    rest = [(ms, Level.REST) for ms in range(400, 1200, 50)]
    assert changes(bouncing + rest) == [Change.PRESSED, Change.RELEASED]


def test_a_second_press_counts_after_the_restore_time() -> None:
    readings = [(0, Level.PRESSED), (50, Level.REST), (560, Level.REST), (600, Level.PRESSED)]
    assert changes(readings) == [Change.PRESSED, Change.RELEASED, Change.PRESSED]


def test_a_brush_shorter_than_the_hold_time_is_no_press() -> None:
    timing = Timing(hold_ms=300, restore_ms=500)
    assert changes([(0, Level.PRESSED), (100, Level.PRESSED), (150, Level.REST)], timing) == []
    assert changes([(0, Level.PRESSED), (300, Level.PRESSED)], timing) == [Change.PRESSED]


def test_a_contact_stuck_for_minutes_is_one_alarm_and_one_finding() -> None:
    readings = [(ms, Level.PRESSED) for ms in range(0, 5 * STUCK_MS, 1000)]
    assert changes(readings) == [Change.PRESSED, Change.STUCK]


def test_cut_and_short_are_faults_and_no_alarm_and_are_mended() -> None:
    for fault in (Level.CUT, Level.SHORT):
        readings = [(0, Level.REST), (50, fault), (600, fault), (650, Level.REST), (1200, Level.REST)]
        assert changes(readings) == [Change.FAULT, Change.MENDED]


@given(st.lists(st.tuples(st.integers(1, 3_000), st.sampled_from(list(Level))), max_size=60))
def test_presses_and_releases_always_alternate(steps: list[tuple[int, Level]]) -> None:
    now_ms, readings = 0, []
    for passed_ms, level in steps:
        now_ms += passed_ms
        readings.append((now_ms, level))
    presses = [change for change in changes(readings) if change in (Change.PRESSED, Change.RELEASED)]
    assert presses[::2] == [Change.PRESSED] * len(presses[::2])
    assert presses[1::2] == [Change.RELEASED] * len(presses[1::2])


@pytest.mark.parametrize(
    ("closed", "wiring", "level"),
    [
        (True, Wiring.NORMALLY_OPEN, Level.PRESSED),
        (False, Wiring.NORMALLY_OPEN, Level.REST),
        (False, Wiring.NORMALLY_CLOSED, Level.PRESSED),
        (True, Wiring.NORMALLY_CLOSED, Level.REST),
    ],
)
def test_polarity_is_what_the_wiring_says(closed: bool, wiring: Wiring, level: Level) -> None:
    assert level_of_bit(closed, wiring) is level


RESISTOR = ModbusContact(
    host="127.0.0.1", address=7, rest=Reading(low=400, high=600), pressed=Reading(low=800, high=1200)
)


@pytest.mark.parametrize(
    ("value", "level"),
    [(500, Level.REST), (1000, Level.PRESSED), (0, Level.SHORT), (65_535, Level.CUT), (700, Level.CUT)],
)
def test_an_end_of_line_resistor_tells_four_states_apart(value: int, level: Level) -> None:
    assert level_of_value(value, RESISTOR) is level
