"""What the center takes in: stored once, answered each time, and nothing believed that is not proven."""

from __future__ import annotations

import json
import secrets

import pytest

from center import refusals
from center.database import CenterDatabaseError
from center.intake import LATE_COPY_NS, Letter
from foundation.clock import NS_PER_S, rfc3339, utc_ns_of
from foundation.ids import new_id
from tests.center.campus_side import School
from tests.center.conftest import Bench, enrol_school
from uplink.envelope import MAX_BYTES
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
