"""Findings become faults, faults are mended, re-checked and closed, and nothing of it is forgotten."""

from __future__ import annotations

import pytest

from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from foundation.finding import Severity
from foundation.ids import new_id
from foundation.journal import read_entries
from safety.facts import NoticeAnswered, NoticeReceived
from safety.fault import FaultFile, Happening, Source
from safety.grade import Grade, Stage
from safety.ledger import FaultLedger, StillMeasuredError, UnknownFaultError, WordsError, WrongStageError
from safety.query import closed_faults, fault_file, ledger_counts, open_faults, rules
from safety.rule import Rule
from tests.safety.conftest import Speaker

HOUR_NS = 3_600 * NS_PER_S


def the_only(ledger: FaultLedger, clock: ManualClock) -> FaultFile:
    rows = (*open_faults(ledger.path, clock.utc_ns()), *closed_faults(ledger.path, clock.utc_ns()))
    assert len(rows) == 1, [row.fault for row in rows]
    found = fault_file(ledger.path, rows[0].fault.id)
    assert found is not None
    return found


def happenings(file: FaultFile) -> list[Happening]:
    return [entry.what for entry in file.history]


def by_hand(ledger: FaultLedger, grade: Grade = Grade.GENERAL) -> str:
    return ledger.write_down(
        fault_id=new_id(), title="围栏破损", place="操场北侧", grade=grade, words="有一个洞", person="李老师"
    ).id


