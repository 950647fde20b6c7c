"""Incidents: what is refused in a sentence, what a deadline counts from, and that nothing written is ever lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from foundation.ids import new_id
from safety.incident import IncidentGrade, IncidentHappening, IncidentKind, IncidentSource, ReportSort, ReportText
from safety.incident_deadline import Limits, Moment, Report, Timeliness, deadlines
from safety.incident_ledger import HeardAlarm, IncidentLedger
from safety.incident_query import incident_file, incidents_between, open_incidents
from safety.incident_said import MeanwhileError, NotYetError, SaidTimeError, UnknownIncidentError
from safety.ledger import FaultLedger
from safety.said import WORDS_LIMIT, Said, WordsError

HOUR = 3_600 * NS_PER_S
LIMITS = Limits(HOUR, 2 * HOUR)
OFFICE = Path(__file__).with_name("dying_desk.py")


@pytest.fixture
def incidents(ledger: FaultLedger, clock: ManualClock) -> IncidentLedger:
    return IncidentLedger(ledger.journal, clock)


def said(words: str = "情况", *, at: int | None = None, person: str = "李老师") -> Said:
    return Said(form_id=new_id(), person=person, words=words, at_utc_ns=at)


def by_hand(incidents: IncidentLedger, **more: str) -> str:
    incident_id = new_id()
    incidents.write_down(incident_id, title=more.get("title", "学生受伤"), place="操场", said=said())
    return incident_id


def alarm(clock: ManualClock) -> HeardAlarm:
    return HeardAlarm(
        id=new_id(),
        title="一键报警：东门按钮",
        place="东门门卫室",
        pressed_utc_ns=clock.utc_ns(),
        boot_id=clock.boot_id(),
        running_ns=clock.running_ns(),
        quiet=False,
        called_off=False,
        steps=(),
    )


def history(incidents: IncidentLedger, incident_id: str) -> list[IncidentHappening]:
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    return [entry.what for entry in file.history]


def timeliness(incidents: IncidentLedger, clock: ManualClock, incident_id: str) -> tuple[Timeliness, Timeliness]:
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    phone, written = deadlines(file.incident, LIMITS, Moment.of(clock))
    return phone.timeliness, written.timeliness


def test_an_alarm_counts_as_major_until_a_named_person_grades_it(incidents: IncidentLedger, clock: ManualClock) -> None:
    heard = alarm(clock)
    incidents.hear(heard)
    (incident,) = open_incidents(incidents.path)
    assert (incident.source, incident.grade) == (IncidentSource.ALARM, IncidentGrade.UNDECIDED)
    clock.advance(seconds=3_601)
    assert timeliness(incidents, clock, heard.id) == (Timeliness.LATE, Timeliness.RUNNING)
    incidents.classify(
        heard.id, grade=IncidentGrade.GENERAL, kind=IncidentKind.ACCIDENT, said=said("轻微擦伤"), seen_entry=0
    )
    assert timeliness(incidents, clock, heard.id) == (Timeliness.NOT_ASKED, Timeliness.NOT_ASKED)


def test_two_who_grade_at_once_are_both_told_and_the_first_word_stands(incidents: IncidentLedger) -> None:
    incident_id = by_hand(incidents)
    incidents.classify(
        incident_id, grade=IncidentGrade.MAJOR, kind=IncidentKind.ACCIDENT, said=said("骨折"), seen_entry=0
    )
    with pytest.raises(MeanwhileError, match="entry 2"):
        incidents.classify(
            incident_id,
            grade=IncidentGrade.GENERAL,
            kind=IncidentKind.ACCIDENT,
            said=said("扭伤", person="王校长"),
            seen_entry=0,
        )
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    assert file.incident.grade is IncidentGrade.MAJOR
    incidents.classify(
        incident_id,
        grade=IncidentGrade.GENERAL,
        kind=IncidentKind.ACCIDENT,
        said=said("扭伤", person="王校长"),
        seen_entry=file.incident.classified_entry,
    )
    assert history(incidents, incident_id).count(IncidentHappening.CLASSIFIED) == 2


def test_a_call_made_in_time_but_written_down_late_was_in_time_and_the_writing_down_shows(
    incidents: IncidentLedger, clock: ManualClock
) -> None:
    incident_id = by_hand(incidents)
    begun = clock.utc_ns()
    clock.advance(seconds=2 * 3_600)
    incidents.phone(incident_id, to_whom="区教育局值班室", said=said("已报", at=begun + HOUR // 2))
    assert timeliness(incidents, clock, incident_id)[0] is Timeliness.IN_TIME
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    assert (file.history[-1].said_utc_ns, file.history[-1].at_utc_ns) == (begun + HOUR // 2, begun + 2 * HOUR)


def test_a_second_call_does_not_make_the_first_one_late_or_early(incidents: IncidentLedger, clock: ManualClock) -> None:
    incident_id = by_hand(incidents)
    clock.advance(seconds=60)
    incidents.phone(incident_id, to_whom="区教育局", said=said())
    clock.advance(seconds=7_200)
    incidents.phone(incident_id, to_whom="派出所", said=said())
    assert timeliness(incidents, clock, incident_id)[0] is Timeliness.IN_TIME
    assert history(incidents, incident_id).count(IncidentHappening.PHONED) == 2


def test_no_report_lies_in_the_future_or_before_the_incident(incidents: IncidentLedger, clock: ManualClock) -> None:
    incident_id = by_hand(incidents)
    clock.advance(seconds=600)
    for at in (clock.utc_ns() + NS_PER_S, clock.utc_ns() - HOUR):
        with pytest.raises(SaidTimeError):
            incidents.phone(incident_id, to_whom="区教育局", said=said(at=at))
    assert history(incidents, incident_id) == [IncidentHappening.OPENED]


@pytest.mark.parametrize("back_s", [600, 5 * 3_600, 400 * 86_400])
def test_a_wall_clock_that_is_set_back_gives_nobody_more_time(
    incidents: IncidentLedger, clock: ManualClock, back_s: float
) -> None:
    incident_id = by_hand(incidents)
    clock.advance(seconds=61 * 60)
    clock.step_wall(seconds=-back_s)
    assert timeliness(incidents, clock, incident_id)[0] is Timeliness.LATE


def test_after_a_reboot_the_wall_clock_counts(incidents: IncidentLedger, clock: ManualClock) -> None:
    incident_id = by_hand(incidents)
    clock.reboot(off_s=61 * 60, boot="boot-2")
    assert timeliness(incidents, clock, incident_id)[0] is Timeliness.LATE


def test_a_call_is_written_down_though_the_wall_clock_was_set_back_before_the_incident(
    incidents: IncidentLedger, clock: ManualClock
) -> None:
    incident_id = by_hand(incidents)
    clock.advance(seconds=90 * 60)
    clock.step_wall(seconds=-5 * 3_600)
    incidents.phone(incident_id, to_whom="区教育局", said=said())
    assert timeliness(incidents, clock, incident_id)[0] is Timeliness.MADE_LATE


@pytest.mark.parametrize(("title", "place"), [("", "操场"), ("受伤", "  "), ("伤" * 101, "操场"), ("\x00\x1b", "操场")])
def test_an_incident_needs_a_title_and_a_place_of_a_line(incidents: IncidentLedger, title: str, place: str) -> None:
    with pytest.raises(WordsError):
        incidents.write_down(new_id(), title=title, place=place, said=said())
    assert open_incidents(incidents.path) == ()


def test_words_lose_what_cannot_be_seen_and_keep_their_lines(incidents: IncidentLedger) -> None:
    incident_id = by_hand(incidents, title="学生\x00受\u202e伤\ud800")
    incidents.note(incident_id, said=said("第一行\r\n第二\x1b[31m行"))
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    assert file.incident.title == "学生受伤\ufffd"
    assert file.history[-1].words == "第一行\n第二[31m行"


def test_words_that_are_too_long_or_missing_are_refused_whole(incidents: IncidentLedger) -> None:
    incident_id = by_hand(incidents)
    for words in ("", "字" * (WORDS_LIMIT + 1)):
        with pytest.raises(WordsError) as refused:
            incidents.note(incident_id, said=said(words))
        assert refused.value.field == "words"
    assert history(incidents, incident_id) == [IncidentHappening.OPENED]


def test_a_mistyped_year_is_no_incident(incidents: IncidentLedger, clock: ManualClock) -> None:
    for at in (clock.utc_ns() - 31 * 24 * HOUR, clock.utc_ns() + HOUR):
        with pytest.raises(SaidTimeError):
            incidents.write_down(new_id(), title="受伤", place="操场", said=said(at=at))


def test_a_major_incident_closes_only_after_both_reports(incidents: IncidentLedger, clock: ManualClock) -> None:
    heard = alarm(clock)
    incidents.hear(heard)
    with pytest.raises(NotYetError) as refused:
        incidents.close_incident(heard.id, said=said())
    assert refused.value.missing == (Report.PHONE, Report.WRITTEN)
    incidents.phone(heard.id, to_whom="区教育局", said=said())
    text = ReportText(recipient="区教育局", course="有人闯入，已被劝离。")
    version = incidents.draft(heard.id, sort=ReportSort.FIRST, text=text, said=said(""), seen_version=0)
    incidents.submit(heard.id, version=version, said=said("政务邮箱"))
    with pytest.raises(NotYetError):
        incidents.close_incident(heard.id, said=said())
    incidents.classify(
        heard.id, grade=IncidentGrade.MAJOR, kind=IncidentKind.PUBLIC_SECURITY, said=said(), seen_entry=0
    )
    incidents.close_incident(heard.id, said=said("已妥善处置"))
    assert open_incidents(incidents.path) == ()
    assert [one.id for one in incidents_between(incidents.path, 0, clock.utc_ns() + 1)] == [heard.id]


def test_a_report_is_corrected_by_a_further_version_and_the_first_one_stays(incidents: IncidentLedger) -> None:
    incident_id = by_hand(incidents)
    first = ReportText(recipient="区教育局", course="两人受伤。")
    incidents.draft(incident_id, sort=ReportSort.FIRST, text=first, said=said(""), seen_version=0)
    corrected = ReportText(recipient="区教育局", course="一人受伤。")
    with pytest.raises(MeanwhileError):
        incidents.draft(incident_id, sort=ReportSort.CORRECTION, text=corrected, said=said(""), seen_version=0)
    incidents.draft(incident_id, sort=ReportSort.CORRECTION, text=corrected, said=said(""), seen_version=1)
    file = incident_file(incidents.path, incident_id)
    assert file is not None
    assert [report.text for report in file.reports] == [first, corrected]
    assert [report.submitted for report in file.reports] == [False, False]


def test_what_is_not_there_is_not_written_to(incidents: IncidentLedger) -> None:
    with pytest.raises(UnknownIncidentError):
        incidents.note(new_id(), said=said())


@pytest.mark.process
@pytest.mark.parametrize("where", ["inside", "after"])
def test_an_office_killed_while_it_hears_an_alarm_opens_one_incident_whole(
    tmp_path: Path, clock: ManualClock, where: str
) -> None:
    path = tmp_path / "killed.sqlite"
    alarm_id = new_id()
    for number in (1, 3, 9):
        ended = subprocess.run(
            [sys.executable, str(OFFICE), str(path), alarm_id, str(number), where], timeout=60, check=False
        )
        assert ended.returncode in (-signal.SIGKILL, 0)
    assert ended.returncode == 0
    file = incident_file(path, alarm_id)
    assert file is not None
    assert [entry.detail for entry in file.history][1:] == ["stored", "center_received", "acknowledged"]
    assert len(open_incidents(path)) == 1
    assert verify_audit(path).holds
