"""What campuses say of themselves besides alarms: health of points, findings, sealed days."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, insert, select, update

from center import told
from center.tables import finding, point, sealed_day
from uplink.event import Event
from uplink.messages.day import DaySealed
from uplink.messages.finding import FindingList, FindingMessage
from uplink.messages.point_health import PointHealth


def point_told(connection: Connection, event: Event, *, now_utc_ns: int) -> bool:
    """Keep the health of a point (点位状态); False if it is older than what is known."""
    message = event.data
    assert isinstance(message, PointHealth)
    sent = told.moment(event.time)
    mine = (point.c.campus_id == message.campus) & (point.c.point_id == message.point)
    known = connection.scalar(select(point.c.sent_utc_ns).where(mine))
    if known is not None and sent <= known:
        return bool(sent == known)  # the broker repeats what it kept on each connection; only an older one is odd
    connection.execute(delete(point).where(mine))
    if message.withdrawn:
        return True
    connection.execute(
        insert(point),
        {
            "campus_id": message.campus,
            "point_id": message.point,
            "name": told.text(message.name),
            "camera": message.camera.value,
            "recording": message.recording.value,
            "picture": message.picture.value,
            "retention": message.retention.value,
            "kept_days": None if message.kept_days is None else min(message.kept_days, 100_000),
            "troubles": " ".join(told.text(trouble.kind) for trouble in message.troubles),
            "checked_utc_ns": told.optional_moment(message.checked_at),
            "sent_utc_ns": sent,
            "received_utc_ns": now_utc_ns,
        },
    )
    return True


def finding_told(connection: Connection, event: Event) -> None:
    """Keep a finding as it stands; a word that a newer one overtook, on another path, changes nothing."""
    message = event.data
    assert isinstance(message, FindingMessage)
    found, sent = message.finding, told.moment(event.time)
    mine = (finding.c.campus_id == message.campus) & (finding.c.id == found.id)
    known = connection.scalar(select(finding.c.sent_utc_ns).where(mine))
    if known is not None and sent < known:
        return
    connection.execute(delete(finding).where(mine))
    connection.execute(
        insert(finding),
        {
            "campus_id": message.campus,
            "id": found.id,
            "subject": told.text(found.subject),
            "kind": told.text(found.kind),
            "severity": found.severity.value,
            "evidence": json.dumps(
                {told.text(key): told.text(value) for key, value in found.evidence.items()}, ensure_ascii=False
            ),
            "since_utc_ns": told.moment(found.since),
            "cleared_utc_ns": told.optional_moment(found.cleared_at),
            "sent_utc_ns": sent,
        },
    )


def open_findings_told(connection: Connection, event: Event) -> None:
    """Clear what the campus no longer lists as open and that began before it wrote the list."""
    message = event.data
    assert isinstance(message, FindingList)
    at, sent = told.moment(message.at), told.moment(event.time)
    connection.execute(
        update(finding)
        .where(
            finding.c.campus_id == message.campus,
            finding.c.cleared_utc_ns.is_(None),
            finding.c.sent_utc_ns <= sent,
            finding.c.id.not_in(message.open),
        )
        .values(cleared_utc_ns=at)
    )


def day_sealed(connection: Connection, event: Event) -> None:
    """Keep a sealed day; the receipt for it countersigns the heads in it."""
    message = event.data
    assert isinstance(message, DaySealed)
    connection.execute(
        insert(sealed_day),
        {
            "message_id": event.id,
            "campus_id": message.campus,
            "day": message.day.isoformat(),
            "footage_head": message.footage_head,
        },
    )
