"""A sealed Beijing day of footage, with the heads of the chains that make later changes visible (promise 7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from foundation.ids import Slug
from uplink.event import Count, Digest, Message, ShortText, WireModel, WireTime


class PointDay(WireModel):
    """A point's seconds of the day (录像完整率): due, proven on the disk, and the longest gap."""

    point: Slug
    due_s: Count
    proven_s: Count
    longest_gap_s: Count
    online_s: Count | None = None
    """Seconds the camera answered (在线率); absent if nobody measured."""


class AuditHeadMessage(WireModel):
    """Where one audit chain of the campus ends."""

    chain: ShortText
    """Which database: 'alarms', 'gate', 'catalogue'."""
    seq: Count
    hash: Digest


class DaySealed(Message):
    """The day is over and its footage chained. The center's receipt countersigns every head in it."""

    event_type: ClassVar[str] = "campus.day.sealed"

    day: date
    sealed_at: WireTime
    footage_head: Digest | None = None
    """Head of the chain of sealed days; absent while nothing is sealed."""
    points: Annotated[tuple[PointDay, ...], Field(max_length=300)] = ()
    audit_heads: Annotated[tuple[AuditHeadMessage, ...], Field(max_length=16)] = ()
