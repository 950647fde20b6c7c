"""Every message that is answered by a receipt, kept exactly once whatever way it came and however often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from center import told
from center.tables import arrival, message
from foundation.clock import Clock
from uplink.envelope import Received
from uplink.fault import ReplayedError

# Built once: SQLAlchemy takes longer to build a statement than the database to run it, and an alarm waits.
_BEFORE: Final = select(message.c.campus_id, message.c.digest, message.c.received_utc_ns).where(
    message.c.id == bindparam("id")
)
_KEEP: Final = insert(message)
_NOTE_ARRIVAL: Final = insert(arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A message after an arrival."""

    received_utc_ns: int
    """Of the first copy; every receipt says this time."""
    copies: int
    """On all brokers together."""

    @property
    def first(self) -> bool:
        """True if it was not known before: only then it is acted on."""
        return self.copies == 1


def file(connection: Connection, clock: Clock, received: Received, payload: bytes, broker_id: str) -> Filed:
    """Keep a message, or count a further copy of a kept one.

    Raises ReplayedError if its id was used for something else before.
    """
    event, now = received.event, clock.utc_ns()
    before = connection.execute(_BEFORE, {"id": event.id}).one_or_none()
    if before is None:
        connection.execute(
            _KEEP,
            {
                "id": event.id,
                "campus_id": event.data.campus,
                "type": event.type,
                "sequence": told.sequence(event),
                "digest": received.digest,
                "received_utc_ns": now,
                "document": payload,
            },
        )
        connection.execute(
            _NOTE_ARRIVAL, {"message_id": event.id, "broker_id": broker_id, "first_utc_ns": now, "copies": 1}
        )
        return Filed(received_utc_ns=now, copies=1)
    if (before.campus_id, before.digest) != (event.data.campus, received.digest):
        raise ReplayedError(f"the id {event.id} was used before for other contents, by campus {before.campus_id}")
    _count(connection, event.id, broker_id, now)
    copies = connection.scalar(select(func.sum(arrival.c.copies)).where(arrival.c.message_id == event.id))
    return Filed(received_utc_ns=before.received_utc_ns, copies=int(copies or 1))


def _count(connection: Connection, message_id: str, broker_id: str, now_utc_ns: int) -> None:
    counted = connection.execute(
        update(arrival)
        .where(arrival.c.message_id == message_id, arrival.c.broker_id == broker_id)
        .values(copies=arrival.c.copies + 1)
    )
    if counted.rowcount == 0:
        connection.execute(
            _NOTE_ARRIVAL, {"message_id": message_id, "broker_id": broker_id, "first_utc_ns": now_utc_ns, "copies": 1}
        )
