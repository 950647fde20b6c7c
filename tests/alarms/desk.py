"""A small alarm center for tests: stores in memory, answers every copy with a signed receipt, sends heartbeats.

Written against the wire alone; the product's own center has its tests in tests/center.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config.broker_path import BrokerPath
from foundation.clock import Clock, SystemClock, rfc3339
from uplink.connection import Login
from uplink.envelope import Received, seal, unseal
from uplink.event import Message, center_source, new_event
from uplink.fault import WireError
from uplink.messages import CHANNELS
from uplink.messages.alarm import AlarmRaised
from uplink.messages.heartbeat import CenterHeartbeat, Heartbeat, HeartbeatEcho
from uplink.messages.receipt import Receipt
from uplink.publication import CongestedError, NotConnectedError, Publication
from uplink.session import MqttSession
from uplink.signature import PinnedKeys, SigningKey, load_or_create_key
from uplink.topics import Channel, Topic, center_subscriptions, parse_topic


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came."""

    broker: str
    topic: Topic
    payload: bytes
    received: Received
    running_ns: int


class Desk:
    """One session per broker; everything that came is in `arrivals`, what reached the desk in `alarms`."""

    def __init__(self, campus: str, campus_key: str, brokers: Sequence[BrokerPath], folder: Path, name: str = "desk"):
        self.clock: Clock = SystemClock()
        self.key: SigningKey = load_or_create_key(folder / f"{name}.key")
        self.campus = campus
        self._pinned = PinnedKeys.of([campus_key])
        self.arrivals: list[Arrival] = []
        self.refused: list[WireError] = []
        self.alarms: dict[str, AlarmRaised] = {}
        self.copies: Counter[str] = Counter()
        self.answers = True
        """Whether receipts are sent."""
        self.beats = True
        self._echoes: dict[str, dict[str, HeartbeatEcho]] = {}
        self._number = 0
        self._lock = threading.Lock()
        self._speaking = threading.Lock()
        self._stop = threading.Event()
        self.sessions = {
            broker.id: MqttSession(
                broker,
                client_id=f"center-{name}",
                clock=self.clock,
                on_message=partial(self._came, broker.id),
                subscriptions=center_subscriptions(),
                login=Login("center", "center") if broker.credential else None,
            )
            for broker in brokers
        }
        self._beating = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> Desk:
        for session in self.sessions.values():
            session.start()
        self._beating.start()
        return self

    def close(self) -> None:
        self._stop.set()
        for session in self.sessions.values():
            session.close()
        self._beating.join(5)

    def hush(self) -> None:
        """No heartbeat leaves any more when this returns."""
        with self._speaking:
            self.beats = False

    def say(
        self, message: Message, *, broker: str | None = None, key: SigningKey | None = None, topic: str = ""
    ) -> bytes:
        """Sign and publish something on one broker or all."""
        event = new_event(message, source=center_source("desk"), utc_ns=self.clock.utc_ns())
        payload = seal(event, key or self.key)
        channel = next(channel for channel, messages in CHANNELS.items() if type(message) in messages)
        qos = 0 if channel is Channel.HEARTBEAT else 1
        self.publish(topic or str(Topic(self.campus, channel)), payload, broker, qos)
        return payload

    def publish(self, topic: str, payload: bytes, broker: str | None = None, qos: int = 1) -> None:
        """Raw bytes on one broker or all."""
        for session in [self.sessions[broker]] if broker else self.sessions.values():
            try:
                session.publish(Publication(topic=topic, payload=payload, qos=qos))
            except (NotConnectedError, CongestedError):
                continue

    def receipt_for(self, arrival: Arrival) -> Receipt:
        return Receipt(
            campus=self.campus,
            message_id=arrival.received.event.id,
            digest=arrival.received.digest,
            received_at=rfc3339(self.clock.utc_ns()),
        )

    def _came(self, broker: str, name: str, payload: bytes) -> None:
        topic = parse_topic(name)
        try:
            received = unseal(payload, topic, self._pinned)
        except WireError as error:
            self.refused.append(error)
            return
        arrival = Arrival(broker, topic, payload, received, self.clock.running_ns())
        with self._lock:
            self.arrivals.append(arrival)
            data = received.event.data
            if isinstance(data, Heartbeat):
                self._echoes.setdefault(broker, {})[data.path] = HeartbeatEcho(
                    path=data.path,
                    birth=data.birth,
                    number=data.number,
                    sent_at=received.event.time,
                    received_at=rfc3339(self.clock.utc_ns()),
                )
            if topic.channel in (Channel.ALARM, Channel.DAY):
                self.copies[received.event.id] += 1
            if isinstance(data, AlarmRaised) and received.event.id not in self.alarms:
                self.alarms[received.event.id] = data
        if topic.channel in (Channel.ALARM, Channel.DAY) and self.answers:
            self.say(self.receipt_for(arrival), broker=broker)

    def _beat(self) -> None:
        while not self._stop.wait(0.5):
            with self._speaking:
                if self.beats:
                    self._beat_once()

    def _beat_once(self) -> None:
        for broker in self.sessions:
            with self._lock:
                self._number += 1
                echoes = tuple(self._echoes.get(broker, {}).values())
            self.say(CenterHeartbeat(campus=self.campus, number=self._number, echoes=echoes), broker=broker)
