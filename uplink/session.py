"""One MQTT session with one broker, for either end: connects again by itself, never holds up whoever publishes.

Every connection has a paho client of its own. So paho never sends later what was refused now, and never reconnects in
step with other campuses (field notes); what must not be lost lies in the outbox and is sent again from there.
"""

from __future__ import annotations

import os
import random
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
from foundation.service import Service
from uplink.backoff import URGENT_CAP_S, Backoff
from uplink.messages.heartbeat import PERIOD_S
from uplink.presence import Presence, Unseen
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication

_log = structlog.get_logger("uplink")

KEEPALIVE_S: Final = 5
"""A half-open link is noticed after one unanswered ping: 10 s at the most."""
CONNECT_TIMEOUT_S: Final = 5.0
URGENT_CONNECT_TIMEOUT_S: Final = 2.5
"""While an alarm waits: a first packet swallowed by a line that is mended meanwhile must not cost five seconds."""
CONNACK_TIMEOUT_S: Final = 3.0  # some 3.1.1 brokers answer version 5 with silence; an alarm may wait behind it
SILENCES: Final = 6
"""A broker that has spoken version 5 and then is silent so often in a row may have been replaced by an older one."""
STABLE_S: Final = 5.0  # a broker that accepts and drops at once counts as failing
IN_FLIGHT: Final = 20  # Mosquitto's own limit; a message beyond it would wait behind others inside paho
FAREWELL_S: Final = 1.0
SESSION_EXPIRY_S: Final = 7 * 86_400  # acknowledgements and commands wait this long for a campus that is away

Protocol = Literal["5", "3.1.1"]
MessageHandler = Callable[[str, bytes], None]
AcceptanceHandler = Callable[[Acceptance], None]


