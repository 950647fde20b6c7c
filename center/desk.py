"""The alarm desk (接警台): every alarm exactly once, its history only added to, drills apart from real ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, and_, bindparam, exists, insert, not_, select, update

from center import told
from center.tables import alarm, alarm_event, drill
from foundation.clock import NS_PER_S, Clock
from foundation.ids import new_id
from uplink.event import Event
from uplink.fault import MalformedError
from uplink.messages.acknowledgement import Outcome
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, DrillArmed, Purpose, UpdateKind

DRILL_ARMED_AT_MOST_NS: Final = 120 * NS_PER_S
_CLOCK_SLACK_NS: Final = NS_PER_S
_NOT_ANSWERED: Final = {
    "acknowledged_utc_ns": None,
    "acknowledged_by": None,
    "closed_utc_ns": None,
    "outcome": None,
}
"""An alarm that rings again; its history keeps who answered it before."""

# What each alarm runs is built once: SQLAlchemy takes longer to build a statement than the database to run it.
_RAISE: Final = insert(alarm)
_ADD_EVENT: Final = insert(alarm_event)
_HEED_DURESS: Final = (
    update(alarm)
    .where(
        alarm.c.id == bindparam("alarm"),
        alarm.c.campus_id == bindparam("campus"),
        exists().where(
            alarm_event.c.alarm_id == bindparam("alarm"),
            alarm_event.c.campus_id == bindparam("campus"),
            alarm_event.c.kind == UpdateKind.DURESS.value,
        ),
    )
    .values(duress=True, drill=False, **_NOT_ANSWERED)
)
_RECEIPT_LEFT: Final = (
    update(alarm)
    .where(alarm.c.id == bindparam("alarm"), alarm.c.receipted_utc_ns.is_(None))
    .values(receipted_utc_ns=bindparam("left_utc_ns"))
)


class EventKind(StrEnum):
    """What happens to an alarm at the center; what the campus says of it is kept under the campus's own words."""

    RECEIVED = "received"
    RECEIPTED = "receipted"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


def raised(connection: Connection, event: Event, *, received_utc_ns: int, delay_ms: int | None) -> None:
    """Put a new alarm on the desk. Raises MalformedError.

    Its receipt may be sent only after the transaction around this has ended well.
    """
    message = event.data
    assert isinstance(message, AlarmRaised)
    if event.id != message.alarm_id:
        raise MalformedError("an alarm's event must have the alarm's own id, or copies could not be told apart")
    drill_id = message.drill_id if message.purpose is Purpose.DRILL else None
    connection.execute(
        _RAISE,
        {
            "id": message.alarm_id,
            "campus_id": message.campus,
            "input_id": message.input,
            "input_name": told.text(message.input_name),
            "place": told.text(message.place),
            "address": told.text(message.address),
            "phone": told.text(message.gatehouse_phone),
            "drill_id": drill_id,
            "drill": False,
            "silent": message.silent,
            "duress": message.duress,
            "pressed_utc_ns": _pressed(message, received_utc_ns),
            "clock_quality": event.clockquality.value,
            "delay_ms": delay_ms,
            "received_utc_ns": received_utc_ns,
        },
    )
    add_event(connection, message.campus, message.alarm_id, EventKind.RECEIVED.value, received_utc_ns)
    if drill_id is not None:
        _judge_drill(connection, drill_id)
    _heed_duress(connection, message.campus, message.alarm_id)  # the word on an alarm may overtake it


def _pressed(message: AlarmRaised, received_utc_ns: int) -> int:
    try:
        return told.moment(message.pressed_at)
    except MalformedError:
        return received_utc_ns  # an alarm is not turned away for a clock in the year 9999


def updated(connection: Connection, event: Event) -> None:
    """Add what the campus says of an alarm to its history; the desk decides what it believes. Raises MalformedError."""
    message = event.data
    assert isinstance(message, AlarmUpdate)
    add_event(
        connection,
        message.campus,
        message.alarm_id,
        message.update.value,
        told.moment(message.at),
        person=told.text(message.person or ""),
        text=told.text(message.reason),
        event_id=event.id,
    )
    if message.update is UpdateKind.DURESS:
        _heed_duress(connection, message.campus, message.alarm_id)


def _heed_duress(connection: Connection, campus_id: str, alarm_id: str) -> None:
    # 胁迫: whoever is forced to call an alarm or a line test off needs help now. What was a drill is none, and what
    # somebody has taken on or closed waits for a person again: the force is news to everybody.
    connection.execute(_HEED_DURESS, {"alarm": alarm_id, "campus": campus_id})


def drill_armed(connection: Connection, event: Event) -> None:
    """Note an announced line test (演练预告). Raises MalformedError."""
    message = event.data
    assert isinstance(message, DrillArmed)
    armed, until = told.moment(message.armed_at), told.moment(message.until)
    if not 0 < until - armed <= DRILL_ARMED_AT_MOST_NS:
        raise MalformedError("a line test is armed for two minutes at most")
    if connection.scalar(select(drill.c.id).where(drill.c.id == message.drill_id)) is not None:
        raise MalformedError(f"the line test {message.drill_id} was announced before")
    connection.execute(
        insert(drill),
        {
            "id": message.drill_id,
            "campus_id": message.campus,
            "input_id": message.input,
            "person": told.text(message.person),
            "armed_utc_ns": armed,
            "until_utc_ns": until,
        },
    )
    _judge_drill(connection, message.drill_id)


