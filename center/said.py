"""What persons at the desk told a campus: signed once, kept, repeated until the campus surely knows."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, insert, select

from center.tables import said
from center.voice import Outgoing
from foundation.clock import NS_PER_S, Clock
from uplink.topics import Channel, Topic

REPEAT_FOR_NS: Final = 7 * 24 * 3600 * NS_PER_S
"""A campus that comes back is told again what was said in this time, as docs/wire asks of every center; it knows a
repeated word by its id."""


def keep(connection: Connection, alarm_id: str, outgoing: Outgoing, at_utc_ns: int) -> None:
    """Keep a word on an alarm before it is sent."""
    connection.execute(
        insert(said),
        {
            "id": outgoing.event_id,
            "alarm_id": alarm_id,
            "campus_id": outgoing.topic.campus,
            "said_utc_ns": at_utc_ns,
            "document": outgoing.payload,
        },
    )


def about(connection: Connection, alarm_id: str) -> tuple[Outgoing, ...]:
    """Everything said of one alarm, oldest first."""
    return _read(connection, said.c.alarm_id == alarm_id)


def recent(connection: Connection, clock: Clock, campus_id: str | None = None) -> tuple[Outgoing, ...]:
    """What was said lately, to one campus or to all."""
    lately = said.c.said_utc_ns > clock.utc_ns() - REPEAT_FOR_NS
    return _read(connection, lately if campus_id is None else lately & (said.c.campus_id == campus_id))


def _read(connection: Connection, condition: ColumnElement[bool]) -> tuple[Outgoing, ...]:
    rows = connection.execute(
        select(said.c.id, said.c.campus_id, said.c.document).where(condition).order_by(said.c.said_utc_ns, said.c.id)
    )
    return tuple(
        Outgoing(Topic(row.campus_id, Channel.RECEIPT), bytes(row.document), row.id, keep=True) for row in rows
    )
