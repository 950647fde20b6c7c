"""What the center says, signed: receipts, persons' words on alarms, heartbeats."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from foundation.clock import Clock, rfc3339
from uplink.envelope import Received, seal
from uplink.event import ClockQuality, Message, center_source, new_event
from uplink.messages.acknowledgement import Acknowledgement, Closure, Outcome
from uplink.messages.alarm import AlarmRaised
from uplink.messages.heartbeat import CenterHeartbeat, HeartbeatEcho
from uplink.messages.receipt import Receipt
from uplink.signature import SigningKey
from uplink.topics import Channel, Topic


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Signed bytes and where they go."""

    topic: Topic
    payload: bytes
    event_id: str
    receipt_for_alarm: str | None = None
    """Set on the receipt for an alarm: when it leaves is part of the alarm's history."""
    keep: bool = False
    """True for a person's word: it waits for a connection, while a receipt is asked for again."""

    @property
    def qos(self) -> int:
        """Heartbeats are worth nothing when late; everything else is delivered at least once."""
        return 0 if self.topic.channel is Channel.HEARTBEAT else 1


class Voice:
    """Signs with the center's key."""

    def __init__(self, *, center_id: str, desk: str, key: SigningKey, clock: Clock) -> None:
        self.desk = desk
        self._source = center_source(center_id)
        self._key = key
        self._clock = clock

    def of_desk(self, desk: str) -> Voice:
        """The same voice for another desk: what its people say carries that desk's name."""
        other = copy(self)
        other.desk = desk
        return other

    def receipt(self, received: Received, *, received_utc_ns: int, copies: int) -> Outgoing:
        """平台回执 for one message; `received_utc_ns` is when its first copy came."""
        event = received.event
        said = self._say(
            Channel.RECEIPT,
            Receipt(
                campus=event.data.campus,
                message_id=event.id,
                digest=received.digest,
                received_at=rfc3339(received_utc_ns),
                copies=copies,
            ),
        )
        return replace(said, receipt_for_alarm=event.id) if isinstance(event.data, AlarmRaised) else said

    def acknowledgement(self, *, campus: str, alarm_id: str, person: str, at_utc_ns: int, note: str) -> Outgoing:
        """人工确认: who took an alarm on."""
        said = self._say(
            Channel.RECEIPT,
            Acknowledgement(
                campus=campus, alarm_id=alarm_id, person=person, desk=self.desk, at=rfc3339(at_utc_ns), note=note
            ),
        )
        return replace(said, keep=True)

    def closure(
        self, *, campus: str, alarm_id: str, person: str, at_utc_ns: int, outcome: Outcome, note: str
    ) -> Outgoing:
        """结案: how an alarm ended."""
        said = self._say(
            Channel.RECEIPT,
            Closure(
                campus=campus,
                alarm_id=alarm_id,
                person=person,
                desk=self.desk,
                at=rfc3339(at_utc_ns),
                outcome=outcome,
                note=note,
            ),
        )
        return replace(said, keep=True)

    def heartbeat(self, campus: str, number: int, echoes: tuple[HeartbeatEcho, ...]) -> Outgoing:
        """A sign of life for one campus."""
        return self._say(Channel.HEARTBEAT, CenterHeartbeat(campus=campus, number=number, echoes=echoes))

    def _say(self, channel: Channel, message: Message) -> Outgoing:
        event = new_event(message, source=self._source, utc_ns=self._clock.utc_ns(), clock_quality=ClockQuality.UNKNOWN)
        return Outgoing(Topic(message.campus, channel), seal(event, self._key), event.id)
