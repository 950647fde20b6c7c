"""A school as the center sees it: speaks the wire through a client of its own, signs, and keeps what it is told."""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Any, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from center.intake import Letter
from foundation.clock import Clock, SystemClock, rfc3339
from foundation.ids import new_id
from tests.center.brokers import Broker
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.envelope import seal, unseal
from uplink.event import ClockQuality, Message, campus_source, new_event
from uplink.messages.alarm import AlarmRaised, Purpose
from uplink.messages.heartbeat import Heartbeat
from uplink.messages.path_state import Birth, Will
from uplink.messages.point_health import Health, PointHealth, Retention
from uplink.signature import PinnedKeys, SigningKey
from uplink.topics import Channel, Topic, campus_subscriptions, parse_topic

MessageT = TypeVar("MessageT", bound=Message)


class School:
    """Makes a school's messages."""

    def __init__(self, campus: str = "school-1", name: str = "第一小学", clock: Clock | None = None) -> None:
        self.campus = campus
        self.name = name
        self.clock = clock or SystemClock()
        self.key = SigningKey(secrets.token_bytes(32))
        self.sequence = 0
        self.birth_number = 1
        self.heartbeats = 0

    def alarm(self, **changes: Any) -> AlarmRaised:
        """A press of the east gate's button."""
        values: dict[str, Any] = {
            "campus": self.campus,
            "alarm_id": new_id(),
            "input": "gate-east",
            "input_name": "东门按钮",
            "place": "东门门卫室",
            "campus_name": self.name,
            "address": "示范市学府路 1 号",
            "gatehouse_phone": "010-5550 0101",
            "pressed_at": rfc3339(self.clock.utc_ns()),
            "boot_id": self.clock.boot_id(),
            "running_ms": self.clock.running_ns() // 1_000_000,
            "purpose": Purpose.REAL,
        }
        return AlarmRaised(**{**values, **changes})

    def point(self, point: str = "gate-east", **changes: Any) -> PointHealth:
        """A point that is well."""
        now = rfc3339(self.clock.utc_ns())
        values: dict[str, Any] = {
            "campus": self.campus,
            "point": point,
            "name": "东门",
            "camera": Health.OK,
            "recording": Health.OK,
            "picture": Health.OK,
            "retention": Retention.ACCRUING,
            "kept_days": 3,
            "checked_at": now,
        }
        return PointHealth(**{**values, **changes})

    def birth(self, path: str = "primary") -> Birth:
        """Said on a connection."""
        return Birth(
            campus=self.campus, path=path, birth=self.birth_number, boot_id=self.clock.boot_id(), software="test 1"
        )

    def heartbeat(self, path: str = "primary", **changes: Any) -> Heartbeat:
        """The next heartbeat."""
        self.heartbeats += 1
        values: dict[str, Any] = {
            "campus": self.campus,
            "path": path,
            "birth": self.birth_number,
            "number": self.heartbeats,
            "boot_id": self.clock.boot_id(),
            "running_ms": self.clock.running_ns() // 1_000_000,
        }
        return Heartbeat(**{**values, **changes})

    def will(self, path: str = "primary", birth: int | None = None, *, orderly: bool = False) -> Will:
        """Left with the broker."""
        return Will(campus=self.campus, path=path, birth=self.birth_number if birth is None else birth, orderly=orderly)

    def sealed(self, message: Message, *, key: SigningKey | None = None) -> bytes:
        """The message signed."""
        event_id = message.alarm_id if isinstance(message, AlarmRaised) else None
        self.sequence += 1
        event = new_event(
            message,
            source=campus_source(message.campus),
            utc_ns=self.clock.utc_ns(),
            clock_quality=ClockQuality.SYNCHRONISED,
            event_id=event_id,
            sequence=self.sequence,
        )
        return seal(event, key or self.key)

    def letter(self, message: Message, *, broker_id: str = "primary", payload: bytes | None = None) -> Letter:
        """The message as a broker hands it over."""
        return Letter(broker_id, str(topic_of(message)), payload or self.sealed(message))


def topic_of(message: Message) -> Topic:
    """Where a campus says such a message."""
    match message:
        case Birth() | Will() | Heartbeat():
            return Topic(message.campus, Channel.STATE, message.path)
        case PointHealth():
            return Topic(message.campus, Channel.POINT, message.point)
        case _:
            channels = {"alarm": Channel.ALARM, "finding": Channel.FINDING, "day": Channel.DAY}
            return Topic(message.campus, channels[message.event_type.split(".")[1]])


class Line:
    """A school's connection to one broker."""

    def __init__(self, broker: Broker, school: School, center_keys: Sequence[str]) -> None:
        self.school = school
        self._keys = PinnedKeys.of(center_keys)
        self._lock = threading.Lock()
        self._heard: list[tuple[str, Message]] = []
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{school.campus}-{broker.id}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,  # back by itself it would end the line that the test opened since
        )
        if broker.tls is not None:
            context = ssl.create_default_context(cafile=str(broker.tls.ca_file))
            context.load_cert_chain(str(broker.tls.certificate_file), str(broker.tls.key_file))
            self._client.tls_set_context(context)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._came
        self._client.on_socket_open = _send_at_once
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._client.subscribe([(topic, 1) for topic in campus_subscriptions(school.campus)])
        assert subscribed.wait(WAIT_AT_MOST_S)

    def say(self, message: Message, *, payload: bytes | None = None, retain: bool = False) -> bytes:
        """Publish a message and wait for the broker's word; returns the bytes."""
        payload = payload or self.school.sealed(message)
        self.say_bytes(str(topic_of(message)), payload, retain=retain)
        return payload

    def say_bytes(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish anything."""
        said = self._client.publish(topic, payload, qos=1, retain=retain)
        said.wait_for_publish(WAIT_AT_MOST_S)
        assert said.is_published()

    def heard(self, kind: type[MessageT]) -> list[MessageT]:
        """What the center said of this kind so far; its signature was checked."""
        with self._lock:
            return [message for _, message in self._heard if isinstance(message, kind)]

    def wait_for(self, kind: type[MessageT], count: int = 1) -> list[MessageT]:
        """Wait until so many have come."""
        wait_until(lambda: len(self.heard(kind)) >= count, what=f"{count} {kind.__name__}")
        return self.heard(kind)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _came(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        received = unseal(bytes(message.payload), parse_topic(message.topic), self._keys)
        with self._lock:
            self._heard.append((received.event.id, received.event.data))


def _send_at_once(_client: mqtt.Client, _data: object, line: Any) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
