"""Incidents (突发事件): opened by alarms and persons, classified, reported and closed by name; in safety.sqlite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Final

from foundation.audit import AuditChain
from foundation.clock import NS_PER_S, Clock
from foundation.journal import Journal
from safety.incident import (
    Incident,
    IncidentGrade,
    IncidentHappening,
    IncidentKind,
    IncidentSource,
    IncidentStage,
    ReportSort,
    ReportText,
)
from safety.incident_deadline import Moment, Report
from safety.incident_said import (
    IncidentStageError,
    MeanwhileError,
    NotYetError,
    SaidTimeError,
    UnknownIncidentError,
    checked_text,
)
from safety.incident_writing import IncidentWriting
from safety.said import Said, WordsError, checked, short_words

EARLIEST_S: Final = 30 * 86_400
"""An incident that is written down later than this has a mistyped date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStep:
    """A step of an alarm's own history."""

    step: str
    at_utc_ns: int
    person: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardAlarm:
    """A real alarm as far as it has come; line tests (演练) are never handed over."""

    id: str
    title: str
    place: str
    pressed_utc_ns: int
    boot_id: str
    running_ns: int
    quiet: bool
    """静默、胁迫"""
    called_off: bool
    steps: tuple[AlarmStep, ...]


class IncidentLedger:
    """Writes incidents. Each call is one transaction: row, history and audit entry, committed before it returns."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """`journal` is the fault ledger's: both lie in one database, which has one writer."""
        self.journal = journal
        self._database = journal.database
        self._clock = clock
        self._audit = AuditChain(clock)

    @property
    def path(self) -> Path:
        """The file, for the query functions."""
        return self._database.path

    # ── what the alarm line tells ──────────────────────────────────────────────────────────────────────────────────
    def hear(self, alarm: HeardAlarm, *, opens: bool = True) -> None:
        """Open an incident for a real alarm, or add what is new in its history; the same again changes nothing.

        Without `opens` one that has no incident gets none. Raises DatabaseError.
        """
        with self._writing() as writing:
            known = writing.find(alarm.id)
            if known is None and not opens:
                return
            known = known or writing.begin(
                incident_id=alarm.id,
                source=IncidentSource.ALARM,
                title=alarm.title,
                place=alarm.place,
                happened_utc_ns=alarm.pressed_utc_ns,
                opened=Moment(alarm.pressed_utc_ns, alarm.running_ns, alarm.boot_id),
                said=Said(form_id=alarm.id, person=""),
                quiet=alarm.quiet,
            )
            for step in alarm.steps:
                once_id = f"{alarm.id}:{step.step}"
                if not writing.is_known(once_id):
                    said = Said(form_id=once_id, person=step.person, words=step.words, at_utc_ns=step.at_utc_ns)
                    writing.note(alarm.id, IncidentHappening.ALARM_STEP, said, detail=step.step)
            if alarm.called_off and not known.called_off:
                writing.set(alarm.id, called_off=1)

    # ── what persons do ────────────────────────────────────────────────────────────────────────────────────────────
    def write_down(self, incident_id: str, *, title: str, place: str, said: Said) -> Incident:
        """An incident without a button (人工登记); `said.at_utc_ns` is when it happened. The same id changes nothing.

        Raises WordsError, SaidTimeError, DatabaseError.
        """
        title, place, said = short_words(title, "title"), short_words(place, "place"), checked(said)
        now = Moment.of(self._clock)
        happened = now.utc_ns if said.at_utc_ns is None else said.at_utc_ns
        with self._writing() as writing:
            known = writing.find(incident_id)
            if known is not None:
                return known
            if not now.utc_ns - EARLIEST_S * NS_PER_S <= happened <= now.utc_ns:
                raise SaidTimeError("an incident lies in the past, and not a month ago")
            return writing.begin(
                incident_id=incident_id,
                source=IncidentSource.HAND,
                title=title,
                place=place,
                happened_utc_ns=happened,
                opened=now,
                said=replace(said, form_id=incident_id),
            )

    def classify(
        self, incident_id: str, *, grade: IncidentGrade, kind: IncidentKind, said: Said, seen_entry: int
    ) -> None:
        """定级: by a named person, with a reason. `seen_entry` is the `classified_entry` that the person saw.

        Raises UnknownIncidentError, IncidentStageError, MeanwhileError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        if grade is IncidentGrade.UNDECIDED or kind is IncidentKind.UNDECIDED:
            raise WordsError("grade" if grade is IncidentGrade.UNDECIDED else "kind", 1)
        with self._on(incident_id, said, IncidentStage.OPEN) as (writing, incident):
            if writing is None:
                return
            if seen_entry != incident.classified_entry:
                raise MeanwhileError(f"incident {incident.number} was classified in entry {incident.classified_entry}")
            writing.set(incident_id, grade=grade.value, kind=kind.value)
            writing.note(incident_id, IncidentHappening.CLASSIFIED, said, detail=f"{grade} {kind}")

    def note(self, incident_id: str, *, said: Said, corrects: bool = False) -> None:
        """Add to the timeline, also after the closing; a correction (更正) leaves what it corrects.

        Raises UnknownIncidentError, SaidTimeError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(incident_id, said) as (writing, incident):
            if writing is not None:
                moment, _ = writing.happened(incident, said)
                what = IncidentHappening.CORRECTED if corrects else IncidentHappening.NOTED
                writing.note(incident_id, what, replace(said, at_utc_ns=moment))

    def phone(self, incident_id: str, *, to_whom: str, said: Said) -> None:
        """电话报告: to whom and when; the first one meets the deadline, further ones are added.

        Raises UnknownIncidentError, SaidTimeError, WordsError, DatabaseError.
        """
        to_whom, said = short_words(to_whom, "to_whom"), checked(said)
        with self._on(incident_id, said) as (writing, incident):
            if writing is not None:
                self._report(writing, incident, IncidentHappening.PHONED, said, detail=to_whom)

    def draft(self, incident_id: str, *, sort: ReportSort, text: ReportText, said: Said, seen_version: int) -> int:
        """Keep a version of the written report; its number. `seen_version` is the `latest_version` the person saw.

        Raises UnknownIncidentError, MeanwhileError, WordsError, DatabaseError.
        """
        said, text = checked(said), checked_text(text)
        with self._on(incident_id, said) as (writing, incident):
            if writing is None:
                return incident.latest_version
            if seen_version != incident.latest_version:
                raise MeanwhileError(f"version {incident.latest_version} of the report was written meanwhile")
            version = incident.latest_version + 1
            further = {"sort": sort.value, "text": asdict(text)}
            entry = writing.note(incident_id, IncidentHappening.DRAFTED, said, detail=str(version), further=further)
            writing.transaction.execute(
                "INSERT INTO incident_report (incident_id, version, entry, sort, recipient, course, losses, measures, "
                "cause, next_steps, contact) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (incident_id, version, entry, sort.value, *astuple(text)),
            )
            return version

    def submit(self, incident_id: str, *, version: int, said: Said) -> None:
        """书面报告报送: a kept version was handed in; `said.words` says how. The first one meets the deadline.

        Raises UnknownIncidentError, SaidTimeError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(incident_id, said) as (writing, incident):
            if writing is None:
                return
            if not 1 <= version <= incident.latest_version:
                raise WordsError("version", incident.latest_version)
            self._report(writing, incident, IncidentHappening.SUBMITTED, said, detail=str(version))

    def close_incident(self, incident_id: str, *, said: Said) -> None:
        """结案, once graded and reported as the grade asks.

        Raises NotYetError, UnknownIncidentError, IncidentStageError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(incident_id, said, IncidentStage.OPEN) as (writing, incident):
            if writing is None:
                return
            made = ((Report.PHONE, incident.phoned_utc_ns), (Report.WRITTEN, incident.submitted_utc_ns))
            missing = [report for report, at in made if at is None and incident.grade.must_be_reported]
            if missing or incident.grade is IncidentGrade.UNDECIDED:
                raise NotYetError(missing)
            self._end(writing, incident_id, IncidentStage.CLOSED, IncidentHappening.CLOSED, said)

    def close_as_false_alarm(self, incident_id: str, *, said: Said) -> None:
        """误报销案: a named person says why it was none; that it was called off at the gate closes nothing by itself.

        Raises UnknownIncidentError, IncidentStageError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(incident_id, said, IncidentStage.OPEN) as (writing, incident):
            if writing is None:
                return
            if incident.source is not IncidentSource.ALARM:
                raise IncidentStageError("only what an alarm opened can be a false alarm")
            self._end(writing, incident_id, IncidentStage.FALSE_ALARM, IncidentHappening.FALSE_ALARM, said)

    def reopen(self, incident_id: str, *, said: Said) -> None:
        """Open a closed incident again; its deadlines count from the incident as before.

        Raises UnknownIncidentError, IncidentStageError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(incident_id, said, IncidentStage.CLOSED, IncidentStage.FALSE_ALARM) as (writing, _):
            if writing is not None:
                writing.set(incident_id, stage=IncidentStage.OPEN.value, closed_utc_ns=None)
                writing.note(incident_id, IncidentHappening.REOPENED, said)

    # ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @staticmethod
    def _report(
        writing: IncidentWriting, incident: Incident, what: IncidentHappening, said: Said, *, detail: str
    ) -> None:
        moment, after_ns = writing.happened(incident, said)
        writing.reported(incident.id, what, moment, after_ns)
        writing.note(incident.id, what, replace(said, at_utc_ns=moment), detail=detail)

    def _end(
        self, writing: IncidentWriting, incident_id: str, stage: IncidentStage, what: IncidentHappening, said: Said
    ) -> None:
        writing.set(incident_id, stage=stage.value, closed_utc_ns=self._clock.utc_ns())
        writing.note(incident_id, what, said)

    @contextmanager
    def _on(
        self, incident_id: str, said: Said, *only_in: IncidentStage
    ) -> Iterator[tuple[IncidentWriting | None, Incident]]:
        """The incident inside a transaction; nothing to write with where this very form was taken before."""
        with self._writing() as writing:
            incident = writing.find(incident_id)
            if incident is None:
                raise UnknownIncidentError(f"there is no incident {incident_id}")
            if writing.is_known(said.form_id):
                yield None, incident
                return
            if only_in and incident.stage not in only_in:
                raise IncidentStageError(f"incident {incident.number} is {incident.stage}")
            yield writing, incident

    @contextmanager
    def _writing(self) -> Iterator[IncidentWriting]:
        with self._database.transaction() as transaction:
            yield IncidentWriting(transaction, self._audit, self._clock)