def test_a_finding_becomes_a_fault_with_grade_owner_and_due_date(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("campus:demo", "camera.own_link_down", Severity.FAILING)
    inspector.tell()
    fault = the_only(ledger, clock).fault
    assert (fault.grade, fault.owner, fault.stage, fault.source) == (
        Grade.MAJOR,
        "技术员",
        Stage.OPEN,
        Source.FINDING,
    )
    assert fault.due_utc_ns == clock.utc_ns() + 4 * HOUR_NS
    assert fault.measured_wrong == 1


def test_a_view_that_cannot_be_judged_is_the_officers_and_closes_when_it_can(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("point:hall", "picture.cannot_be_judged", Severity.ATTENTION)
    inspector.board.open("point:hall", "picture.frozen", Severity.FAILING)
    inspector.tell()
    owners = {row.fault.kind: row.fault.owner for row in open_faults(ledger.path, clock.utc_ns())}
    assert owners == {"picture.cannot_be_judged": "安全干部", "picture.frozen": "技术员"}
    inspector.board.clear("point:hall", "picture.cannot_be_judged")
    inspector.tell()
    assert [row.fault.kind for row in open_faults(ledger.path, clock.utc_ns())] == ["picture.frozen"]


def test_findings_that_share_a_cause_are_one_fault(inspector: Speaker, ledger: FaultLedger, clock: ManualClock) -> None:
    for name in ("main", "backup"):
        inspector.board.open(f"path:{name}", "uplink.path_lost", Severity.FAILING, cause="no_network")
    inspector.board.open("role:inspector", "role.power_lost", Severity.ATTENTION, cause="power:boot-7")
    inspector.tell()
    assert len(open_faults(ledger.path, clock.utc_ns())) == 2


def test_a_dead_camera_and_its_missing_recording_are_one_fault_over_two_roles(
    inspector: Speaker, recorder: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    recorder.board.open("point:gate-east-1", "storage.unreachable", Severity.FAILING, cause="unreachable")
    inspector.board.open("device:gate-east", "camera.unreachable", Severity.FAILING)
    recorder.board.open("point:gate-west-1", "storage.unreachable", Severity.FAILING, cause="unreachable")
    recorder.tell()
    inspector.tell()
    assert sorted(row.fault.measured_wrong for row in open_faults(ledger.path, clock.utc_ns())) == [1, 2]


def test_the_re_check_is_recorded_when_all_of_it_is_right_again_and_waits_for_the_owner(
    inspector: Speaker, recorder: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("device:gate-east", "camera.unreachable", Severity.FAILING)
    recorder.board.open("point:gate-east-1", "storage.unreachable", Severity.FAILING)
    inspector.tell()
    recorder.tell()
    inspector.board.clear("device:gate-east", "camera.unreachable")
    inspector.tell()
    assert the_only(ledger, clock).fault.stage is Stage.OPEN, "its recording is still missing"
    clock.advance(seconds=60)
    recorder.board.clear("point:gate-east-1", "storage.unreachable")
    recorder.tell()
    file = the_only(ledger, clock)
    assert (file.fault.stage, file.fault.rechecked_utc_ns) == (Stage.RECHECKED, clock.utc_ns())
    assert happenings(file) == [Happening.OPENED, Happening.JOINED, Happening.CLEARED, Happening.RECHECKED]
    ledger.close_fault(file.fault.id, person="张技术", words="换了电源")
    assert the_only(ledger, clock).fault.stage is Stage.CLOSED


def test_a_rule_may_close_what_the_measurement_finds_right(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("role:inspector", "role.unclean_end", Severity.ATTENTION)
    inspector.board.clear("role:inspector", "role.unclean_end")
    inspector.tell()
    file = the_only(ledger, clock)
    assert happenings(file) == [Happening.OPENED, Happening.RECHECKED, Happening.CLOSED]
    assert {entry.person for entry in file.history} == {""}


def test_the_same_again_soon_reopens_with_its_history_and_later_is_a_new_fault(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    for days in (1, 8):
        inspector.board.open("device:d", "camera.clock_wrong", Severity.ATTENTION)
        inspector.board.clear("device:d", "camera.clock_wrong")
        inspector.tell()
        clock.advance(days=days)
        if days == 1:
            first = the_only(ledger, clock)
    again = the_only(ledger, clock)
    assert again.fault.id == first.fault.id
    assert again.fault.rounds == 2
    assert again.history[: len(first.history)] == first.history
    assert Happening.REOPENED in happenings(again)
    inspector.board.open("device:d", "camera.clock_wrong", Severity.ATTENTION)
    inspector.tell()
    (row,) = open_faults(ledger.path, clock.utc_ns())
    assert (row.fault.id != again.fault.id, row.fault.rounds) == (True, 1)


def test_wrong_again_before_the_closing_takes_the_re_check_back(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    for _ in range(2):
        inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
        inspector.tell()
        inspector.board.clear("device:d", "camera.login_refused")
        inspector.tell()
    inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.tell()
    file = the_only(ledger, clock)
    assert (file.fault.stage, file.fault.rechecked_utc_ns, file.fault.rounds) == (Stage.OPEN, None, 1)
    with pytest.raises(WrongStageError):
        ledger.close_fault(file.fault.id, person="张技术", words="好了")


def test_what_joins_makes_a_fault_graver_and_its_due_date_nearer(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("campus:demo", "uplink.publish_refused", Severity.ATTENTION, cause="net")
    inspector.board.open("campus:demo", "camera.own_link_down", Severity.FAILING, cause="net")
    inspector.tell()
    fault = the_only(ledger, clock).fault
    assert (fault.grade, fault.due_utc_ns) == (Grade.MAJOR, clock.utc_ns() + 4 * HOUR_NS)


def test_facts_handed_over_again_change_nothing(inspector: Speaker, ledger: FaultLedger, clock: ManualClock) -> None:
    inspector.board.open("device:d", "camera.login_refused", Severity.ATTENTION)
    inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.board.clear("device:d", "camera.login_refused")
    inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.tell()
    before = the_only(ledger, clock)
    inspector.tell_all_again()
    with ledger.journal.database.transaction() as transaction:
        transaction.execute("DELETE FROM cursor")  # even without the cursor a finding is known by its id
    inspector.tell_all_again()
    assert the_only(ledger, clock) == before


def test_a_finding_that_became_worse_says_so_once(inspector: Speaker, ledger: FaultLedger, clock: ManualClock) -> None:
    for severity in (Severity.ATTENTION, Severity.FAILING, Severity.ATTENTION):
        inspector.board.open("device:d", "camera.login_refused", severity)
    inspector.tell()
    ledger.hear_anew("inspector")
    inspector.tell_all_again()
    file = the_only(ledger, clock)
    assert happenings(file) == [Happening.OPENED, Happening.WORSENED]
    assert file.findings[0].severity == "failing"


def test_findings_of_a_lost_journal_do_not_stay_open_for_ever(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    finding = inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.tell()
    assert ledger.let_go("inspector", {finding.id}) == 0
    assert ledger.let_go("recorder", set()) == 0
    assert ledger.let_go("inspector", set()) == 1
    assert the_only(ledger, clock).fault.stage is Stage.RECHECKED


def test_a_fault_by_hand_goes_through_repair_re_check_and_closing(ledger: FaultLedger, clock: ManualClock) -> None:
    fault_id = by_hand(ledger)
    ledger.assign(fault_id, owner="后勤王主任", due_utc_ns=clock.utc_ns() + HOUR_NS, person="李老师")
    with pytest.raises(WrongStageError):
        ledger.close_fault(fault_id, person="李老师", words="好了")
    ledger.repair(fault_id, person="后勤王主任", words="补好了")
    ledger.recheck(fault_id, passed=False, person="李老师", words="还有缝")
    assert the_only(ledger, clock).fault.repaired_utc_ns is None
    ledger.repair(fault_id, person="后勤王主任", words="又补了")
    ledger.recheck(fault_id, passed=True, person="李老师", words="牢固")
    ledger.close_fault(fault_id, person="李老师", words="销账")
    ledger.reopen(fault_id, person="李老师", words="又破了")
    file = the_only(ledger, clock)
    assert happenings(file) == [
        Happening.OPENED,
        Happening.ASSIGNED,
        Happening.REPAIRED,
        Happening.RECHECK_FAILED,
        Happening.REPAIRED,
        Happening.RECHECKED,
        Happening.CLOSED,
        Happening.REOPENED,
    ]
    assert (file.fault.owner, file.fault.rounds, file.fault.stage) == ("后勤王主任", 2, Stage.OPEN)


def test_a_person_cannot_find_right_what_is_still_measured_wrong(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.tell()
    fault_id = the_only(ledger, clock).fault.id
    ledger.repair(fault_id, person="张技术", words="改了密码")
    with pytest.raises(StillMeasuredError):
        ledger.recheck(fault_id, passed=True, person="张技术", words="好了")
    assert the_only(ledger, clock).fault.stage is Stage.REPAIRED


def test_every_step_needs_a_person_and_words(ledger: FaultLedger) -> None:
    fault_id = by_hand(ledger)
    with pytest.raises(WordsError, match="words"):
        ledger.repair(fault_id, person="王", words="  ")
    with pytest.raises(WordsError, match="words"):
        ledger.look(fault_id, person="王", words="好" * 1_001)
    with pytest.raises(WordsError, match="person"):
        ledger.repair(fault_id, person="", words="补好了")
    with pytest.raises(UnknownFaultError):
        ledger.repair(new_id(), person="王", words="补好了")


def test_the_same_form_sent_twice_is_one_fault(ledger: FaultLedger, clock: ManualClock) -> None:
    fault_id = new_id()
    for _ in range(2):
        ledger.write_down(fault_id=fault_id, title="灯坏", place="楼梯", grade=Grade.GENERAL, words="", person="李")
    assert len(the_only(ledger, clock).history) == 1


def test_a_notice_becomes_one_fault_and_its_closing_is_the_answer(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    told = NoticeReceived(
        number="区教督〔2026〕12 号",
        command_id=new_id(),
        title="消防通道堵塞",
        text="限期整改",
        place="食堂",
        grade="major",
        due_utc_ns=clock.utc_ns() + 48 * HOUR_NS,
        sent_by="区教育局 赵科长",
    )
    inspector.journal.append(told)
    inspector.journal.append(told)
    inspector.tell()
    file = the_only(ledger, clock)
    assert (file.fault.source, file.fault.grade, file.fault.title) == (Source.NOTICE, Grade.MAJOR, "消防通道堵塞")
    assert file.fault.due_utc_ns == clock.utc_ns() + 48 * HOUR_NS
    ledger.reply(file.fault.id, person="校长", words="正在清理")
    ledger.repair(file.fault.id, person="后勤", words="已清理")
    ledger.recheck(file.fault.id, passed=True, person="安全干部", words="畅通")
    ledger.close_fault(file.fault.id, person="校长", words="整改完毕")
    told_back = [entry.read(NoticeAnswered) for entry in read_entries(ledger.path, after=0)]
    assert [(answer.final, answer.text, answer.number) for answer in told_back] == [
        (False, "正在清理", told.number),
        (True, "整改完毕", told.number),
    ]
    assert {answer.command_id for answer in told_back} == {told.command_id}
    closed = fault_file(ledger.path, file.fault.id)
    assert closed is not None
    assert closed.notice is not None
    assert closed.notice.answered_utc_ns == clock.utc_ns()


def test_an_edited_rule_counts_from_the_next_finding_and_survives_a_restart(
    inspector: Speaker, ledger: FaultLedger, clock: ManualClock
) -> None:
    ledger.edit_rule(Rule(kind="camera.login_refused", grade=Grade.MAJOR, owner="网管", due_h=2), person="安全干部")
    again = FaultLedger(ledger.path, clock)
    again.close()
    assert ("网管", "安全干部") in [(rule.owner, by) for rule, by in rules(ledger.path)]
    inspector.board.open("device:d", "camera.login_refused", Severity.FAILING)
    inspector.tell()
    fault = the_only(ledger, clock).fault
    assert (fault.grade, fault.owner, fault.due_utc_ns) == (Grade.MAJOR, "网管", clock.utc_ns() + 2 * HOUR_NS)


def test_overdue_and_major_faults_stand_first(inspector: Speaker, ledger: FaultLedger, clock: ManualClock) -> None:
    inspector.board.open("device:a", "camera.login_refused", Severity.FAILING)  # general, due in 24 h
    inspector.tell()
    clock.advance(days=2)
    by_hand(ledger)  # general, due in 7 days
    by_hand(ledger, Grade.MAJOR)
    clock.advance(seconds=1)
    rows = open_faults(ledger.path, clock.utc_ns())
    assert [(row.overdue, row.fault.grade) for row in rows] == [
        (True, Grade.GENERAL),
        (False, Grade.MAJOR),
        (False, Grade.GENERAL),
    ]
    counts = ledger_counts(ledger.path, clock.utc_ns())
    assert (counts.unmended, counts.major, counts.overdue, counts.looks_due) == (3, 1, 1, 1)


def test_every_entry_is_in_the_audit_chain_and_an_edit_is_noticed(ledger: FaultLedger) -> None:
    fault_id = by_hand(ledger)
    ledger.repair(fault_id, person="王", words="补好了")
    verdict = verify_audit(ledger.path)
    assert (verdict.entries, verdict.holds) == (2, True)
    with ledger.journal.database.transaction() as transaction:
        transaction.execute("UPDATE audit_body SET body = CAST(replace(body, '补好了', '没补') AS BLOB) WHERE seq = 2")
    assert not verify_audit(ledger.path).holds
