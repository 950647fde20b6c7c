"""What the center takes in: stored once, answered each time, and nothing believed that is not proven."""

from __future__ import annotations

import json
import secrets

import pytest

from center import refusals
from center.answering import Answering
from center.database import CenterDatabaseError
from center.desk import CannotCloseError
from center.intake import LATE_COPY_NS, Letter
from center.post import Post
from foundation.clock import NS_PER_S, rfc3339, utc_ns_of
from foundation.ids import new_id
from tests.center.campus_side import School
from tests.center.conftest import Bench, enrol_school
from uplink.envelope import MAX_BYTES
from uplink.messages.acknowledgement import Acknowledgement, Closure, Outcome
from uplink.messages.alarm import AlarmUpdate, DrillArmed, Purpose, UpdateKind
from uplink.messages.finding import FindingList, FindingMessage, FindingSeverity, FoundTrouble
from uplink.messages.point_health import Health
from uplink.messages.receipt import Receipt
from uplink.signature import SigningKey


def test_an_alarm_is_on_the_desk_before_its_receipt_is_made(bench: Bench) -> None:
    alarm = bench.school.alarm()
    (receipt,) = bench.said(bench.take(alarm))
    assert isinstance(receipt, Receipt)
    assert (receipt.message_id, receipt.copies) == (alarm.alarm_id, 1)
    (shown,) = bench.alarms()
    assert (shown.id, shown.place, shown.waits) == (alarm.alarm_id, "东门门卫室", True)
    assert receipt.received_at == rfc3339(shown.received_utc_ns)


def test_the_same_alarm_on_two_brokers_is_one_alarm_with_two_receipts(bench: Bench) -> None:
    alarm = bench.school.alarm()
    payload = bench.school.sealed(alarm)
    (first,) = bench.said(bench.take(alarm, payload=payload))
    bench.clock.advance(seconds=3)
    (second,) = bench.said(bench.take(alarm, broker_id="standby", payload=payload))
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert (second.received_at, second.digest, second.copies) == (first.received_at, first.digest, 2)
    (shown,) = bench.alarms()
    assert [(way.broker, way.copies) for way in shown.arrivals] == [("primary", 1), ("standby", 1)]


def test_two_presses_are_two_alarms_and_the_oldest_waiting_is_answered_first(bench: Bench) -> None:
    first, second = bench.school.alarm(), bench.school.alarm(input="gate-west")
    bench.take(first)
    bench.clock.advance(seconds=1)
    bench.take(second)
    assert [alarm.id for alarm in bench.alarms()] == [first.alarm_id, second.alarm_id]


def test_no_receipt_is_made_when_the_alarm_cannot_be_stored(bench: Bench) -> None:
    with bench.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alarm_event")
    with pytest.raises(CenterDatabaseError):
        bench.take(bench.school.alarm())


def test_a_forged_alarm_is_refused_and_kept_as_evidence(bench: Bench) -> None:
    thief = SigningKey(secrets.token_bytes(32))
    alarm = bench.school.alarm()
    assert bench.take(alarm, payload=bench.school.sealed(alarm, key=thief)).replies == ()
    altered = bench.school.sealed(alarm).replace("东门门卫室".encode(), "西门门卫室".encode())
    assert bench.take(alarm, payload=altered).replies == ()
    assert bench.alarms() == ()
    assert bench.refusals() == [("bad_signature", 1), ("unknown_key", 1)]


def test_a_school_cannot_speak_for_another(bench: Bench) -> None:
    other = School("school-2", "第二小学", bench.clock)
    enrol_school(bench.database, other)
    alarm = bench.school.alarm()
    other_topic = Letter("primary", "campus/school-2/alarm", bench.school.sealed(alarm))
    assert bench.take_letter(other_topic).replies == ()
    stolen = other.alarm(campus="school-1")
    assert bench.take_letter(Letter("primary", "campus/school-2/alarm", other.sealed(stolen))).replies == ()
    assert bench.alarms() == ()
    assert [reason for reason, _ in bench.refusals()] == ["foreign_campus", "unknown_key"]


def test_a_known_alarm_id_with_other_contents_is_refused(bench: Bench) -> None:
    alarm = bench.school.alarm()
    bench.take(alarm)
    assert bench.take(alarm.model_copy(update={"place": "操场"})).replies == ()
    (shown,) = bench.alarms()
    assert shown.place == "东门门卫室"
    assert bench.refusals() == [("replayed", 1)]


def test_an_alarm_whose_event_has_another_id_is_refused(bench: Bench) -> None:
    alarm = bench.school.alarm()
    payload = bench.school.sealed(alarm.model_copy(update={"alarm_id": new_id()}))
    attributes = json.loads(payload)
    attributes["data"]["alarm_id"] = alarm.alarm_id
    del attributes["signature"], attributes["keyid"]
    assert bench.take(alarm, payload=bench.school.key.sign(attributes)).replies == ()
    assert bench.refusals() == [("malformed", 1)]


