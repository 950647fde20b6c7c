"""What the gatehouse answers to a call, whether it came by the local socket or by HTTP: the same rules for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from alarms.inputs.call import (
    AcknowledgeCall,
    AlarmAnswer,
    ArmDrillCall,
    Call,
    CancelCall,
    ContactCall,
    ListCall,
    PathAnswer,
    PathsCall,
    PressCall,
    Reply,
    ShowCall,
    StepAnswer,
)
from alarms.line import AlarmLine, NoSuchAlarmError
from alarms.path import PathReport
from alarms.press import PressRequest
from alarms.query import find_alarm
from alarms.record import AlarmRecord
from foundation.clock import rfc3339
from uplink.messages.alarm import UpdateKind


class Answers:
    """Thread-safe; raises what the alarm line raises (PressError, NoSuchAlarmError, NotStoredError)."""

    def __init__(
        self, line: AlarmLine, *, paths: Callable[[], Sequence[PathReport]] = tuple, database: Path | None = None
    ) -> None:
        """`database` is asked for alarms that the line no longer keeps in memory."""
        self._line = line
        self._paths = paths
        self._database = database

    def to(self, call: Call) -> Reply:
        """Do what is asked. Raises also DatabaseError, for an old alarm whose file cannot be read."""
        match call:
            case PressCall():
                alarm = self._line.press(PressRequest(press_id=call.press_id, input_id=call.input, person=call.person))
                return Reply(ok=True, alarm_id=alarm.alarm_id, stored=alarm.stored, repeated=alarm.repeated)
            case CancelCall():
                self._line.call_off(call.alarm_id, person=call.person, reason=call.reason, pin=call.pin)
                return Reply(ok=True, alarm_id=call.alarm_id)
            case AcknowledgeCall():
                self._line.tell(call.alarm_id, UpdateKind.LOCAL_ACKNOWLEDGED, person=call.person)
                return Reply(ok=True, alarm_id=call.alarm_id)
            case ContactCall():
                self._line.tell(call.alarm_id, UpdateKind(call.state))
                return Reply(ok=True, alarm_id=call.alarm_id)
            case ListCall():
                return Reply(ok=True, alarms=tuple(alarm_answer(record) for record in self._line.recent(call.limit)))
            case ShowCall():
                return Reply(ok=True, alarm=alarm_answer(self._find(call.alarm_id)))
            case ArmDrillCall():
                drill = self._line.arm_drill(call.input, call.person)
                return Reply(ok=True, drill_id=drill.drill_id, until_utc_ns=drill.until_utc_ns)
            case PathsCall():
                return Reply(ok=True, paths=tuple(_path_answer(report) for report in self._paths()))

    def _find(self, alarm_id: str) -> AlarmRecord:
        found = self._line.find(alarm_id)
        if found is None and self._database is not None:
            found = find_alarm(self._database, alarm_id)
        if found is None:
            raise NoSuchAlarmError(f"没有这次报警 / there is no alarm {alarm_id}")
        return found


def alarm_answer(record: AlarmRecord) -> AlarmAnswer:
    """An alarm as programs are told of it."""
    return AlarmAnswer(
        alarm_id=record.id,
        input=record.input_id,
        input_name=record.input_name,
        place=record.place,
        gate=record.gate,
        purpose=record.purpose,
        silent=record.silent,
        pressed_at=rfc3339(record.pressed_utc_ns),
        stored=record.stored,
        state=record.state,
        messages_waiting=record.messages_waiting,
        steps=tuple(
            StepAnswer(
                step=step.kind,
                at=rfc3339(step.at_utc_ns),
                center_at=step.center_at,
                path=step.path,
                person=step.person,
                detail=step.detail,
            )
            for step in record.steps_as_shown
        ),
    )


def _path_answer(report: PathReport) -> PathAnswer:
    return PathAnswer(
        id=report.id,
        broker=report.host,
        status=report.status,
        loss=report.loss,
        heard_age_ms=None if report.last_heartbeat_age_s is None else round(report.last_heartbeat_age_s * 1000),
        echo_age_ms=None if report.last_echo_age_s is None else round(report.last_echo_age_s * 1000),
        round_trip_us=None if report.skew is None else 2 * report.skew.error_ns // 1000,
        connected=report.session.connected,
        protocol=report.session.protocol,
        error=report.session.last_error,
    )
