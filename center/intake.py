"""Taking messages in: checked, stored, acted on once, and only then answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import structlog
from sqlalchemy import Connection

from center import desk, mail, news, refusals, register, said
from center.database import CenterDatabase
from center.paths import Paths, write
from center.voice import Outgoing, Voice
from foundation.clock import NS_PER_S, Clock
from uplink.envelope import Received, unseal
from uplink.event import Event
from uplink.fault import MalformedError, ReplayedError, WireError
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, DrillArmed
from uplink.messages.command import Answer
from uplink.messages.day import DaySealed
from uplink.messages.finding import FindingList, FindingMessage
from uplink.messages.heartbeat import Heartbeat
from uplink.messages.path_state import Birth, Will
from uplink.messages.point_health import PointHealth
from uplink.signature import PinnedKeys
from uplink.topics import RECEIPTED, Channel, ForeignTopicError, Topic, parse_topic

_log = structlog.get_logger("intake")

LATE_COPY_NS: Final = 600 * NS_PER_S
"""A copy of a message that came so long ago is noted as replayed, though answered: it may be an honest question."""

_SCHOOLS: Final = 2_000  # of a large city's district; more only costs the reading of their keys


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came."""

    broker_id: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a letter."""

    replies: tuple[Outgoing, ...] = ()
    """Receipt and repeated words of persons, for the broker that the letter came by."""
    changed: bool = False
    """True if a page would look different."""


class Intake:
    """Called from one thread."""

    def __init__(self, database: CenterDatabase, clock: Clock, voice: Voice, paths: Paths) -> None:
        self._database = database
        self._clock = clock
        self._voice = voice
        self._paths = paths

    def take(self, letters: Sequence[Letter]) -> list[Taken]:
        """Take letters in with one commit, which costs more than all else; a bad one is refused and kept as evidence.

        The replies may be sent: whatever they speak of is on the disk. Raises CenterDatabaseError, and then none of
        the letters was taken.
        """
        with self._database.begin() as connection:
            return [self._take_or_refuse(connection, letter) for letter in letters]

    def _take_or_refuse(self, connection: Connection, letter: Letter) -> Taken:
        try:
            with connection.begin_nested():
                return self._take(connection, letter)
        except WireError as refusal:
            self._note(connection, letter, refusal)
            return Taken(changed=True)

    def _take(self, connection: Connection, letter: Letter) -> Taken:
        topic = _topic(letter)
        if not letter.payload and topic.retained:
            return Taken()  # a kept message was cleared at the broker; only a signed one withdraws a point
        campus = register.find(connection, topic.campus)
        if campus is None:
            raise refusals.UnknownCampusError(
                f"campus {topic.campus!r} is not enrolled: campus-center enrol {topic.campus} --public-key …"
            )
        received = unseal(letter.payload, topic, _pinned(campus.public_keys))
        event = received.event
        if topic.channel is Channel.STATE:
            return self._presence(connection, letter, topic, event)
        if isinstance(event.data, PointHealth):
            if topic.name != event.data.point:
                raise MalformedError(f"health of point {event.data.point} came on the topic {topic}")
            if not news.point_told(connection, event, now_utc_ns=self._clock.utc_ns()):
                raise ReplayedError(f"health of point {event.data.point} from {event.time} is older than what is known")
            return Taken(changed=True)
        return self._answered(connection, letter, received)

    def _presence(self, connection: Connection, letter: Letter, topic: Topic, event: Event) -> Taken:
        assert isinstance(event.data, Birth | Will | Heartbeat)
        if topic.name != event.data.path:
            raise MalformedError(f"the state of path {event.data.path} came on the topic {topic}")
        changed = self._paths.told(letter.broker_id, event)
        if changed is None:
            return Taken()
        write(connection, (changed,))
        back = isinstance(event.data, Birth)
        words = said.recent(connection, self._clock, event.data.campus) if back else ()
        return Taken(replies=words, changed=True)

    def _answered(self, connection: Connection, letter: Letter, received: Received) -> Taken:
        event = received.event
        filed = mail.file(connection, self._clock, received, letter.payload, letter.broker_id)
        if filed.first:
            self._act(connection, event, filed.received_utc_ns)
        elif self._clock.utc_ns() - filed.received_utc_ns > LATE_COPY_NS:
            late = ReplayedError(f"{event.type} {event.id} came again long after its first copy; it changed nothing")
            self._note(connection, letter, late)
        replies: list[Outgoing] = []
        if _topic(letter).channel in RECEIPTED:
            replies.append(self._voice.receipt(received, received_utc_ns=filed.received_utc_ns, copies=filed.copies))
        is_alarm = isinstance(event.data, AlarmRaised)
        if is_alarm and not filed.first:
            replies += said.about(connection, event.id)
        return Taken(
            replies=tuple(replies),
            changed=filed.first or is_alarm,
        )

    def _act(self, connection: Connection, event: Event, received_utc_ns: int) -> None:
        message = event.data
        match message:
            case AlarmRaised():
                delay_ms = self._paths.age_ms(message.campus, message.boot_id, message.running_ms)
                desk.raised(connection, event, received_utc_ns=received_utc_ns, delay_ms=delay_ms)
            case AlarmUpdate():
                desk.updated(connection, event)
            case DrillArmed():
                desk.drill_armed(connection, event)
            case FindingMessage():
                news.finding_told(connection, event)
            case FindingList():
                news.open_findings_told(connection, event)
            case DaySealed():
                news.day_sealed(connection, event)
            case Answer():
                pass  # kept with its text in the message; nobody here gives commands yet
            case _:
                raise MalformedError(f"{event.type} is not for a center")

    def _note(self, connection: Connection, letter: Letter, refusal: WireError) -> None:
        new = refusals.record(
            connection,
            self._clock,
            broker_id=letter.broker_id,
            topic=letter.topic,
            refusal=refusal,
            payload=letter.payload,
        )
        if new:
            _log.warning("a message was refused", broker=letter.broker_id, topic=letter.topic, error=str(refusal))


@lru_cache(maxsize=_SCHOOLS)
def _pinned(public_keys: tuple[str, ...]) -> PinnedKeys:
    return PinnedKeys.of(public_keys)  # reading a key's text takes as long as checking a signature by it


def _topic(letter: Letter) -> Topic:
    try:
        return parse_topic(letter.topic)
    except ForeignTopicError as error:
        raise MalformedError(str(error)) from error
