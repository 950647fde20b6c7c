"""Whatever alarms, persons and clocks do, in any order and however often: the ledger is what a plain model says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from foundation.ids import new_id
from safety.incident import IncidentGrade, IncidentKind, ReportSort, ReportText
from safety.incident_deadline import Limits, Moment, Timeliness, deadlines
from safety.incident_ledger import AlarmStep, HeardAlarm, IncidentLedger
from safety.incident_query import closed_incidents, incident_file, open_incidents
from safety.incident_said import IncidentStageError, MeanwhileError, NotYetError
from safety.ledger import FaultLedger
from safety.said import Said

HOUR = 3_600 * NS_PER_S
LIMITS = Limits(HOUR, 2 * HOUR)
STEPS = ("stored", "broker_accepted", "center_received", "acknowledged", "cancelled", "closed")
GRADES = [grade for grade in IncidentGrade if grade is not IncidentGrade.UNDECIDED]
ASKED = {IncidentGrade.UNDECIDED, IncidentGrade.MAJOR, IncidentGrade.GRAVEST}
PICK = st.integers(0, 20)


@dataclass
class Model:
    """One incident as lists and flags."""

    alarm: bool
    happened_running: int
    steps: list[str] = field(default_factory=list)
    entries: int = 1
    grade: IncidentGrade = IncidentGrade.UNDECIDED
    classified: int = 0
    versions: int = 0
    phoned_after: int | None = None
    submitted_after: int | None = None
    ended: str = ""


class Incidents(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock(now_running_ns=10**13)
        self.faults = FaultLedger(Path(self.folder.name) / "safety.sqlite", self.clock)
        self.ledger = IncidentLedger(self.faults.journal, self.clock)
        self.model: dict[str, Model] = {}
        self.alarms: dict[str, HeardAlarm] = {}
        self.last: tuple[str, Said] | None = None

    def teardown(self) -> None:
        self.faults.close()
        assert verify_audit(Path(self.folder.name) / "safety.sqlite").holds
        self.folder.cleanup()

    def said(self) -> Said:
        return Said(form_id=new_id(), person="李老师", words="情况")

    def pick(self, number: int) -> str:
        return list(self.model)[number % len(self.model)]

    # ── alarms ─────────────────────────────────────────────────────────────────────────────────────────────────────
    @rule()
    def alarm(self) -> None:
        alarm = HeardAlarm(
            id=new_id(),
            title="一键报警",
            place="东门",
            pressed_utc_ns=self.clock.utc_ns(),
            boot_id=self.clock.boot_id(),
            running_ns=self.clock.running_ns(),
            quiet=False,
            called_off=False,
            steps=(),
        )
        self.alarms[alarm.id] = alarm
        self.model[alarm.id] = Model(alarm=True, happened_running=self.clock.running_ns())
        self.ledger.hear(alarm)

    @precondition(lambda self: self.alarms)
    @rule(number=PICK, steps=st.sets(st.sampled_from(STEPS)))
    def alarm_goes_on(self, number: int, steps: set[str]) -> None:
        alarm = list(self.alarms.values())[number % len(self.alarms)]
        told = tuple(AlarmStep(step=step, at_utc_ns=self.clock.utc_ns()) for step in STEPS if step in steps)
        self.ledger.hear(
            HeardAlarm(
                id=alarm.id,
                title=alarm.title,
                place=alarm.place,
                pressed_utc_ns=alarm.pressed_utc_ns,
                boot_id=alarm.boot_id,
                running_ns=alarm.running_ns,
                quiet=False,
                called_off="cancelled" in steps,
                steps=told,
            )
        )
        model = self.model[alarm.id]
        new = [step.step for step in told if step.step not in model.steps]
        model.steps += new
        model.entries += len(new)

    # ── persons ────────────────────────────────────────────────────────────────────────────────────────────────────
    @rule()
    def by_hand(self) -> None:
        incident_id = new_id()
        for _ in range(2):  # a double click
            self.ledger.write_down(incident_id, title="学生受伤", place="操场", said=self.said())
        self.model[incident_id] = Model(alarm=False, happened_running=self.clock.running_ns())

    @precondition(lambda self: self.model)
    @rule(number=PICK, grade=st.sampled_from(GRADES), stale=st.booleans())
    def classify(self, number: int, grade: IncidentGrade, stale: bool) -> None:
        incident_id = self.pick(number)
        model, said = self.model[incident_id], self.said()
        seen = model.classified + (1 if stale else 0)
        if model.ended or stale:
            with pytest.raises(IncidentStageError if model.ended else MeanwhileError):
                self.ledger.classify(incident_id, grade=grade, kind=IncidentKind.ACCIDENT, said=said, seen_entry=seen)
            return
        for _ in range(2):
            self.ledger.classify(incident_id, grade=grade, kind=IncidentKind.ACCIDENT, said=said, seen_entry=seen)
        model.entries += 1
        model.grade, model.classified = grade, model.entries

    @precondition(lambda self: self.model)
    @rule(number=PICK, corrects=st.booleans())
    def note(self, number: int, corrects: bool) -> None:
        incident_id, said = self.pick(number), self.said()
        for _ in range(2):
            self.ledger.note(incident_id, said=said, corrects=corrects)
        self.model[incident_id].entries += 1

    @precondition(lambda self: self.model)
    @rule(number=PICK)
    def phone(self, number: int) -> None:
        incident_id = self.pick(number)
        model = self.model[incident_id]
        self.ledger.phone(incident_id, to_whom="区教育局", said=self.said())
        model.entries += 1
        if model.phoned_after is None:
            model.phoned_after = self.clock.running_ns() - model.happened_running

    @precondition(lambda self: self.model)
    @rule(number=PICK, stale=st.booleans())
    def write_and_hand_in(self, number: int, stale: bool) -> None:
        incident_id = self.pick(number)
        model = self.model[incident_id]
        text = ReportText(recipient="区教育局", course="经过")
        if stale:
            with pytest.raises(MeanwhileError):
                self.ledger.draft(
                    incident_id, sort=ReportSort.FIRST, text=text, said=self.said(), seen_version=model.versions + 1
                )
            return
        version = self.ledger.draft(
            incident_id, sort=ReportSort.FIRST, text=text, said=self.said(), seen_version=model.versions
        )
        model.versions += 1
        assert version == model.versions
        self.ledger.submit(incident_id, version=version, said=self.said())
        model.entries += 2
        if model.submitted_after is None:
            model.submitted_after = self.clock.running_ns() - model.happened_running

    @precondition(lambda self: self.model)
    @rule(number=PICK, false_alarm=st.booleans())
    def end(self, number: int, false_alarm: bool) -> None:
        incident_id = self.pick(number)
        model = self.model[incident_id]
        expected: type[Exception] | None = None
        unreported = model.grade in ASKED and None in (model.phoned_after, model.submitted_after)
        if model.ended or (false_alarm and not model.alarm):
            expected = IncidentStageError
        elif not false_alarm and (unreported or model.grade is IncidentGrade.UNDECIDED):
            expected = NotYetError
        act = self.ledger.close_as_false_alarm if false_alarm else self.ledger.close_incident
        if expected is not None:
            with pytest.raises(expected):
                act(incident_id, said=self.said())
            return
        act(incident_id, said=self.said())
        model.ended = "false_alarm" if false_alarm else "closed"
        model.entries += 1

    @precondition(lambda self: self.model)
    @rule(number=PICK)
    def reopen(self, number: int) -> None:
        incident_id = self.pick(number)
        model = self.model[incident_id]
        if not model.ended:
            with pytest.raises(IncidentStageError):
                self.ledger.reopen(incident_id, said=self.said())
            return
        self.ledger.reopen(incident_id, said=self.said())
        model.ended = ""
        model.entries += 1

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────
    @rule(minutes=st.sampled_from([1, 29, 59, 61, 121]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(seconds=60 * minutes)

    @rule(minutes=st.sampled_from([5, 600, 100_000]))
    def wall_clock_set_back(self, minutes: int) -> None:
        self.clock.step_wall(seconds=-60 * minutes)

    @rule()
    def restart(self) -> None:
        self.faults.close()
        self.faults = FaultLedger(Path(self.folder.name) / "safety.sqlite", self.clock)
        self.ledger = IncidentLedger(self.faults.journal, self.clock)

    @invariant()
    def the_rows_are_what_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        path, now = self.ledger.path, Moment.of(self.clock)
        found = {one.id: one for one in (*open_incidents(path), *closed_incidents(path))}
        assert found.keys() == self.model.keys()
        for incident_id, model in self.model.items():
            incident = found[incident_id]
            file = incident_file(path, incident_id)
            assert file is not None
            assert [entry.number for entry in file.history] == list(range(1, model.entries + 1))
            assert (incident.grade, incident.classified_entry) == (model.grade, model.classified)
            assert incident.stage.value == (model.ended or "open")
            assert incident.called_off is ("cancelled" in model.steps)
            assert [report.version for report in file.reports] == list(range(1, model.versions + 1))
            waited = self.clock.running_ns() - model.happened_running
            for deadline, made, limit in zip(
                deadlines(incident, LIMITS, now),
                (model.phoned_after, model.submitted_after),
                (HOUR, 2 * HOUR),
                strict=True,
            ):
                if made is not None:
                    expected = Timeliness.IN_TIME if made <= limit else Timeliness.MADE_LATE
                elif model.ended or model.grade not in ASKED:
                    expected = Timeliness.NOT_ASKED
                else:
                    expected = Timeliness.RUNNING if waited <= limit else Timeliness.LATE
                assert deadline.timeliness is expected, "a wall clock that is set back gives nobody more time"


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
