"""One connection with one broker through one paho client: dialled once, never again, and what is in flight on it.

Every connection has a client of its own. So paho never sends later what was refused now, and never reconnects in step
with other campuses (field notes).
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.broker_path import BrokerPath
from foundation.clock import NS_PER_S, Clock
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication

_log = structlog.get_logger("uplink")

KEEPALIVE_S: Final = 5
"""A half-open link is noticed after one unanswered ping: 10 s at the most."""
CONNACK_TIMEOUT_S: Final = 3.0
FIRST_CONNACK_TIMEOUT_S: Final = 1.5
"""Of a broker never met: some of version 3.1.1 answer version 5 with silence, and an alarm may wait behind it."""
_ANSWER_BY_DIAL: Final = 3.0  # opening the line takes two round trips or more, the answer to CONNECT one
IN_FLIGHT: Final = 20  # Mosquitto's own limit; a message beyond it would wait behind others inside paho
SESSION_EXPIRY_S: Final = 7 * 86_400  # acknowledgements and commands wait this long for a campus that is away
_UNSUPPORTED_VERSION: Final = 132

Protocol = Literal["5", "3.1.1"]
MessageHandler = Callable[[str, bytes], None]
AcceptanceHandler = Callable[[Acceptance], None]


@dataclass(frozen=True, slots=True)
class Login:
    """User and password at the broker, beside or instead of a client certificate."""

    user: str
    password: str


class Connection:
    """`answered`, `ended` and `wake` may be waited for; everything else is said or asked from any thread."""

    def __init__(
        self,
        broker: BrokerPath,
        *,
        protocol: Protocol,
        client_id: str,
        clock: Clock,
        on_message: MessageHandler,
        login: Login | None,
        will: Publication | None,
    ) -> None:
        """`on_message(topic, payload)` is called on the network thread and must return at once."""
        self.broker = broker
        self._clock = clock
        self._on_message = on_message
        self._answered = threading.Event()  # CONNACK came, or the connection ended before it
        self.ended = threading.Event()
        self.wake = threading.Event()
        """Ended, or asked to end."""
        self.accepted = False
        self.reason = ""
        """Why it ended or was refused; the first that was named."""
        self.version_refused = False
        self._subscriptions: tuple[str, ...] = ()
        self._in_flight: dict[int, tuple[int, AcceptanceHandler | None]] = {}  # by number: running clock when sent
        self._early: dict[int, Acceptance] = {}  # PUBACKs that overtook the return of publish()
        self._owed = 0
        # Never held while paho is called: paho calls back with locks of its own held, and waits for them in publish().
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._version5 = protocol == "5"
        self._dial_s = 0.0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._version5 else False,
            protocol=mqtt.MQTTv5 if self._version5 else mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.max_inflight_messages_set(IN_FLIGHT)
        if login is not None:
            self._client.username_pw_set(login.user, login.password)
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)
        self._client.on_socket_open = self._opened
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_publish = self._published
        self._client.on_message = self._came
        self._client.on_disconnect = self._disconnected

    # ── its life ───────────────────────────────────────────────────────────────────────────────────────────────────
    def dial(self, timeout_s: float) -> None:
        """Open the line and say CONNECT. Raises OSError, or ValueError for an address that paho cannot use."""
        if self.broker.tls is not None:
            tls = self.broker.tls
            context = ssl.create_default_context(cafile=str(tls.ca_file))
            context.load_cert_chain(str(tls.certificate_file), str(tls.key_file))
            self._client.tls_set_context(context)
        options: dict[str, Any] = {"keepalive": KEEPALIVE_S, "bind_address": self.broker.bind_address or ""}
        if self._version5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            options |= {"clean_start": False, "properties": properties}
        self._client.connect_timeout = timeout_s
        began_ns = self._clock.running_ns()
        try:
            self._client.connect(self.broker.host, self.broker.port, **options)
        except BaseException:
            if self._line is not None:
                self._line.close()
            raise
        self._dial_s = (self._clock.running_ns() - began_ns) / NS_PER_S

    def is_accepted(self, *, never_met: bool) -> bool:
        """Wait for the broker's answer; False if it refused, ended the line or said nothing.

        It is given three seconds; half of them if it was never met and the line opened quickly.
        """
        first_s = max(FIRST_CONNACK_TIMEOUT_S, _ANSWER_BY_DIAL * self._dial_s)
        self._client.loop_start()
        self._answered.wait(min(CONNACK_TIMEOUT_S, first_s) if never_met else CONNACK_TIMEOUT_S)
        return self.accepted and not self.ended.is_set()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics; a refusal is logged."""
        self._subscriptions = tuple(topics)
        if self._subscriptions:
            self._client.subscribe([(topic, 1) for topic in self._subscriptions])

    def disconnect(self) -> None:
        """Say DISCONNECT: the broker then drops the will and ends the line."""
        self._client.disconnect()

    def cut(self, reason: str = "") -> None:
        """End the TCP connection from any thread, also while it hangs."""
        self.reason = self.reason or reason
        if self._line is not None:
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                _log.debug("the line was already cut", error=str(error))

    def drop(self) -> None:
        """Let go of line and thread; it cannot be used again."""
        self.ended.set()
        self.cut()
        self._client.disconnect()  # so that paho's thread ends even with messages unanswered
        self._client.loop_stop()
        if self._line is not None:
            self._line.close()

    # ── what goes out ──────────────────────────────────────────────────────────────────────────────────────────────
    def publish(self, publication: Publication, on_accepted: AcceptanceHandler | None) -> None:
        """Hand a message over; returns at once. Raises NotConnectedError or CongestedError: then it was not sent."""
        with self._lock:
            if self.ended.is_set():
                raise NotConnectedError(f"the connection to broker {self.broker.id} has ended")
            if publication.qos:
                if self._owed >= IN_FLIGHT:
                    raise CongestedError(f"broker {self.broker.id} owes {self._owed} answers")
                self._owed += 1
        info = self._client.publish(publication.topic, publication.payload, publication.qos, publication.retain)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            # paho keeps it and would send it on its next connection, which this client will never have.
            raise NotConnectedError(f"broker {self.broker.id}: {mqtt.error_string(info.rc)}")
        if publication.qos:
            with self._lock:
                acceptance = self._early.pop(info.mid, None)
                if acceptance is None:
                    self._in_flight[info.mid] = (self._clock.running_ns(), on_accepted)
            if acceptance is not None and on_accepted is not None:
                on_accepted(acceptance)

    def owed_s(self) -> float:
        """How long the broker has owed the answer to a message; 0 if it owes none."""
        with self._lock:
            oldest_ns = min((sent_ns for sent_ns, _ in self._in_flight.values()), default=None)
        return 0.0 if oldest_ns is None else (self._clock.running_ns() - oldest_ns) / NS_PER_S

    # ── paho's callbacks, on its network thread ────────────────────────────────────────────────────────────────────
    def _end(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.ended.set()
        self._answered.set()
        self.wake.set()

    def _opened(self, _client: mqtt.Client, _data: object, line: Any) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an alarm is small and must not wait for more
        self._line = socket.socket(fileno=os.dup(line.fileno()))

    def _connected(
        self, _client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _p: object
    ) -> None:
        if code.is_failure:
            self.reason = f"the broker refused the connection: {code}"
            self.version_refused = code.value == _UNSUPPORTED_VERSION
        self.accepted = not code.is_failure
        self._answered.set()

    def _subscribed(self, _client: mqtt.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: object) -> None:
        for topic, code in zip(self._subscriptions, codes, strict=False):
            if code.is_failure:
                _log.error("the broker refused a subscription", broker=self.broker.id, topic=topic, code=str(code))

    def _published(self, _client: mqtt.Client, _data: object, mid: int, code: ReasonCode, _p: object) -> None:
        acceptance, handler = Acceptance(code.value, str(code)), None
        with self._lock:
            self._owed -= 1
            if mid in self._in_flight:
                _, handler = self._in_flight.pop(mid)
            else:
                self._early[mid] = acceptance
        if handler is not None:
            handler(acceptance)

    def _came(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            self._on_message(message.topic, bytes(message.payload))
        except BaseException as error:
            # paho's thread dies of it; a connection that nobody serves must not pass for alive.
            self._end(f"{type(error).__name__} while taking a message: {error}")
            raise

    def _disconnected(self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _p: object) -> None:
        self._end(f"the connection ended: {code}" if self.accepted else "")
