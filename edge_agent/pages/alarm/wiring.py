"""From the alarm line to what the pages show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from alarms.escalation import Call, call_in_school, fills_the_page
from alarms.line import AlarmLine
from alarms.press import PressRequest
from alarms.record import AlarmRecord, StepKind
from edge_agent.pages.alarm.routes import AlarmDeps, SchoolCall
from edge_agent.pages.status.model import AlarmStatus
from foundation.clock import Clock
from uplink.messages.alarm import Purpose, UpdateKind


def alarm_deps(line: AlarmLine, clock: Clock, is_duress: Callable[[str], bool]) -> AlarmDeps:
    """The gate page's view of the alarm line."""

    def press(press_id: str, input_id: str) -> str:
        return line.press(PressRequest(press_id=press_id, input_id=input_id)).alarm_id

    def alarm(alarm_id: str) -> AlarmStatus | None:
        record = line.find(alarm_id)
        return alarm_status(record) if record else None

    def acknowledge(alarm_id: str, person: str) -> None:
        line.tell(alarm_id, UpdateKind.LOCAL_ACKNOWLEDGED, person=person)

    def call_off(alarm_id: str, person: str, reason: str, pin: str) -> None:
        line.call_off(alarm_id, person=person, reason=reason, pin=pin)

    return AlarmDeps(
        press=press,
        alarm=alarm,
        calls=lambda: school_calls(line.recent(), clock),
        acknowledge=acknowledge,
        call_off=call_off,
        is_duress=is_duress,
    )


def school_calls(records: Iterable[AlarmRecord], clock: Clock) -> tuple[SchoolCall, ...]:
    """Those that call for people in the school now (校内呼叫)."""
    now_ns, boot_id = clock.running_ns(), clock.boot_id()
    found = []
    for record in records:
        call = call_in_school(record, now_running_ns=now_ns, boot_id=boot_id)
        call_police = fills_the_page(record, now_running_ns=now_ns, boot_id=boot_id)
        if call is not Call.NONE or call_police:
            found.append(SchoolCall(alarm=alarm_status(record), louder=call is Call.LOUDER, call_police=call_police))
    return tuple(found)


def alarm_status(record: AlarmRecord) -> AlarmStatus:
    """An alarm as pages and `/api/status` show it."""

    def at(kind: StepKind) -> int | None:
        step = record.step(kind)
        return step.at_utc_ns if step else None

    known = record.step(StepKind.LOCAL_ACKNOWLEDGED)
    return AlarmStatus(
        id=record.id,
        input_id=record.input_id,
        input_name=record.input_name,
        place=record.place,
        drill=record.purpose is Purpose.DRILL,
        pressed_utc_ns=record.pressed_utc_ns,
        stored_utc_ns=at(StepKind.STORED),
        sent_utc_ns=at(StepKind.BROKER_ACCEPTED),
        received_utc_ns=at(StepKind.CENTER_RECEIVED),
        acknowledged_utc_ns=at(StepKind.ACKNOWLEDGED),
        closed_utc_ns=at(StepKind.CLOSED),
        cancelled_utc_ns=record.called_off.at_utc_ns if record.called_off else None,
        known_utc_ns=known.at_utc_ns if known else None,
        known_by=known.person if known else None,
    )
