"""Heartbeats (心跳), every 5 s both ways on each path: their age says whether the path carries."""

from __future__ import annotations

from typing import ClassVar, Final

from foundation.ids import Slug
from uplink.event import Count, Message, ShortText, WireModel, WireTime

PERIOD_S: Final = 5.0
LOST_AFTER_S: Final = 15.0
"""Three missed: leaves 5 s to notice and show it, so a lost path is known within 20 s."""


class Heartbeat(Message):
    """From the campus, on its state topic, not retained, QoS 0: an old one is worth nothing."""

    event_type: ClassVar[str] = "campus.path.heartbeat"

    path: Slug
    birth: Count
    number: Count
    """1, 2, 3 … since the birth."""
    boot_id: ShortText
    running_ms: Count
    """The campus's running clock; with the one in an alarm it tells how late that alarm is, whatever its wall clock."""
    alarms_waiting: Count = 0
    """Alarms stored but without a receipt yet."""


class HeartbeatEcho(WireModel):
    """The last heartbeat that the center heard of a path: this direction carries, and the clocks can be compared."""

    path: Slug
    birth: Count
    number: Count
    sent_at: WireTime
    """The heartbeat's own time."""
    received_at: WireTime
    """The center's time when it came."""


class CenterHeartbeat(Message):
    """From the center to one campus, QoS 0; its envelope's time and the echoes let the campus measure its clock."""

    event_type: ClassVar[str] = "campus.center.heartbeat"

    number: Count
    """Grows with each one to this campus, on whichever broker; starts anew when the center starts."""
    echoes: tuple[HeartbeatEcho, ...] = ()
    """One for each path of the campus heard on this broker."""
