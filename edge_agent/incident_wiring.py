"""Incidents (突发事件) in the office: real alarms open them, and a report that is late becomes a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from alarms.facts import AlarmRaisedFact, AlarmStepFact
from alarms.query import find_alarm
from alarms.record import AlarmRecord
from config.incident_reports import IncidentReports
from edge_agent.role import RoleContext
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Entry, Tail
from foundation.service import Service
from foundation.sqlite import DatabaseError, open_read_only
from safety.incident_deadline import Limits, Moment, Report, Timeliness, deadlines
from safety.incident_ledger import AlarmStep, HeardAlarm, IncidentLedger
from safety.incident_query import open_incidents
from safety.ledger import FaultLedger
from uplink.messages.alarm import Purpose

_log = structlog.get_logger("incidents")

_LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class IncidentService:
    """What the office uses."""

    ledger: IncidentLedger
    limits: Limits
    services: tuple[Service, ...]


def incident_services(context: RoleContext, faults: FaultLedger) -> IncidentService:
    """The incident ledger, in the fault ledger's file, and what feeds and watches it; nothing runs yet."""
    ledger = IncidentLedger(faults.journal, context.clock)
    limits = limits_of(context.settings.incident_reports)
    alarms = context.state.database("alarms")
    return IncidentService(
        ledger,
        limits,
        (
            AlarmTail(alarms, ledger, lambda: faults.hear_anew(alarms.stem), limits, context.clock),
            IncidentWatch(ledger.path, limits, context.findings, context.clock),
        ),
    )


def limits_of(settings: IncidentReports) -> Limits:
    """The two times of the settings."""
    return Limits(settings.phone_within_min * 60 * NS_PER_S, settings.written_within_min * 60 * NS_PER_S)


class AlarmTail(Tail):
    """Follows the alarms: each real one opens an incident, each of its steps is added. A line test opens none.

    A box that kept no incidents before it was upgraded has old alarms: those whose written report was due before the
    first look open none, for nobody can report them in time any more.
    """

    def __init__(
        self, alarms: Path, ledger: IncidentLedger, hear_anew: Callable[[], None], limits: Limits, clock: Clock
    ) -> None:
        """`hear_anew` forgets how far the alarms' journal was read."""
        super().__init__(alarms, ledger.journal, self._take)
        self._alarms = alarms
        self._ledger = ledger
        self._hear_anew = hear_anew
        self._limits = limits
        self._clock = clock
        self._looked_back = False

    def poll(self) -> bool:
        """Hand over one batch; True if there may be more at once."""
        if not self._looked_back and self._alarms.exists():
            try:
                self._look_back()
            except DatabaseError as error:
                _log.warning("the alarms cannot be read yet; trying again", error=str(error))
                self._stamps.look_once_more = True
                return False
            self._looked_back = True
        more = super().poll()
        if more or not self.caught_up or not self._was_replaced():
            return more
        _log.warning("the alarm database was replaced; its journal is read from the beginning")
        self._hear_anew()
        return True

    def _look_back(self) -> None:
        if self._ledger.journal.cursor(self._alarms.stem):
            return  # followed since long
        with open_read_only(self._alarms) as reader:
            row = reader.row(
                "SELECT coalesce(min(seq) FILTER (WHERE kind = ? AND at_utc_ns >= ?) - 1, max(seq), 0) FROM fact",
                (AlarmRaisedFact.kind, self._due_since_ns()),
            )
        if row is not None and row[0]:
            self._ledger.journal.move_cursor(self._alarms.stem, int(row[0]))

    def _due_since_ns(self) -> int:
        return self._clock.utc_ns() - self._limits.written_ns

    def _was_replaced(self) -> bool:
        try:
            with open_read_only(self._alarms) as reader:
                row = reader.row("SELECT coalesce(max(seq), 0) FROM fact")
        except DatabaseError:
            return False  # the next poll says so
        return row is not None and int(row[0]) < self._ledger.journal.cursor(self._alarms.stem)

    def _take(self, entry: Entry) -> None:
        if entry.kind == AlarmRaisedFact.kind:
            alarm_id = entry.read(AlarmRaisedFact).alarm_id
        elif entry.kind == AlarmStepFact.kind:
            alarm_id = entry.read(AlarmStepFact).alarm_id
        else:
            return
        record = find_alarm(self._alarms, alarm_id)
        if record is not None and record.purpose is Purpose.REAL:
            opens = entry.kind == AlarmRaisedFact.kind or record.pressed_utc_ns >= self._due_since_ns()
            self._ledger.hear(heard(record), opens=opens)


def heard(record: AlarmRecord) -> HeardAlarm:
    """An alarm as the incident ledger takes it in."""
    return HeardAlarm(
        id=record.id,
        title=f"一键报警：{record.input_name}",
        place=record.place,
        pressed_utc_ns=record.pressed_utc_ns,
        boot_id=record.boot_id,
        running_ns=record.running_ns,
        quiet=record.silent or record.duress,
        called_off=record.called_off is not None,
        steps=tuple(
            AlarmStep(step=step.kind.value, at_utc_ns=step.at_utc_ns, person=step.person or "", words=step.detail)
            for step in record.steps
        ),
    )


class IncidentWatch(Service):
    """Opens a finding for each report that is late, and clears it once the report is made or no longer asked for."""

    def __init__(self, incidents: Path, limits: Limits, board: FindingBoard, clock: Clock) -> None:
        super().__init__("incident-watch")
        self._incidents = incidents
        self._limits = limits
        self._board = board
        self._clock = clock

    def _loop(self) -> None:
        while not self.stopping.wait(_LOOK_EVERY_S):
            try:
                self.look()
            except DatabaseError as error:
                _log.warning("late reports could not be judged; trying again", error=str(error))

    def look(self) -> None:
        """One look at every open incident. Raises DatabaseError."""
        now = Moment.of(self._clock)
        late = {
            (f"incident:{incident.number}", deadline.report)
            for incident in open_incidents(self._incidents)
            for deadline in deadlines(incident, self._limits, now)
            if deadline.timeliness is Timeliness.LATE
        }
        for subject, report in late:
            if report is Report.PHONE:
                self._board.open(subject, "safety.phone_report_late", Severity.FAILING)
            else:
                self._board.open(subject, "safety.written_report_late", Severity.FAILING)
        reports = {"safety.phone_report_late": Report.PHONE, "safety.written_report_late": Report.WRITTEN}
        for finding in self._board.all_open():
            report_of = reports.get(finding.kind)
            if report_of is not None and (finding.subject, report_of) not in late:
                self._board.clear(finding.subject, finding.kind)
