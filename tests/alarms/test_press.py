"""Stored before sent, once for each finger, and out all the same when the disk is not there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alarms.facts import AlarmRaisedFact
from alarms.ledger import Urgency
from alarms.line import NoSuchAlarmError
from alarms.press import STORE_WITHIN_S, Button, PressError, PressRequest, StoredAlarm
from alarms.query import find_alarm, messages_waiting, recent_alarms
from alarms.record import StepKind
from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from foundation.journal import read_entries
from foundation.sqlite import DatabaseError, DatabaseFullError, Transaction, open_read_only
from tests.alarms.parts import KEY, LineParts, request
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.envelope import unseal
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, Purpose, UpdateKind
from uplink.signature import PinnedKeys
from uplink.topics import Channel, Topic

PINNED = PinnedKeys.of([KEY.public_key])
ALARM = Topic("test-school", Channel.ALARM)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[LineParts]:
    made = LineParts(tmp_path / "alarms.sqlite").start()
    yield made
    made.close()


def test_alarm_message_audit_and_fact_are_on_the_disk_when_press_returns(parts: LineParts) -> None:
    alarm = parts.line.press(request())
    assert alarm.stored
    stored = find_alarm(parts.path, alarm.alarm_id)
    assert stored is not None
    assert stored.state is StepKind.STORED
    assert stored.nearest_points == ("gate-east",)
    assert messages_waiting(parts.path) == 1
    (fact,) = read_entries(parts.path, after=0, kind="alarm.raised")
    assert fact.read(AlarmRaisedFact).alarm_id == alarm.alarm_id
    verdict = verify_audit(parts.path)
    assert verdict.holds
    assert verdict.entries == 1


def test_nothing_is_offered_to_the_network_before_the_commit(tmp_path: Path) -> None:
    parts = LineParts(tmp_path / "alarms.sqlite").start()
    seen_stored: list[bool] = []
    parts.outbox.on_added(lambda: seen_stored.append(messages_waiting(parts.path) == 1))
    parts.line.press(request())
    parts.close()
    assert seen_stored == [True]


def test_what_is_sent_carries_place_clocks_sequence_and_a_valid_signature(parts: LineParts) -> None:
    parts.line.press(request())
    parts.line.press(request("west"))
    first, second = sorted(parts.outbox.in_order(), key=lambda message: message.sequence or 0)
    received = unseal(first.payload, ALARM, PINNED)
    assert received.digest == first.digest
    assert received.event.sequence == f"{1:020d}"
    assert unseal(second.payload, ALARM, PINNED).event.sequence == f"{2:020d}"
    data = received.event.data
    assert isinstance(data, AlarmRaised)
    assert data.alarm_id == received.event.id
    assert (data.place, data.address, data.gatehouse_phone) == ("东门门卫室", "测试路 1 号", "010-1234")
    assert data.boot_id == parts.clock.boot_id()
    assert data.stored


def test_the_same_press_id_is_the_same_alarm_however_often_it_is_repeated(parts: LineParts) -> None:
    answers = [parts.line.press(request(press_id="finger-1")) for _ in range(5)]
    assert len({answer.alarm_id for answer in answers}) == 1
    assert [answer.repeated for answer in answers] == [False, True, True, True, True]
    assert len(recent_alarms(parts.path)) == 1


def test_a_press_repeated_after_a_restart_is_still_the_same_alarm(tmp_path: Path) -> None:
    before = LineParts(tmp_path / "alarms.sqlite").start()
    first = before.line.press(request(press_id="finger-1"))
    before.close()
    after = LineParts(tmp_path / "alarms.sqlite").start()
    again = after.line.press(request(press_id="finger-1"))
    after.line._presses.clear()  # as if it had been pressed longer ago than memory reaches
    after.line._latest.clear()
    once_more = after.line.press(request(press_id="finger-1"))
    after.close()
    assert again.alarm_id == once_more.alarm_id == first.alarm_id
    assert again.repeated
    assert once_more.repeated
    assert once_more.stored
    assert after.troubles == []


def test_a_press_repeated_while_the_disk_hangs_is_one_alarm(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock, store_within_s=STORE_WITHIN_S).start()
    assert parts.database is not None
    parts.database.working.clear()
    first = parts.line.press(request(press_id="finger-1"))
    clock.advance(seconds=2)
    again = parts.line.press(request(press_id="finger-1"))
    assert (again.alarm_id, again.repeated, again.stored) == (first.alarm_id, True, False)
    assert [message.id for message in parts.outbox.in_order()] == [first.alarm_id]
    parts.close()
    assert [alarm.id for alarm in recent_alarms(parts.path)] == [first.alarm_id]


def test_a_press_is_committed_alone_and_before_whatever_was_waiting(parts: LineParts) -> None:
    busy, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def hold(_: Transaction) -> None:
        busy.set()
        go_on.wait(WAIT_AT_MOST_S)

    parts.ledger.submit(hold, Urgency.SOON)
    assert busy.wait(WAIT_AT_MOST_S)
    parts.ledger.submit(lambda _: None, Urgency.LAZY, lambda: order.append("lazy"))
    parts.ledger.submit(lambda _: None, Urgency.SOON, lambda: order.append("soon"))
    pressed = parts.ledger.submit(
        lambda _: order.append("press is written"), Urgency.PRESS, lambda: order.append("press is on the disk")
    )
    go_on.set()
    assert pressed.settled.wait(WAIT_AT_MOST_S)
    wait_until(lambda: len(order) == 4, what="the others")
    assert order[:2] == ["press is written", "press is on the disk"]


def test_a_bouncing_finger_is_one_alarm_and_two_inputs_at_once_are_two(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    first = parts.line.press(request("east"))
    clock.advance(seconds=0.2)
    bounce = parts.line.press(request("east"))
    other = parts.line.press(request("west"))
    clock.advance(seconds=0.4)
    again = parts.line.press(request("east"))
    parts.close()
    assert bounce.alarm_id == first.alarm_id
    assert len({first.alarm_id, other.alarm_id, again.alarm_id}) == 3


def test_presses_from_many_threads_at_once_are_all_stored_with_sequences_without_holes(parts: LineParts) -> None:
    parts.line.buttons["east"] = parts.line.buttons["east"].__class__(id="east", name="东", place="东", debounce_ms=0)
    answers: list[StoredAlarm] = []

    def press_many() -> None:
        answers.extend(parts.line.press(request()) for _ in range(25))

    threads = [threading.Thread(target=press_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.alarm_id for answer in answers}) == 200
    with open_read_only(parts.path) as reader:
        sequences = [row[0] for row in reader.rows("SELECT sequence FROM message ORDER BY sequence")]
    assert sequences == list(range(1, 201))
    assert verify_audit(parts.path).holds


def test_a_disk_that_hangs_holds_the_alarm_up_for_half_a_second_only(tmp_path: Path) -> None:
    parts = LineParts(tmp_path / "alarms.sqlite", store_within_s=STORE_WITHIN_S).start()
    assert parts.database is not None
    parts.database.working.clear()
    began = time.monotonic()
    alarm = parts.line.press(request())
    assert STORE_WITHIN_S == 0.5
    assert time.monotonic() - began < STORE_WITHIN_S + 5, "the disk hangs for ever"
    assert not alarm.stored
    (message,) = parts.outbox.in_order()
    data = unseal(message.payload, ALARM, PINNED).event.data
    assert isinstance(data, AlarmRaised)
    assert not data.stored
    record = parts.line.find(alarm.alarm_id)
    assert record is not None
    assert not record.stored
    assert record.state is None

    parts.database.working.set()
    wait_until(lambda: len(parts.outbox.in_order()) == 2, what="the word that it is stored now")
    raised, update = parts.outbox.in_order()
    assert raised.id == alarm.alarm_id
    assert raised.payload == message.payload, "the copy that went out goes on being sent"
    said = unseal(update.payload, ALARM, PINNED).event.data
    assert isinstance(said, AlarmUpdate)
    assert said.update is UpdateKind.STORED
    assert find_alarm(parts.path, alarm.alarm_id) is not None
    with open_read_only(parts.path) as reader:
        assert reader.row("SELECT other_digest FROM message WHERE id = ?", (alarm.alarm_id,)) == (message.digest,)
    parts.close()


@pytest.mark.parametrize("error", [DatabaseError("read only"), DatabaseFullError("full")])
def test_a_failing_disk_lets_the_alarm_out_at_once_and_stores_it_when_it_can(
    parts: LineParts, error: DatabaseError
) -> None:
    assert parts.database is not None
    parts.database.error = error
    began = time.monotonic()
    first = parts.line.press(request("east"))
    second = parts.line.press(request("west"))
    assert time.monotonic() - began < WAIT_AT_MOST_S / 2, "none waited for the disk"
    assert not first.stored
    assert not second.stored
    assert len(parts.outbox.in_order()) == 2
    parts.database.error = None
    wait_until(lambda: len(recent_alarms(parts.path)) == 2, what="both alarms on the disk")
    wait_until(lambda: parts.troubles == [error, None], what="the trouble and its end")


def test_a_database_that_cannot_be_opened_does_not_stop_an_alarm(tmp_path: Path) -> None:
    parts = LineParts(tmp_path / "alarms.sqlite")
    parts.refuse_to_open = DatabaseError("the disk is gone")
    parts.ledger.start()
    alarm = parts.line.press(request())
    assert not alarm.stored
    assert [message.id for message in parts.outbox.in_order()] == [alarm.alarm_id]
    parts.refuse_to_open = None
    assert parts.ledger.opened.wait(WAIT_AT_MOST_S)
    wait_until(lambda: find_alarm(parts.path, alarm.alarm_id), what="the alarm on the disk")
    parts.close()


def test_after_a_restart_everything_without_a_receipt_waits_again(tmp_path: Path) -> None:
    before = LineParts(tmp_path / "alarms.sqlite").start()
    alarm = before.line.press(request())
    before.line.tell(alarm.alarm_id, UpdateKind.CANCELLED, person="王", reason="误碰")
    sent = [message.payload for message in before.outbox.in_order()]
    before.close()
    after = LineParts(tmp_path / "alarms.sqlite").start()
    assert [message.payload for message in after.outbox.in_order()] == sent
    record = after.line.find(alarm.alarm_id)
    after.close()
    assert record is not None
    assert record.messages_waiting == 2


def test_a_cancel_is_a_second_message_and_the_alarm_itself_goes_on_being_sent(parts: LineParts) -> None:
    alarm = parts.line.press(request())
    parts.line.tell(alarm.alarm_id, UpdateKind.CANCELLED, person="王师傅", reason="误碰")
    parts.line.tell(alarm.alarm_id, UpdateKind.CANCELLED, person="王师傅", reason="误碰")
    raised, cancel = parts.outbox.in_order()
    assert raised.id == alarm.alarm_id
    said = unseal(cancel.payload, ALARM, PINNED).event.data
    assert isinstance(said, AlarmUpdate)
    assert (said.update, said.person, said.reason) == (UpdateKind.CANCELLED, "王师傅", "误碰")


def test_every_word_on_an_alarm_is_in_the_chain(parts: LineParts) -> None:
    alarm = parts.line.press(request())
    parts.line.tell(alarm.alarm_id, UpdateKind.LOCAL_ACKNOWLEDGED, person="李")
    parts.line.tell(alarm.alarm_id, UpdateKind.CANCELLED, person="王", reason="误碰")
    with open_read_only(parts.path) as reader:
        said = [row[0] for row in reader.rows("SELECT action FROM audit ORDER BY seq")]
    assert said == ["alarm.pressed", "alarm.local_acknowledged", "alarm.cancelled"]
    assert verify_audit(parts.path).holds


def test_an_alarm_that_memory_has_forgotten_can_still_be_called_off(parts: LineParts) -> None:
    alarm = parts.line.press(request())
    parts.line.book._records.clear()  # as after a flood of presses
    parts.line.tell(alarm.alarm_id, UpdateKind.CANCELLED, person="王", reason="误碰")
    found = find_alarm(parts.path, alarm.alarm_id)
    assert found is not None
    assert found.called_off is not None
    with pytest.raises(NoSuchAlarmError):
        parts.line.tell(new_id(), UpdateKind.CANCELLED, person="王", reason="误碰")


def test_an_armed_input_makes_a_drill_of_its_first_press_and_of_no_other(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    drill = parts.line.arm_drill("east", "张老师")
    assert parts.outbox.in_order()[0].channel is Channel.ALARM, "the center hears of it first"
    other = parts.line.press(request("west"))
    clock.advance(seconds=1)
    first = parts.line.press(request("east"))
    clock.advance(seconds=1)
    second = parts.line.press(request("east"))
    purposes = {}
    for alarm in (other, first, second):
        record = parts.line.find(alarm.alarm_id)
        assert record is not None
        purposes[alarm.alarm_id] = (record.purpose, record.drill_id)
    parts.close()
    assert purposes == {
        other.alarm_id: (Purpose.REAL, None),
        first.alarm_id: (Purpose.DRILL, drill.drill_id),
        second.alarm_id: (Purpose.REAL, None),
    }


def test_a_press_under_duress_is_real_though_a_drill_is_armed(parts: LineParts) -> None:
    parts.line.arm_drill("east", "王")
    alarm = parts.line.press(PressRequest(press_id=new_id(), input_id="east", duress=True))
    stored = find_alarm(parts.path, alarm.alarm_id)
    assert stored is not None
    assert (stored.purpose, stored.duress) == (Purpose.REAL, True)


def test_a_drill_that_was_armed_two_minutes_ago_is_over(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    parts.line.arm_drill("east", "张老师")
    clock.advance(seconds=121)
    assert parts.line.armed_drills() == []
    record = parts.line.find(parts.line.press(request("east")).alarm_id)
    parts.close()
    assert record is not None
    assert record.purpose is Purpose.REAL


@pytest.mark.parametrize(("input_id", "press_id"), [("north", "a"), ("east", ""), ("east", "x" * 65)])
def test_what_cannot_be_a_press_is_refused_in_words(parts: LineParts, input_id: str, press_id: str) -> None:
    with pytest.raises(PressError):
        parts.line.press(request(input_id).__class__(press_id=press_id, input_id=input_id))


def test_the_rows_hold_the_signed_bytes_that_are_sent(parts: LineParts) -> None:
    parts.line.press(request())
    (message,) = parts.outbox.in_order()
    with open_read_only(parts.path) as reader:
        row = reader.row("SELECT payload, digest FROM message")
    assert row == (message.payload, message.digest)
    assert json.loads(message.payload)["signature"]


def test_the_log_of_the_database_is_folded_in_when_nobody_presses(parts: LineParts) -> None:
    before = parts.path.stat().st_mtime_ns
    parts.line.press(request())
    log = parts.path.with_name(parts.path.name + "-wal")
    assert log.stat().st_size > 0
    wait_until(lambda: parts.path.stat().st_mtime_ns > before, what="the rows in the file itself")


def test_ten_thousand_presses_a_minute_are_all_answered_and_stored(parts: LineParts) -> None:
    for number in range(8):
        parts.line.buttons[f"b{number}"] = Button(id=f"b{number}", name="按钮", place="东门", debounce_ms=0)
    stored: list[bool] = []

    def press(number: int) -> None:
        stored.extend(parts.line.press(request(f"b{number}", new_id())).stored for _ in range(60))

    fingers = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()
    assert stored == [True] * 480
