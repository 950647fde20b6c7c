"""In which order things are sent, and what an alarm says while no receipt comes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.escalation import Urging, fills_the_page, urging
from alarms.outbox import Outbox, OutgoingMessage, is_due
from alarms.record import AlarmRecord, Step, StepKind
from foundation.clock import NS_PER_S
from foundation.ids import new_id
from uplink.messages.alarm import Purpose
from uplink.topics import Channel


def message(alarm_id: str | None, sequence: int, *, raised: bool = False) -> OutgoingMessage:
    return OutgoingMessage(
        id=alarm_id if raised and alarm_id else new_id(),
        alarm_id=alarm_id,
        channel=Channel.ALARM if alarm_id else Channel.DAY,
        payload=b"",
        digest=str(sequence),
        sequence=sequence,
        created_utc_ns=0,
        raised=raised,
    )


def test_the_newest_alarm_goes_first_then_its_updates_then_older_ones_then_sealed_days() -> None:
    old, new = new_id(), new_id()
    day = message(None, 1)
    old_press, old_update = message(old, 2, raised=True), message(old, 3)
    new_press, new_update = message(new, 4, raised=True), message(new, 5)
    outbox = Outbox()
    for item in (new_update, day, old_update, old_press, new_press):
        outbox.add(item)
    assert outbox.in_order() == [new_press, new_update, old_press, old_update, day]


@given(st.lists(st.booleans(), max_size=30))
def test_only_settling_takes_something_out(settled: list[bool]) -> None:
    outbox = Outbox()
    items = [message(new_id(), number, raised=True) for number in range(len(settled))]
    for item in items:
        outbox.add(item)
        outbox.add(item)
    for item, gone in zip(items, settled, strict=True):
        if gone:
            outbox.settle(item.id)
            outbox.settle(item.id)
    left = [item for item, gone in zip(items, settled, strict=True) if not gone]
    assert outbox.in_order() == left[::-1]
    assert outbox.waiting() == len(left)
    assert outbox.alarm_waits() == bool(left)


def test_a_sealed_day_alone_does_not_make_reconnection_urgent() -> None:
    outbox = Outbox()
    outbox.add(message(None, 1))
    assert not outbox.alarm_waits()


def due(place: int, sent_s: float, receipt_s: float, now_s: float, heard_s: float | None = None) -> bool:
    return is_due(
        place=place,
        sent_ns=round(sent_s * NS_PER_S),
        heard_ns=None if heard_s is None else round(heard_s * NS_PER_S),
        last_receipt_ns=round(receipt_s * NS_PER_S),
        now_ns=round(now_s * NS_PER_S),
    )


def test_the_newest_are_sent_again_after_five_seconds_whatever_else_is_received() -> None:
    assert not due(place=0, sent_s=100, receipt_s=104, now_s=104.9)
    assert due(place=0, sent_s=100, receipt_s=104, now_s=105)


def test_a_backlog_is_not_doubled_while_the_center_works_its_way_through_it() -> None:
    assert not due(place=500, sent_s=100, receipt_s=128, now_s=129)
    assert due(place=500, sent_s=100, receipt_s=129, now_s=130)


def test_everything_is_sent_again_after_five_seconds_without_any_receipt() -> None:
    assert due(place=500, sent_s=100, receipt_s=99, now_s=105)


def test_a_center_that_is_heard_and_does_not_answer_is_told_again_once() -> None:
    assert due(place=0, sent_s=100, receipt_s=99, now_s=100.6, heard_s=100.1)
    assert not due(place=0, sent_s=100, receipt_s=99, now_s=100.4, heard_s=100.1), "it has had no time to answer"
    assert not due(place=0, sent_s=100, receipt_s=99, now_s=104.9, heard_s=99.9), "it was heard before the sending"
    assert not due(place=5, sent_s=100, receipt_s=104, now_s=104.9, heard_s=104), "it works its way through a backlog"


ALARM = AlarmRecord(
    id=new_id(),
    press_id="a",
    input_id="east",
    input_name="东门",
    place="东门",
    gate=None,
    nearest_points=(),
    purpose=Purpose.REAL,
    drill_id=None,
    silent=False,
    duress=False,
    pressed_by=None,
    pressed_utc_ns=0,
    boot_id="boot",
    running_ns=0,
    stored=True,
    messages_waiting=1,
    steps=(),
)


@pytest.mark.parametrize(
    ("waited_s", "expected"),
    [(0, Urging.SENDING), (4.9, Urging.SENDING), (5, Urging.SENDING_AGAIN), (15, Urging.CALL_POLICE)],
)
def test_five_seconds_sending_again_fifteen_call_110(waited_s: float, expected: Urging) -> None:
    assert urging(ALARM, now_running_ns=round(waited_s * NS_PER_S), boot_id="boot") is expected


def test_an_alarm_from_before_a_reboot_is_late_whatever_the_new_running_clock_says() -> None:
    assert urging(ALARM, now_running_ns=1, boot_id="next boot") is Urging.CALL_POLICE


def test_only_the_centers_receipt_ends_the_urging() -> None:
    accepted = replace(ALARM, steps=(Step(kind=StepKind.BROKER_ACCEPTED, at_utc_ns=0),))
    received = replace(ALARM, steps=(Step(kind=StepKind.CENTER_RECEIVED, at_utc_ns=0),))
    assert urging(accepted, now_running_ns=20 * NS_PER_S, boot_id="boot") is Urging.CALL_POLICE
    assert urging(received, now_running_ns=20 * NS_PER_S, boot_id="boot") is Urging.NONE


@pytest.mark.parametrize(
    ("alarm", "shown"),
    [
        (ALARM, True),
        (replace(ALARM, silent=True), False),
        (replace(ALARM, duress=True), False),
        (replace(ALARM, purpose=Purpose.DRILL), False),
        (replace(ALARM, steps=(Step(kind=StepKind.DURESS, at_utc_ns=0),)), False),
        (replace(ALARM, steps=(Step(kind=StepKind.CANCELLED, at_utc_ns=0),)), False),
    ],
)
def test_no_screen_betrays_a_silent_alarm_or_a_duress(alarm: AlarmRecord, shown: bool) -> None:
    assert fills_the_page(alarm, now_running_ns=60 * NS_PER_S, boot_id="boot") is shown
