"""What was not believed, kept as evidence: forged, replayed, foreign and broken messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from center import told
from center.tables import refused_message
from foundation.clock import NS_PER_S, Clock
from foundation.ids import new_id
from uplink.fault import WireError

EXCERPT_BYTES: Final = 512
KEEP_ROWS: Final = 10_000
"""A flood of forged messages must not fill the disk that alarms need."""
_SAME_KIND_NS: Final = 3600 * NS_PER_S
_DAY_NS: Final = 24 * 3600 * NS_PER_S


class UnknownCampusError(WireError):
    """From a campus that is not in the register."""

    kind = "unknown_campus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message that was not believed."""

    broker: str
    topic: str
    reason: str
    detail: str
    size_bytes: int
    first_utc_ns: int
    last_utc_ns: int
    copies: int


def record(
    connection: Connection, clock: Clock, *, broker_id: str, topic: str, refusal: WireError, payload: bytes
) -> bool:
    """Keep a refusal; further ones of the same topic and kind within the hour are only counted. True if it is new."""
    now = clock.utc_ns()
    topic = _clean(topic, 256)
    counted = connection.execute(
        update(refused_message)
        .where(
            refused_message.c.broker_id == broker_id,
            refused_message.c.topic == topic,
            refused_message.c.reason == refusal.kind,
            refused_message.c.first_utc_ns > now - _SAME_KIND_NS,
        )
        .values(copies=refused_message.c.copies + 1, last_utc_ns=now)
    )
    if counted.rowcount:
        return False
    connection.execute(
        insert(refused_message),
        {
            "id": new_id(),
            "broker_id": broker_id,
            "topic": topic,
            "reason": refusal.kind,
            "detail": _clean(str(refusal), 1000),
            "size_bytes": len(payload),
            "excerpt": payload[:EXCERPT_BYTES],
            "first_utc_ns": now,
            "last_utc_ns": now,
            "copies": 1,
        },
    )
    _forget_oldest(connection)
    return True


def _clean(text: str, length: int) -> str:
    return told.text(text.encode("utf-8", "replace").decode("utf-8"))[:length]


def _forget_oldest(connection: Connection) -> None:
    rows = connection.scalar(select(func.count()).select_from(refused_message)) or 0
    if rows > KEEP_ROWS:
        oldest = select(refused_message.c.id).order_by(refused_message.c.last_utc_ns).limit(rows - KEEP_ROWS).subquery()
        connection.execute(delete(refused_message).where(refused_message.c.id.in_(select(oldest.c.id))))


def recent(connection: Connection, within: Collection[str] | None = None, *, limit: int = 200) -> tuple[Refusal, ...]:
    """What was not believed, newest first; `within` leaves only what came on these campuses' topics."""
    columns = [column for column in refused_message.c if column is not refused_message.c.excerpt]
    rows = connection.execute(select(*columns).order_by(refused_message.c.last_utc_ns.desc()))
    return tuple(
        Refusal(
            broker=row["broker_id"],
            topic=row["topic"],
            reason=row["reason"],
            detail=row["detail"],
            size_bytes=row["size_bytes"],
            first_utc_ns=row["first_utc_ns"],
            last_utc_ns=row["last_utc_ns"],
            copies=row["copies"],
        )
        for row in islice((row for row in rows.mappings() if _is_of(row["topic"], within)), limit)
    )


def count_recent(connection: Connection, clock: Clock, within: Collection[str] | None = None) -> int:
    """How many messages were refused within the last day; `within` as for `recent`."""
    counts = connection.execute(
        select(refused_message.c.topic, func.sum(refused_message.c.copies))
        .where(refused_message.c.last_utc_ns > clock.utc_ns() - _DAY_NS)
        .group_by(refused_message.c.topic)
    )
    return sum(int(copies) for topic, copies in counts if _is_of(topic, within))


def _is_of(topic: str, within: Collection[str] | None) -> bool:
    if within is None:
        return True
    # By the topic's name alone: what was refused may not be a topic of the wire.
    level, _, rest = topic.partition("/")
    return level == "campus" and rest.partition("/")[0] in within