@dataclass(frozen=True, slots=True)
class Login:
    """User and password at the broker, beside or instead of a client certificate."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """How the connection stands; `since_running_ns` is when it last changed."""

    connected: bool
    protocol: Protocol | None
    since_running_ns: int
    last_error: str
    connections: int
    """How many have succeeded so far."""


class _Connection:
    """One paho client and what is in flight on it."""

    def __init__(self, client: mqtt.Client) -> None:
        self.client = client
        self.answered = threading.Event()  # CONNACK came, or the connection ended before it
        self.ended = threading.Event()
        self.wake = threading.Event()  # ended, or asked to end
        self.accepted = False
        self.reason = ""
        self.version_refused = False
        self.in_flight: dict[int, tuple[int, AcceptanceHandler | None]] = {}  # by number: running clock when sent
        self.early: dict[int, Acceptance] = {}  # PUBACKs that overtook the return of publish()
        self.owed = 0
        # Never held while paho is called: paho calls back with locks of its own held, and waits for them in publish().
        self.lock = threading.Lock()
        self.line: socket.socket | None = None

    def end(self, reason: str) -> None:
        """Note that it is over; the first reason is the one to show."""
        self.reason = self.reason or reason
        self.ended.set()
        self.answered.set()
        self.wake.set()

    def cut(self) -> None:
        """End the TCP connection from any thread, also while it hangs."""
        if self.line is not None:
            try:
                self.line.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                _log.debug("the line was already cut", error=str(error))


class MqttSession(Service):
    """Connects, subscribes, says birth and heartbeats, hands on what comes; tries again for ever.

    `on_message(topic, payload)` and `on_change()` are called on the network thread and must return at once.
    `urgent()` says whether an alarm waits: then it is tried again within 2 s at most.
    """

    def __init__(
        self,
        broker: BrokerPath,
        *,
        client_id: str,
        clock: Clock,
        on_message: MessageHandler,
        subscriptions: Sequence[str] = (),
        login: Login | None = None,
        presence: Presence | None = None,
        urgent: Callable[[], bool] = lambda: False,
        on_change: Callable[[], None] = lambda: None,
        jitter: random.Random | None = None,
    ) -> None:
        super().__init__(f"mqtt-{broker.id}")
        self.broker = broker
        self._client_id = client_id  # the same for ever: a second id would let an old session's will win
        self._clock = clock
        self._on_message = on_message
        self._subscriptions = tuple(subscriptions)
        self._login = login
        self._presence: Presence = presence or Unseen()
        self._urgent = urgent
        self._on_change = on_change
        self._backoff = Backoff(jitter or random.Random())
        self._protocol: Protocol = "5"
        self._version_refused = False
        self._speaks_5 = False
        self._silences = 0
        self._connection: _Connection | None = None
        self._hurry = threading.Event()
        self._state = SessionState(
            connected=False, protocol=None, since_running_ns=clock.running_ns(), last_error="", connections=0
        )

    # ── for other threads ──────────────────────────────────────────────────────────────────────────────────────────
    @property
    def state(self) -> SessionState:
        """How it stands now."""
        return self._state

    @property
    def connected(self) -> bool:
        """True while a broker has accepted the connection and it has not ended."""
        return self._connection is not None

    def publish(self, publication: Publication, on_accepted: AcceptanceHandler | None = None) -> None:
        """Hand a message to the connection; returns at once, also on a stalled line.

        `on_accepted` is called, usually on the network thread, with the broker's word, if it ever comes. Raises
        NotConnectedError or CongestedError, and then the message was not and will not be sent.
        """
        connection = self._connection
        if connection is None:
            raise NotConnectedError(f"no connection to broker {self.broker.id}")
        self._publish(connection, publication, on_accepted)

    def owed_s(self) -> float:
        """How long the broker has owed the answer to a message; 0 if it owes none."""
        connection = self._connection
        if connection is None:
            return 0.0
        with connection.lock:
            oldest_ns = min((sent_ns for sent_ns, _ in connection.in_flight.values()), default=None)
        return 0.0 if oldest_ns is None else (self._clock.running_ns() - oldest_ns) / NS_PER_S

    def hurry(self) -> None:
        """An alarm waits: cut a long pause before the next try short."""
        self._hurry.set()

    def reconnect(self, reason: str) -> None:
        """Drop the connection, which looks alive and is not, and make a new one."""
        connection = self._connection
        if connection is not None:
            connection.reason = connection.reason or reason
            connection.cut()

    def close(self) -> None:
        self.stopping.set()
        self._hurry.set()
        connection = self._connection
        if connection is not None:
            connection.wake.set()
        super().close()

    # ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _loop(self) -> None:
        while not self.stopping.is_set():
            began_ns = self._clock.running_ns()
            connection = self._connect()
            if connection is None and self._version_refused and not self.stopping.is_set():
                connection = self._connect()  # it is there and named what is wrong: no reason to wait
            if connection is not None:
                self._serve(connection)
                if self._speaks_5:
                    self._protocol = "5"
                if self._clock.running_ns() - began_ns > STABLE_S * NS_PER_S:
                    self._backoff.failures = 0
            if not self.stopping.is_set():
                self._pause()

    def _pause(self) -> None:
        self._hurry.clear()
        waited = self._hurry.wait(self._backoff.draw_s(urgent=self._urgent()))
        if waited and not self.stopping.is_set():
            # Hurried while waiting; still with jitter, for a broker that is back is asked by everybody.
            self.stopping.wait(min(URGENT_CAP_S, self._backoff.draw_s(urgent=True)))
        self._backoff.failures += 1

    def _connect(self) -> _Connection | None:
        self._version_refused = False
        try:
            connection = self._dial()
        except (OSError, ValueError) as error:  # ValueError: paho's word for an address it cannot use
            self._failed(f"{type(error).__name__}: {error}")
            return None
        connection.client.loop_start()
        connection.answered.wait(CONNACK_TIMEOUT_S)
        if connection.accepted and not connection.ended.is_set():
            self._speaks_5 |= self._protocol == "5"
            self._silences = 0
            return connection
        # A 3.1.1 broker answers version 5 in many ways: an odd CONNACK, silence, a closed line. So whatever failed
        # after the line stood is tried with the other version next, unless the broker gave a reason of its own. One
        # that has spoken 5 is stalled rather: on 3.1.1 its refusals would look like acceptances from then on.
        self._version_refused = connection.version_refused
        self._silences = 0 if connection.reason else self._silences + 1
        if connection.version_refused or (self._silences and not self._speaks_5):
            self._protocol = "3.1.1" if self._protocol == "5" else "5"
        elif self._speaks_5:
            self._protocol = "3.1.1" if self._silences and self._silences % SILENCES == 0 else "5"
        self._failed(connection.reason or "the broker ended the connection before accepting it")
        self._drop(connection)
        return None

    def _serve(self, connection: _Connection) -> None:
        if self._subscriptions:
            connection.client.subscribe([(topic, 1) for topic in self._subscriptions])
        self._say(connection, self._presence.birth())
        self._connection = connection
        self._changed(connected=True, error="")
        _log.info("connected", broker=self.broker.id, protocol=self._protocol)
        while not connection.ended.is_set() and not self.stopping.is_set():
            self._say(connection, self._presence.heartbeat())
            connection.wake.wait(PERIOD_S)
        if self.stopping.is_set():
            self._say_farewell(connection)
        self._connection = None
        self._drop(connection)
        self._changed(connected=False, error=connection.reason)
        _log.info("disconnected", broker=self.broker.id, reason=connection.reason)

    def _say_farewell(self, connection: _Connection) -> None:
        farewell = self._presence.farewell()
        said = threading.Event()
        if farewell is not None:
            try:
                self._publish(connection, farewell, lambda _: said.set())
            except (NotConnectedError, CongestedError) as error:
                _log.info("no farewell could be said", broker=self.broker.id, error=str(error))
            else:
                said.wait(FAREWELL_S)
        connection.client.disconnect()
        connection.ended.wait(FAREWELL_S)  # the broker closes the line when it has read DISCONNECT and dropped the will

    def _say(self, connection: _Connection, publication: Publication | None) -> None:
        if publication is not None:
            try:
                self._publish(connection, publication, None)
            except (NotConnectedError, CongestedError) as error:
                _log.info("a word of state was not said", broker=self.broker.id, error=str(error))

    def _publish(
        self, connection: _Connection, publication: Publication, on_accepted: AcceptanceHandler | None
    ) -> None:
        with connection.lock:
            if connection.ended.is_set():
                raise NotConnectedError(f"the connection to broker {self.broker.id} has ended")
            if publication.qos:
                if connection.owed >= IN_FLIGHT:
                    raise CongestedError(f"broker {self.broker.id} owes {connection.owed} answers")
                connection.owed += 1
        info = connection.client.publish(publication.topic, publication.payload, publication.qos, publication.retain)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            # paho keeps it and would send it on its next connection, which this client will never have.
            raise NotConnectedError(f"broker {self.broker.id}: {mqtt.error_string(info.rc)}")
        if publication.qos:
            with connection.lock:
                acceptance = connection.early.pop(info.mid, None)
                if acceptance is None:
                    connection.in_flight[info.mid] = (self._clock.running_ns(), on_accepted)
            if acceptance is not None and on_accepted is not None:
                on_accepted(acceptance)

    def _drop(self, connection: _Connection) -> None:
        connection.ended.set()
        connection.cut()
        connection.client.disconnect()  # so that paho's thread ends even with messages unanswered
        connection.client.loop_stop()
        if connection.line is not None:
            connection.line.close()

    def _failed(self, error: str) -> None:
        if error != self._state.last_error:
            _log.warning("no connection", broker=self.broker.id, host=self.broker.host, error=error)
        self._changed(connected=False, error=error)

    def _changed(self, *, connected: bool, error: str) -> None:
        before = self._state
        self._state = SessionState(
            connected=connected,
            protocol=self._protocol if connected else before.protocol,
            since_running_ns=(before.since_running_ns if connected == before.connected else self._clock.running_ns()),
            last_error=error,
            connections=before.connections + (1 if connected else 0),
        )
        self._on_change()

    # ── paho ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _dial(self) -> _Connection:
        version5 = self._protocol == "5"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if version5 else False,
            protocol=mqtt.MQTTv5 if version5 else mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = URGENT_CONNECT_TIMEOUT_S if self._urgent() else CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        if self._login is not None:
            client.username_pw_set(self._login.user, self._login.password)
        if self.broker.tls is not None:
            tls = self.broker.tls
            context = ssl.create_default_context(cafile=str(tls.ca_file))
            context.load_cert_chain(str(tls.certificate_file), str(tls.key_file))
            client.tls_set_context(context)
        will = self._presence.will()
        if will is not None:
            client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)
        connection = _Connection(client)
        self._listen(client, connection)
        options: dict[str, Any] = {"keepalive": KEEPALIVE_S, "bind_address": self.broker.bind_address or ""}
        if version5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            options |= {"clean_start": False, "properties": properties}
        try:
            client.connect(self.broker.host, self.broker.port, **options)
        except BaseException:
            if connection.line is not None:
                connection.line.close()
            raise
        return connection

    def _listen(self, client: mqtt.Client, connection: _Connection) -> None:
        def opened(_client: mqtt.Client, _data: object, line: Any) -> None:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an alarm is small and must not wait for more
            connection.line = socket.socket(fileno=os.dup(line.fileno()))

        def answered(
            _client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _p: object
        ) -> None:
            if code.is_failure:
                connection.reason = f"the broker refused the connection: {code}"
                connection.version_refused = code.value == _UNSUPPORTED_VERSION
            connection.accepted = not code.is_failure
            connection.answered.set()

        def subscribed(_client: mqtt.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: object) -> None:
            for topic, code in zip(self._subscriptions, codes, strict=False):
                if code.is_failure:
                    _log.error("the broker refused a subscription", broker=self.broker.id, topic=topic, code=str(code))

        def published(_client: mqtt.Client, _data: object, mid: int, code: ReasonCode, _p: object) -> None:
            acceptance, handler = Acceptance(code.value, str(code)), None
            with connection.lock:
                connection.owed -= 1
                if mid in connection.in_flight:
                    _, handler = connection.in_flight.pop(mid)
                else:
                    connection.early[mid] = acceptance
            if handler is not None:
                handler(acceptance)

        def came(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
            try:
                self._on_message(message.topic, bytes(message.payload))
            except BaseException as error:
                # paho's thread dies of it; a connection that nobody serves must not pass for alive.
                connection.end(f"{type(error).__name__} while taking a message: {error}")
                raise

        def ended(_client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _p: object) -> None:
            connection.end(f"the connection ended: {code}" if connection.accepted else "")

        client.on_socket_open = opened
        client.on_connect = answered
        client.on_subscribe = subscribed
        client.on_publish = published
        client.on_message = came
        client.on_disconnect = ended


_UNSUPPORTED_VERSION: Final = 132
