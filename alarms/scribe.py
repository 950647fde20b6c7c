"""From a finger to the disk: what one press writes, in one transaction, before anybody else hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from alarms.facts import AlarmRaisedFact, AlarmStepFact
from alarms.outbox import OutgoingMessage
from alarms.press import Press, School
from alarms.record import StepKind
from foundation.audit import AuditChain
from foundation.clock import Clock, rfc3339
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.sqlite import Transaction
from uplink.envelope import seal
from uplink.event import ClockQuality, Event, Message, campus_source, new_event
from uplink.messages.alarm import AlarmRaised
from uplink.signature import SigningKey, digest_of
from uplink.topics import Channel

ClockQualitySource = Callable[[], ClockQuality]

_NS_PER_MS: Final = 1_000_000
_UNAUDITED: Final = (StepKind.STORED, StepKind.BROKER_ACCEPTED)  # told by 'alarm.pressed'; only a hint


def next_number(transaction: Transaction, name: str) -> int:
    """The next number of a counter that only grows."""
    row = transaction.row(
        "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 "
        "RETURNING value",
        (name,),
    )
    assert row is not None
    return int(row[0])


class Scribe:
    """Writes alarms and what is said of them into rows, facts, audit and outbox; used on the ledger's thread."""

    def __init__(self, school: School, key: SigningKey, clock: Clock, clock_quality: ClockQualitySource) -> None:
        self._school = school
        self._key = key
        self._clock = clock
        self._clock_quality = clock_quality
        self._audit = AuditChain(clock)

    def raised_unstored(self, press: Press) -> OutgoingMessage:
        """The alarm as it goes out when the disk hangs: marked not stored, without a sequence number."""
        event = self._event(self._raised(press, stored=False), event_id=press.alarm_id, sequence=None)
        return self._outgoing(event, alarm_id=press.alarm_id, channel=Channel.ALARM, sequence=None)

    def write_press(self, transaction: Transaction, journal: Journal, press: Press) -> OutgoingMessage:
        """Alarm row, first message, first step, audit entry and fact, all in this transaction."""
        stored_utc_ns = self._clock.utc_ns()
        request, button = press.request, press.button
        transaction.execute(
            "INSERT INTO alarm (id, press_id, input_id, input_name, place, gate, nearest_points, purpose, drill_id, "
            "silent, duress, pressed_by, pressed_utc_ns, boot_id, running_ns, stored_utc_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                press.alarm_id,
                request.press_id,
                button.id,
                button.name,
                button.place,
                button.gate,
                json.dumps(button.nearest_points),
                press.purpose.value,
                press.drill_id,
                button.silent,
                request.duress,
                request.person,
                press.pressed_utc_ns,
                press.boot_id,
                press.running_ns,
                stored_utc_ns,
            ),
        )
        message = self.write_message(
            transaction,
            self._raised(press, stored=True),
            channel=Channel.ALARM,
            alarm_id=press.alarm_id,
            event_id=press.alarm_id,
        )
        self.write_step(transaction, journal, press.alarm_id, StepKind.STORED, at_utc_ns=stored_utc_ns)
        self._audit.append(
            transaction,
            record_id=f"alarm:{press.alarm_id}",
            action="alarm.pressed",
            body={"alarm_id": press.alarm_id, "input": button.id, "digest": message.digest},
        )
        journal.append(
            AlarmRaisedFact(
                alarm_id=press.alarm_id,
                input_id=button.id,
                input_name=button.name,
                place=button.place,
                gate=button.gate,
                nearest_points=button.nearest_points,
                purpose=press.purpose.value,
                silent=button.silent,
                duress=request.duress,
                pressed_utc_ns=press.pressed_utc_ns,
                boot_id=press.boot_id,
                running_ns=press.running_ns,
            ),
            transaction=transaction,
            fact_id=press.alarm_id,
        )
        return message

    def write_message(
        self,
        transaction: Transaction,
        message: Message,
        *,
        channel: Channel,
        alarm_id: str | None,
        event_id: str | None = None,
    ) -> OutgoingMessage:
        """Sign a message with the next sequence number and put it into the outbox."""
        sequence = next_number(transaction, "sequence")
        event = self._event(message, event_id=event_id or new_id(), sequence=sequence)
        outgoing = self._outgoing(event, alarm_id=alarm_id, channel=channel, sequence=sequence)
        transaction.execute(
            "INSERT INTO message (id, alarm_id, sequence, channel, type, created_utc_ns, payload, digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                outgoing.id,
                alarm_id,
                sequence,
                channel.value,
                event.type,
                outgoing.created_utc_ns,
                outgoing.payload,
                outgoing.digest,
            ),
        )
        return outgoing

    def write_step(
        self,
        transaction: Transaction,
        journal: Journal,
        alarm_id: str,
        kind: StepKind,
        *,
        at_utc_ns: int,
        center_at: str | None = None,
        path: str | None = None,
        person: str | None = None,
        detail: str = "",
    ) -> bool:
        """Note a step the first time it is reached, with its fact and, beyond the first, its audit entry.

        False if it was reached before or there is no such alarm.
        """
        if transaction.row("SELECT 1 FROM alarm WHERE id = ?", (alarm_id,)) is None:
            return False
        added = transaction.execute(
            "INSERT INTO step (alarm_id, step, at_utc_ns, center_at, path, person, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alarm_id, step) DO NOTHING",
            (alarm_id, kind.value, at_utc_ns, center_at, path, person, detail),
        )
        if not added:
            return False
        if kind not in _UNAUDITED:
            self._audit.append(
                transaction,
                record_id=f"alarm:{alarm_id}",
                action=f"alarm.{kind.value}",
                body={"at": rfc3339(at_utc_ns), "center_at": center_at, "person": person, "detail": detail},
            )
        journal.append(
            AlarmStepFact(alarm_id=alarm_id, step=kind.value, at_utc_ns=at_utc_ns, person=person, detail=detail),
            transaction=transaction,
        )
        return True

    def _raised(self, press: Press, *, stored: bool) -> AlarmRaised:
        button, school = press.button, self._school
        return AlarmRaised(
            campus=school.campus,
            alarm_id=press.alarm_id,
            input=button.id,
            input_name=button.name,
            place=button.place,
            gate=button.gate,
            nearest_points=button.nearest_points,
            campus_name=school.name,
            address=school.address,
            gatehouse_phone=school.gatehouse_phone,
            pressed_at=rfc3339(press.pressed_utc_ns),
            boot_id=press.boot_id,
            running_ms=press.running_ns // _NS_PER_MS,
            purpose=press.purpose,
            drill_id=press.drill_id,
            silent=button.silent,
            duress=press.request.duress,
            pressed_by=press.request.person,
            stored=stored,
        )

    def _event(self, message: Message, *, event_id: str, sequence: int | None) -> Event:
        return new_event(
            message,
            source=campus_source(self._school.campus),
            utc_ns=self._clock.utc_ns(),
            clock_quality=self._clock_quality(),
            event_id=event_id,
            sequence=sequence,
        )

    def _outgoing(
        self, event: Event, *, alarm_id: str | None, channel: Channel, sequence: int | None
    ) -> OutgoingMessage:
        payload = seal(event, self._key)
        return OutgoingMessage(
            id=event.id,
            alarm_id=alarm_id,
            channel=channel,
            payload=payload,
            digest=digest_of(payload),
            sequence=sequence,
            created_utc_ns=self._clock.utc_ns(),
            raised=event.id == alarm_id,
        )
