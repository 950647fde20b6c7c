"""From the alarm line to what the pages show of it."""

from __future__ import annotations

from collections.abc import Callable

from alarms.line import AlarmLine
from alarms.press import PressRequest
from alarms.record import AlarmRecord, StepKind
from edge_agent.pages.alarm_routes import AlarmDeps
from edge_agent.pages.status_model import AlarmStatus
from uplink.messages.alarm import Purpose


def alarm_deps(line: AlarmLine, guard: Callable[[], str]) -> AlarmDeps:
    """The gate page's view of the alarm line; `guard` names who says 误报."""

    def press(press_id: str, input_id: str) -> str:
        return line.press(PressRequest(press_id=press_id, input_id=input_id)).alarm_id

    def alarm(alarm_id: str) -> AlarmStatus | None:
        record = line.find(alarm_id)
        return alarm_status(record) if record else None

    def call_off(alarm_id: str) -> None:
        line.call_off(alarm_id, person=guard(), reason="门卫屏幕上按了误报")

    return AlarmDeps(press=press, alarm=alarm, call_off=call_off)


def alarm_status(record: AlarmRecord) -> AlarmStatus:
    """An alarm as pages and `/api/status` show it."""

    def at(kind: StepKind) -> int | None:
        step = record.step(kind)
        return step.at_utc_ns if step else None

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
    )
