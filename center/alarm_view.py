"""The queue of alarms and one alarm whole, as pages and /api/status show it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, and_, or_, select, true

from center import register
from center.tables import alarm, alarm_event, arrival, message
from foundation.clock import NS_PER_S

RECENT_NS: Final = 24 * 3600 * NS_PER_S
"""How long an alarm stays in the queue that is closed, or was a drill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalView:
    """A way an alarm took."""

    broker: str
    first_utc_ns: int
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A line of an alarm's history."""

    kind: str
    at_utc_ns: int
    person: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """An alarm on the desk."""

    id: str
    campus: str
    campus_name: str
    input: str
    input_name: str
    place: str
    address: str
    phone: str
    drill: bool
    claims_drill: bool
    """It calls itself a drill, but nobody announced it: treated as real."""
    silent: bool
    duress: bool
    cancelled: bool
    """误报 said by the school; the desk decides what it believes."""
    pressed_utc_ns: int
    clock_quality: str
    delay_ms: int | None
    received_utc_ns: int
    receipted_utc_ns: int | None
    acknowledged_utc_ns: int | None
    acknowledged_by: str | None
    closed_utc_ns: int | None
    outcome: str | None
    nearest_points: tuple[str, ...]
    """点位 near the button, by id: whose footage the school keeps, and where to look."""
    pressed_by: str | None
    """Who pressed, where the input knows."""
    arrivals: tuple[ArrivalView, ...]
    history: tuple[EventView, ...]

    @property
    def waits(self) -> bool:
        """True if it is real and no person has taken it on."""
        return self.acknowledged_utc_ns is None and not self.drill


def read_alarms(
    connection: Connection, *, now_utc_ns: int, limit: int = 200, within: Collection[str] | None = None
) -> tuple[AlarmView, ...]:
    """Alarms of the queue: waiting ones first and oldest first among them, then the recent ones, newest first.

    `within` leaves only those of these campuses.
    """
    return _alarms(
        connection,
        select(alarm)
        .where(
            or_(
                and_(alarm.c.closed_utc_ns.is_(None), alarm.c.drill.is_(False)),
                alarm.c.received_utc_ns > now_utc_ns - RECENT_NS,
            ),
            true() if within is None else alarm.c.campus_id.in_(within),
        )
        .order_by(
            (alarm.c.acknowledged_utc_ns.is_(None) & alarm.c.drill.is_(False)).desc(), alarm.c.received_utc_ns.desc()
        )
        .limit(limit),
    )


def read_alarm(connection: Connection, alarm_id: str) -> AlarmView | None:
    """One alarm, however old."""
    return next(iter(_alarms(connection, select(alarm).where(alarm.c.id == alarm_id))), None)


def _alarms(connection: Connection, query: Select[Any]) -> tuple[AlarmView, ...]:
    rows = connection.execute(query).mappings().all()
    ids = [row["id"] for row in rows]
    names = {campus.id: campus.name for campus in register.everyone(connection)}
    arrivals: defaultdict[str, list[ArrivalView]] = defaultdict(list)
    for row in connection.execute(
        select(arrival).where(arrival.c.message_id.in_(ids)).order_by(arrival.c.first_utc_ns)
    ).mappings():
        arrivals[row["message_id"]].append(
            ArrivalView(broker=row["broker_id"], first_utc_ns=row["first_utc_ns"], copies=row["copies"])
        )
    history: defaultdict[tuple[str, str], list[EventView]] = defaultdict(list)
    for row in connection.execute(
        select(alarm_event).where(alarm_event.c.alarm_id.in_(ids)).order_by(alarm_event.c.at_utc_ns, alarm_event.c.id)
    ).mappings():
        history[row["alarm_id"], row["campus_id"]].append(
            EventView(kind=row["kind"], at_utc_ns=row["at_utc_ns"], person=row["person"], text=row["text"])
        )
    said = _said_at_press(connection, ids)
    views = [
        _alarm(row, names[row["campus_id"]], said.get(row["id"], {}), arrivals[row["id"]],
               history[row["id"], row["campus_id"]])
        for row in rows
    ]  # fmt: skip
    waiting = sorted((view for view in views if view.waits), key=lambda view: view.received_utc_ns)
    return (*waiting, *(view for view in views if not view.waits))


def _said_at_press(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    # The signed message lies whole in the mail; what only the desk's page shows has no column of its own.
    rows = connection.execute(select(message.c.id, message.c.document).where(message.c.id.in_(ids)))
    return {row.id: json.loads(bytes(row.document))["data"] for row in rows}


def _alarm(
    row: RowMapping,
    campus_name: str,
    said: Mapping[str, Any],
    arrivals: Sequence[ArrivalView],
    history: Sequence[EventView],
) -> AlarmView:
    told = {event.kind for event in history}
    return AlarmView(
        id=row["id"],
        campus=row["campus_id"],
        campus_name=campus_name,
        input=row["input_id"],
        input_name=row["input_name"],
        place=row["place"],
        address=row["address"],
        phone=row["phone"],
        drill=row["drill"],
        claims_drill=row["drill_id"] is not None and not row["drill"],
        silent=row["silent"],
        duress=row["duress"] or "duress" in told,
        cancelled="cancelled" in told,
        pressed_utc_ns=row["pressed_utc_ns"],
        clock_quality=row["clock_quality"],
        delay_ms=row["delay_ms"],
        received_utc_ns=row["received_utc_ns"],
        receipted_utc_ns=row["receipted_utc_ns"],
        acknowledged_utc_ns=row["acknowledged_utc_ns"],
        acknowledged_by=row["acknowledged_by"],
        closed_utc_ns=row["closed_utc_ns"],
        outcome=row["outcome"],
        nearest_points=tuple(said.get("nearest_points", ())),
        pressed_by=said.get("pressed_by"),
        arrivals=tuple(arrivals),
        history=tuple(history),
    )
