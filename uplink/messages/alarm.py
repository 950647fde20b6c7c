"""The one-button alarm (一键报警) and everything the campus says of it afterwards."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from foundation.ids import RecordId, Slug
from uplink.event import Count, LongText, Message, ShortText, WireTime


class Purpose(StrEnum):
    """Real, unless a named person armed this very input for its next press."""

    REAL = "real"
    DRILL = "drill"
    """演练: a line test; may end at the district's desk instead of the police's."""


class AlarmRaised(Message):
    """Somebody pressed. The event's id is `alarm_id`; sent byte for byte the same until the receipt for it comes."""

    event_type: ClassVar[str] = "campus.alarm.raised"

    alarm_id: RecordId
    input: Slug
    input_name: ShortText
    place: ShortText
    """Where to send people, in words."""
    gate: Slug | None = None
    nearest_points: tuple[Slug, ...] = ()
    campus_name: ShortText
    address: ShortText
    gatehouse_phone: ShortText
    pressed_at: WireTime
    boot_id: ShortText
    running_ms: Count
    """The campus's running clock at the press."""
    purpose: Purpose = Purpose.REAL
    drill_id: RecordId | None = None
    silent: bool = False
    """静默: do not call back; nobody at the gate may learn that help was called."""
    duress: bool = False
    """胁迫: raised with the duress PIN."""
    pressed_by: ShortText | None = None
    stored: bool = True
    """False if the campus's disk hung: sent before it was kept, an AlarmUpdate `stored` follows when it is."""


class UpdateKind(StrEnum):
    """What became of an alarm on the campus."""

    STORED = "stored"
    """An alarm sent with `stored: false` is on the disk now."""
    CANCELLED = "cancelled"
    """误报 said by a named person with a reason; the desk decides what it believes."""
    DURESS = "duress"
    """胁迫: whoever seemed to cancel was forced to. An escalation, never a cancel."""
    LOCAL_ACKNOWLEDGED = "local_acknowledged"
    """A named person inside the school knows of it."""
    HELD = "held"
    """The contact is still closed after minutes: stuck, or somebody lies on it."""
    RELEASED = "released"
    NOTE = "note"


class AlarmUpdate(Message):
    """A later word on an alarm; has an id and a receipt of its own."""

    event_type: ClassVar[str] = "campus.alarm.update"

    alarm_id: RecordId
    update: UpdateKind
    at: WireTime
    person: ShortText | None = None
    reason: LongText = ""


class DrillArmed(Message):
    """演练预告: the next press of this input, until the time given, is a line test; any other press is real."""

    event_type: ClassVar[str] = "campus.alarm.drill_armed"

    drill_id: RecordId
    input: Slug
    person: ShortText
    armed_at: WireTime
    until: WireTime
    """At most two minutes after `armed_at`."""