def _judge_drill(connection: Connection, drill_id: str) -> None:
    # Only the first press of the announced input in the announced time is the drill. Whatever else calls itself one
    # rings as a real alarm, so that a drill cannot hide an emergency. Announcement and press may overtake each other.
    announced = connection.execute(select(drill).where(drill.c.id == drill_id)).mappings().one_or_none()
    if announced is None:
        return
    first = connection.scalar(
        select(alarm.c.id)
        .where(
            alarm.c.drill_id == drill_id,
            alarm.c.campus_id == announced["campus_id"],
            alarm.c.input_id == announced["input_id"],
            alarm.c.pressed_utc_ns >= announced["armed_utc_ns"] - _CLOCK_SLACK_NS,
            alarm.c.pressed_utc_ns <= announced["until_utc_ns"] + _CLOCK_SLACK_NS,
        )
        .order_by(alarm.c.pressed_utc_ns, alarm.c.id)
        .limit(1)
    )
    is_drill = and_(alarm.c.id == first, alarm.c.duress.is_(False))
    of_it = alarm.c.drill_id == drill_id
    # Whoever answered it as a drill answered no emergency: then it waits again.
    connection.execute(update(alarm).where(of_it, alarm.c.drill, not_(is_drill)).values(_NOT_ANSWERED))
    connection.execute(update(alarm).where(of_it).values(drill=is_drill))


def receipted(connection: Connection, campus_id: str, alarm_id: str, at_utc_ns: int) -> None:
    """Note that the first signed receipt has left; later ones change nothing."""
    noted = connection.execute(_RECEIPT_LEFT, {"alarm": alarm_id, "left_utc_ns": at_utc_ns})
    if noted.rowcount:
        add_event(connection, campus_id, alarm_id, EventKind.RECEIPTED.value, at_utc_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """人工确认: who took an alarm on, and when."""

    alarm_id: str
    campus_id: str
    person: str
    at_utc_ns: int
    first: bool
    """False if somebody had taken it on before; `person` is then that somebody."""


class UnknownAlarmError(Exception):
    """There is no such alarm on the desk."""


class NoLineTestError(Exception):
    """Only line tests are answered here, and this alarm is none, or no longer."""


def acknowledge(
    connection: Connection, clock: Clock, alarm_id: str, person: str, *, drills_only: bool = False
) -> Acknowledged:
    """Write down who takes an alarm on; the first person stays.

    `drills_only` at a desk that answers line tests alone: what was one when the page was read may be forced by now.
    Raises UnknownAlarmError, NoLineTestError.
    """
    now = clock.utc_ns()
    open_to_this_desk = (alarm.c.drill,) if drills_only else ()
    taken = connection.execute(
        update(alarm)
        .where(alarm.c.id == alarm_id, alarm.c.acknowledged_utc_ns.is_(None), *open_to_this_desk)
        .values(acknowledged_utc_ns=now, acknowledged_by=person)
    )
    row = connection.execute(
        select(alarm.c.campus_id, alarm.c.acknowledged_by, alarm.c.acknowledged_utc_ns, alarm.c.drill).where(
            alarm.c.id == alarm_id
        )
    ).one_or_none()
    if row is None:
        raise UnknownAlarmError(alarm_id)
    if drills_only and not row.drill:
        raise NoLineTestError(alarm_id)
    if taken.rowcount:
        add_event(connection, row[0], alarm_id, EventKind.ACKNOWLEDGED.value, now, person=person)
    return Acknowledged(
        alarm_id=alarm_id, campus_id=row[0], person=row[1], at_utc_ns=row[2], first=bool(taken.rowcount)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """结案: who closed an alarm, and when."""

    campus_id: str
    at_utc_ns: int


class CannotCloseError(Exception):
    """Nobody has taken the alarm on yet, or it is closed already, or what it was does not fit."""


def close(
    connection: Connection,
    clock: Clock,
    alarm_id: str,
    person: str,
    outcome: Outcome,
    note: str,
    *,
    drills_only: bool = False,
) -> Closed:
    """Close an alarm that a person has taken on. Raises UnknownAlarmError, NoLineTestError, CannotCloseError."""
    now = clock.utc_ns()
    row = connection.execute(
        select(alarm.c.campus_id, alarm.c.acknowledged_utc_ns, alarm.c.closed_utc_ns, alarm.c.drill).where(
            alarm.c.id == alarm_id
        )
    ).one_or_none()
    if row is None:
        raise UnknownAlarmError(alarm_id)
    if drills_only and not row.drill:
        raise NoLineTestError(alarm_id)
    if row.acknowledged_utc_ns is None or row.closed_utc_ns is not None or (outcome is Outcome.DRILL) != row.drill:
        raise CannotCloseError(alarm_id)
    connection.execute(update(alarm).where(alarm.c.id == alarm_id).values(closed_utc_ns=now, outcome=outcome.value))
    add_event(connection, row.campus_id, alarm_id, EventKind.CLOSED.value, now, person=person, text=note)
    return Closed(campus_id=row.campus_id, at_utc_ns=now)


def add_event(
    connection: Connection,
    campus_id: str,
    alarm_id: str,
    kind: str,
    at_utc_ns: int,
    *,
    person: str = "",
    text: str = "",
    event_id: str | None = None,
) -> None:
    """Add a line to an alarm's history."""
    connection.execute(
        _ADD_EVENT,
        {
            "id": event_id or new_id(),
            "alarm_id": alarm_id,
            "campus_id": campus_id,
            "kind": kind,
            "at_utc_ns": at_utc_ns,
            "person": person,
            "text": text,
        },
    )
