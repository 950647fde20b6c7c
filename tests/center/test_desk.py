"""The alarm desk: what is a line test and what is real, and what persons say of an alarm."""

from __future__ import annotations

import pytest

from center.answering import Answering
from center.desk import CannotCloseError
from center.post import Post
from foundation.clock import NS_PER_S, rfc3339
from foundation.ids import new_id
from tests.center.campus_side import School
from tests.center.conftest import Bench, enrol_school
from uplink.messages.acknowledgement import Acknowledgement, Closure, Outcome
from uplink.messages.alarm import AlarmUpdate, DrillArmed, Purpose, UpdateKind
from uplink.messages.receipt import Receipt

# ── drills ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _armed(bench: Bench, *, until_s: float = 120, input_id: str = "gate-east") -> DrillArmed:
    now = bench.clock.utc_ns()
    return DrillArmed(
        campus=bench.school.campus,
        drill_id=new_id(),
        input=input_id,
        person="王老师",
        armed_at=rfc3339(now),
        until=rfc3339(now + round(until_s * NS_PER_S)),
    )


def test_an_announced_line_test_does_not_ring(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(armed)
    bench.clock.advance(seconds=10)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    (shown,) = bench.alarms()
    assert (shown.drill, shown.waits, shown.claims_drill) == (True, False, False)


def test_a_drill_that_nobody_announced_rings_until_the_announcement_comes(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    assert [(alarm.waits, alarm.claims_drill) for alarm in bench.alarms()] == [(True, True)]
    bench.take(armed)
    assert [(alarm.waits, alarm.claims_drill) for alarm in bench.alarms()] == [(False, False)]


def test_only_the_first_press_of_the_armed_input_is_the_drill(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(armed)
    drill = {"purpose": Purpose.DRILL, "drill_id": armed.drill_id}
    bench.take(bench.school.alarm(**drill))
    bench.clock.advance(seconds=5)
    bench.take(bench.school.alarm(**drill))
    bench.take(bench.school.alarm(input="gate-west", **drill))
    bench.take(bench.school.alarm())
    assert sorted(alarm.drill for alarm in bench.alarms()) == [False, False, False, True]


def test_a_press_after_the_armed_time_is_real(bench: Bench) -> None:
    armed = _armed(bench, until_s=60)
    bench.take(armed)
    bench.clock.advance(seconds=90)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    (shown,) = bench.alarms()
    assert shown.waits


def test_nobody_can_arm_for_longer_than_two_minutes(bench: Bench) -> None:
    assert bench.take(_armed(bench, until_s=121)).replies == ()
    assert bench.refusals() == [("malformed", 1)]


def test_another_button_is_no_drill_even_if_it_is_the_first_to_call_itself_one(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(armed)
    drill = {"purpose": Purpose.DRILL, "drill_id": armed.drill_id}
    other = bench.school.alarm(input="gate-west", **drill)
    bench.take(other)
    bench.clock.advance(seconds=1)
    tested = bench.school.alarm(**drill)
    bench.take(tested)
    assert {alarm.id: alarm.drill for alarm in bench.alarms()} == {other.alarm_id: False, tested.alarm_id: True}


def test_a_press_from_before_the_arming_is_real(bench: Bench) -> None:
    before = rfc3339(bench.clock.utc_ns() - 30 * NS_PER_S)
    armed = _armed(bench)
    bench.take(armed)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id, pressed_at=before))
    (shown,) = bench.alarms()
    assert (shown.drill, shown.waits) == (False, True)


def test_no_school_makes_a_drill_of_another_schools_alarm(bench: Bench) -> None:
    other = School("school-2", "第二小学", bench.clock)
    enrol_school(bench.database, other)
    armed = _armed(bench)
    bench.take(armed)
    alarm = other.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id)
    bench.take_letter(other.letter(alarm))
    (shown,) = bench.alarms()
    assert (shown.campus, shown.drill, shown.waits) == ("school-2", False, True)


def test_a_line_test_is_announced_once(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(armed)
    bench.clock.advance(seconds=60)
    later = rfc3339(bench.clock.utc_ns() + 120 * NS_PER_S)
    bench.take(armed.model_copy(update={"armed_at": rfc3339(bench.clock.utc_ns()), "until": later}))
    assert bench.refusals() == [("malformed", 1)]
    bench.clock.advance(seconds=90)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    assert bench.alarms()[0].waits, "the second announcement prolongs nothing"


@pytest.mark.parametrize("overtakes", [False, True])
def test_whoever_is_forced_to_call_a_drill_off_is_helped(bench: Bench, *, overtakes: bool) -> None:
    armed = _armed(bench)
    alarm = bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id)
    forced = _forced(bench, alarm.alarm_id)
    for message in (armed, forced, alarm) if overtakes else (armed, alarm, forced):
        bench.take(message)
    (shown,) = bench.alarms()
    assert (shown.duress, shown.drill, shown.waits) == (True, False, True)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    assert all(one.waits for one in bench.alarms()), "nor is the next press the drill"


def _forced(bench: Bench, alarm_id: str) -> AlarmUpdate:
    return AlarmUpdate(
        campus=bench.school.campus, alarm_id=alarm_id, update=UpdateKind.DURESS,
        at=rfc3339(bench.clock.utc_ns()), person="张伟",
    )  # fmt: skip


@pytest.mark.parametrize("drill", [False, True])
def test_an_alarm_that_somebody_answered_waits_again_when_the_guard_was_forced_to_call_it_off(
    bench: Bench, *, drill: bool
) -> None:
    armed = _armed(bench)
    bench.take(armed)
    said = {"purpose": Purpose.DRILL, "drill_id": armed.drill_id} if drill else {}
    alarm = bench.school.alarm(**said)
    bench.take(alarm)
    answering = _answering(bench, [])
    answering.acknowledge(alarm.alarm_id, "李警官")
    answering.close(alarm.alarm_id, "李警官", Outcome.DRILL if drill else Outcome.FALSE_ALARM, "学校说没事")
    assert not bench.alarms()[0].waits
    bench.clock.advance(seconds=5)
    bench.take(_forced(bench, alarm.alarm_id))
    (shown,) = bench.alarms()
    assert (shown.duress, shown.drill, shown.waits, shown.closed_utc_ns) == (True, False, True, None)
    assert [line.kind for line in shown.history] == ["received", "acknowledged", "closed", "duress"]
    assert answering.acknowledge(alarm.alarm_id, "赵警官").first
    answering.close(alarm.alarm_id, "赵警官", Outcome.HANDLED, "已出警")


def test_what_was_answered_as_a_line_test_waits_again_once_it_turns_out_to_be_none(bench: Bench) -> None:
    armed = _armed(bench)
    bench.take(armed)
    drill = {"purpose": Purpose.DRILL, "drill_id": armed.drill_id}
    bench.clock.advance(seconds=10)
    second = bench.school.alarm(**drill)
    bench.take(second)
    _answering(bench, []).acknowledge(second.alarm_id, "周老师")
    first = bench.school.alarm(**drill, pressed_at=rfc3339(bench.clock.utc_ns() - 5 * NS_PER_S))
    bench.take(first)  # came late by another way, and was the one that the announcement meant
    assert {alarm.id: (alarm.drill, alarm.waits) for alarm in bench.alarms()} == {
        first.alarm_id: (True, False),
        second.alarm_id: (False, True),
    }


# ── what persons say ──────────────────────────────────────────────────────────────────────────────────────────────────


def _answering(bench: Bench, posts: list[Post]) -> Answering:
    return Answering(bench.database, bench.clock, bench.voice, posts, on_change=lambda: None)


def test_an_acknowledgement_is_kept_and_repeated_when_the_school_asks_or_comes_back(bench: Bench) -> None:
    alarm = bench.school.alarm()
    payload = bench.school.sealed(alarm)
    bench.take(alarm, payload=payload)
    answering = _answering(bench, [])
    assert answering.acknowledge(alarm.alarm_id, "李警官").first
    assert answering.acknowledge(alarm.alarm_id, "赵警官").person == "李警官"
    receipt, word = bench.said(bench.take(alarm, payload=payload))
    assert isinstance(receipt, Receipt)
    assert isinstance(word, Acknowledgement)
    assert (word.alarm_id, word.person) == (alarm.alarm_id, "李警官")
    bench.clock.advance(seconds=6 * 86_400)
    assert bench.said(bench.take(bench.school.birth())) == [word], "also to a school that was away for days"


def test_an_alarm_is_closed_once_by_a_person_after_somebody_took_it_on(bench: Bench) -> None:
    alarm = bench.school.alarm()
    payload = bench.school.sealed(alarm)
    bench.take(alarm, payload=payload)
    answering = _answering(bench, [])
    with pytest.raises(CannotCloseError):
        answering.close(alarm.alarm_id, "李警官", Outcome.HANDLED, "")
    answering.acknowledge(alarm.alarm_id, "李警官")
    with pytest.raises(CannotCloseError):
        answering.close(alarm.alarm_id, "李警官", Outcome.DRILL, "")
    answering.close(alarm.alarm_id, "李警官", Outcome.FALSE_ALARM, "误碰")
    with pytest.raises(CannotCloseError):
        answering.close(alarm.alarm_id, "赵警官", Outcome.HANDLED, "")
    _, _, word = bench.said(bench.take(alarm, payload=payload))
    assert isinstance(word, Closure)
    assert (word.person, word.outcome, word.note) == ("李警官", Outcome.FALSE_ALARM, "误碰")
    (shown,) = bench.alarms()
    assert (shown.outcome, shown.acknowledged_by) == ("false_alarm", "李警官")


def test_a_cancel_by_the_school_is_shown_but_the_alarm_still_waits_for_a_person(bench: Bench) -> None:
    alarm = bench.school.alarm()
    cancel = AlarmUpdate(
        campus=alarm.campus,
        alarm_id=alarm.alarm_id,
        update=UpdateKind.CANCELLED,
        at=rfc3339(bench.clock.utc_ns()),
        person="张保安",
        reason="误碰",
    )
    bench.take(cancel)  # overtakes its alarm
    bench.take(alarm)
    (shown,) = bench.alarms()
    assert (shown.cancelled, shown.waits) == (True, True)
    assert ("cancelled", "张保安", "误碰") in [(line.kind, line.person, line.text) for line in shown.history]


def test_another_school_cannot_cancel_an_alarm(bench: Bench) -> None:
    other = School("school-2", "第二小学", bench.clock)
    enrol_school(bench.database, other)
    alarm = bench.school.alarm()
    bench.take(alarm)
    cancel = AlarmUpdate(
        campus="school-2", alarm_id=alarm.alarm_id, update=UpdateKind.CANCELLED, at=rfc3339(bench.clock.utc_ns())
    )
    bench.take_letter(other.letter(cancel))
    (shown,) = bench.alarms()
    assert not shown.cancelled