def test_an_alarm_replayed_much_later_changes_nothing_but_is_noted(bench: Bench) -> None:
    alarm = bench.school.alarm()
    payload = bench.school.sealed(alarm)
    bench.take(alarm, payload=payload)
    bench.clock.advance(seconds=LATE_COPY_NS / NS_PER_S + 1)
    assert len(bench.take(alarm, payload=payload).replies) == 1
    assert len(bench.alarms()) == 1
    assert bench.refusals() == [("replayed", 1)]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("campus/school-1/alarm", b"", "malformed"),
        ("campus/school-1/alarm", b"\xff\xfe{", "malformed"),
        ("campus/school-1/alarm", b"[" * 100_000, "malformed"),
        ("campus/school-1/alarm", b"x" * (MAX_BYTES + 1), "oversized"),
        ("campus/school-1/alarm", b"{}", "unsigned"),
        ("campus/nobody/alarm", b"{}", "unknown_campus"),
        ("campus/SCHOOL/alarm", b"{}", "malformed"),
        ("campus/school-1/gossip", b"{}", "malformed"),
    ],
)
def test_garbage_is_refused_and_the_next_alarm_is_taken(bench: Bench, topic: str, payload: bytes, reason: str) -> None:
    assert bench.take_letter(Letter("primary", topic, payload)).replies == ()
    assert bench.refusals() == [(reason, 1)]
    assert len(bench.take(bench.school.alarm()).replies) == 1


def test_values_that_a_database_cannot_hold_are_malformed_and_end_nothing(bench: Bench) -> None:
    late = bench.school.point(checked_at="9999-12-31T23:59:59Z")
    bench.take(late)
    assert bench.refusals() == [("malformed", 1)]
    bench.take(bench.school.alarm(place="东\0门", pressed_at="9999-12-31T23:59:59Z"))
    (shown,) = bench.alarms()
    assert shown.place == "东\ufffd门"


def test_a_flood_of_one_kind_is_one_row_with_a_count(bench: Bench) -> None:
    for _ in range(50):
        bench.take_letter(Letter("primary", "campus/school-1/alarm", b"{}"))
    assert bench.refusals() == [("unsigned", 50)]


def test_a_flood_of_ever_new_kinds_keeps_the_latest_and_leaves_the_disk_to_alarms(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "KEEP_ROWS", 5)
    for number in range(12):
        bench.clock.advance(seconds=1)
        bench.take_letter(Letter("primary", f"campus/school-{number + 100}/alarm", b"{}"))
    with bench.database.begin() as connection:
        kept = [one.topic for one in refusals.recent(connection)]
    assert kept == [f"campus/school-{number + 100}/alarm" for number in range(11, 6, -1)]


def test_a_word_on_the_topic_of_another_path_or_point_is_refused(bench: Bench) -> None:
    beat, point = (
        bench.school.sealed(bench.school.heartbeat("primary")),
        bench.school.sealed(bench.school.point("gate")),
    )
    bench.take_letter(Letter("primary", "campus/school-1/state/standby", beat))
    bench.take_letter(Letter("primary", "campus/school-1/point/hall", point))
    assert bench.refusals() == [("malformed", 1), ("malformed", 1)]
    assert bench.campus().points == ()


def test_a_newer_version_is_refused_by_name(bench: Bench) -> None:
    attributes = json.loads(bench.school.sealed(bench.school.alarm()))
    del attributes["signature"], attributes["keyid"]
    attributes["dataschema"] = "urn:campus-wire:campus.alarm.raised:2"
    bench.take(bench.school.alarm(), payload=bench.school.key.sign(attributes))
    assert bench.refusals() == [("newer_version", 1)]


def test_a_bad_letter_among_good_ones_takes_none_of_them_along(bench: Bench) -> None:
    alarms = [bench.school.alarm() for _ in range(3)]
    letters = [bench.school.letter(alarm) for alarm in alarms]
    letters.insert(1, Letter("primary", "campus/school-1/alarm", b"{}"))
    letters.insert(3, bench.school.letter(alarms[0].model_copy(update={"place": "操场"})))
    taken = bench.intake.take(letters)
    assert [len(one.replies) for one in taken] == [1, 0, 1, 0, 1]
    assert len(bench.alarms()) == 3
    assert bench.refusals() == [("replayed", 1), ("unsigned", 1)]


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
    forced = AlarmUpdate(
        campus=bench.school.campus, alarm_id=alarm.alarm_id, update=UpdateKind.DURESS,
        at=rfc3339(bench.clock.utc_ns()), person="张伟",
    )  # fmt: skip
    for message in (armed, forced, alarm) if overtakes else (armed, alarm, forced):
        bench.take(message)
    (shown,) = bench.alarms()
    assert (shown.duress, shown.drill, shown.waits) == (True, False, True)
    bench.take(bench.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    assert all(one.waits for one in bench.alarms()), "nor is the next press the drill"


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
    assert bench.said(bench.take(bench.school.birth())) == [word]


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


# ── points and findings ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_word_on_a_point_counts_and_an_older_one_is_a_replay(bench: Bench) -> None:
    bench.take(bench.school.heartbeat())
    old = bench.school.sealed(bench.school.point())
    bench.clock.advance(seconds=1)
    bench.take(bench.school.point(camera=Health.FAILING))
    bench.take(bench.school.point(), payload=old)
    assert [point.state for point in bench.campus().points] == ["failing"]
    assert bench.refusals() == [("replayed", 1)]


def test_a_point_is_shown_as_well_only_while_its_school_is_heard(bench: Bench) -> None:
    bench.take(bench.school.point())
    assert [point.state for point in bench.campus().points] == ["unknown"]
    bench.take(bench.school.heartbeat())
    assert [point.state for point in bench.campus().points] == ["ok"]
    bench.clock.advance(seconds=16)
    bench.paths.notice_silence()
    assert [point.state for point in bench.campus().points] == ["unknown"]


def test_a_finding_that_a_slower_path_still_calls_open_stays_cleared(bench: Bench) -> None:
    now = rfc3339(bench.clock.utc_ns())
    trouble = FoundTrouble(
        id=new_id(), subject="volume:main", kind="storage.stalled", severity=FindingSeverity.FAILING, since=now
    )
    opened = FindingMessage(campus="school-1", finding=trouble)
    late = bench.school.sealed(opened)
    bench.clock.advance(seconds=5)
    bench.take(FindingMessage(campus="school-1", finding=trouble.model_copy(update={"cleared_at": now})))
    bench.take(opened, broker_id="standby", payload=late)
    assert bench.campus().open_findings == 0


def test_a_withdrawn_point_goes(bench: Bench) -> None:
    bench.take(bench.school.point())
    bench.clock.advance(seconds=1)
    bench.take(bench.school.point(withdrawn=True))
    assert bench.campus().points == ()


def test_findings_open_and_clear_and_a_list_clears_what_it_leaves_out(bench: Bench) -> None:
    now = rfc3339(bench.clock.utc_ns())
    troubles = [
        FoundTrouble(
            id=new_id(),
            subject="device:cam-gate",
            kind="camera.unreachable",
            severity=FindingSeverity.FAILING,
            since=now,
            evidence={},
        )
        for _ in range(3)
    ]
    for trouble in troubles:
        assert bench.take(FindingMessage(campus="school-1", finding=trouble)).replies == ()  # said anew, never kept
    assert bench.campus().open_findings == 3
    cleared = troubles[0].model_copy(update={"cleared_at": now})
    bench.take(FindingMessage(campus="school-1", finding=cleared))
    assert bench.campus().open_findings == 2
    bench.take(FindingList(campus="school-1", open=(troubles[2].id,), at=now))
    assert bench.campus().open_findings == 1


# ── who is there ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_enrolled_school_that_was_never_heard_is_shown_as_unknown(bench: Bench) -> None:
    assert (bench.campus().state, bench.campus().paths) == ("unknown", ())


def test_a_birth_alone_proves_no_life_and_silence_makes_a_path_lost(bench: Bench) -> None:
    bench.take(bench.school.birth())
    assert bench.campus().state == "unknown"
    bench.take(bench.school.heartbeat())
    assert bench.campus().state == "ok"
    bench.clock.advance(seconds=14)
    assert bench.paths.notice_silence() == []
    bench.clock.advance(seconds=2)
    assert len(bench.paths.notice_silence()) == 1
    assert bench.campus().state == "failing"


def test_a_stale_will_of_an_older_birth_is_ignored(bench: Bench) -> None:
    bench.take(bench.school.birth())
    old_will = bench.school.sealed(bench.school.will())
    bench.school.birth_number = 2
    bench.take(bench.school.birth())
    bench.take(bench.school.heartbeat())
    bench.take(bench.school.will(birth=1), payload=old_will)
    assert bench.campus().state == "ok"
    bench.take(bench.school.will())
    assert bench.campus().state == "failing"


def test_replayed_heartbeats_do_not_keep_a_dead_school_alive(bench: Bench) -> None:
    payload = bench.school.sealed(bench.school.heartbeat())
    bench.take(bench.school.heartbeat(number=1), payload=payload)
    for _ in range(4):
        bench.clock.advance(seconds=5)
        bench.take(bench.school.heartbeat(number=1), payload=payload)
    bench.paths.notice_silence()
    assert bench.campus().state == "failing"


def test_one_path_of_two_lost_is_attention_not_failure(bench: Bench) -> None:
    bench.take(bench.school.heartbeat("primary"))
    bench.take(bench.school.heartbeat("standby"))
    bench.clock.advance(seconds=16)
    bench.take(bench.school.heartbeat("primary"))
    bench.paths.notice_silence()
    campus = bench.campus()
    assert (campus.state, campus.reachable) == ("attention", True)


def test_how_late_an_alarm_is_does_not_depend_on_the_schools_wall_clock(bench: Bench) -> None:
    alarm = bench.school.alarm(pressed_at=rfc3339(utc_ns_of_year(1970)))
    bench.clock.advance(seconds=42)
    bench.take(bench.school.heartbeat())
    bench.take(alarm)
    (shown,) = bench.alarms()
    assert shown.delay_ms == 42_000


def utc_ns_of_year(year: int) -> int:
    """New Year of that year."""
    from datetime import UTC, datetime

    return utc_ns_of(datetime(year, 1, 1, tzinfo=UTC))
