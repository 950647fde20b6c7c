"""One MQTT session with one broker, for either end: connects again by itself, never holds up whoever publishes.

What must not be lost lies in the outbox and is sent again from there.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from config.broker_path import BrokerPath
from foundation.clock import NS_PER_S, Clock
from foundation.service import Service
from uplink.backoff import URGENT_CAP_S, Backoff
from uplink.connection import AcceptanceHandler, Connection, Login, MessageHandler, Protocol
from uplink.messages.heartbeat import PERIOD_S
from uplink.presence import Presence, Unseen
from uplink.publication import CongestedError, NotConnectedError, Publication

_log = structlog.get_logger("uplink")

CONNECT_TIMEOUT_S: Final = 5.0
URGENT_CONNECT_TIMEOUT_S: Final = 2.5
"""While an alarm waits: a first packet swallowed by a line that is mended meanwhile must not cost five seconds."""
SILENCES: Final = 6
"""A broker that has spoken version 5 and then is silent so often in a row may have been replaced by an older one."""
STABLE_S: Final = 5.0  # a broker that accepts and drops at once counts as failing
FAREWELL_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """How the connection stands; `since_running_ns` is when it last changed."""

    connected: bool
    protocol: Protocol | None
    since_running_ns: int
    last_error: str
    connections: int
    """How many have succeeded so far."""


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
        self._connection: Connection | None = None
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
        connection.publish(publication, on_accepted)

    def owed_s(self) -> float:
        """How long the broker has owed the answer to a message; 0 if it owes none."""
        connection = self._connection
        return 0.0 if connection is None else connection.owed_s()

    def hurry(self) -> None:
        """An alarm waits: cut a long pause before the next try short."""
        self._hurry.set()

    def reconnect(self, reason: str) -> None:
        """Drop the connection, which looks alive and is not, and make a new one."""
        connection = self._connection
        if connection is not None:
            connection.cut(reason)

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
                if self._speaks_5 or not self._urgent():
                    self._protocol = "5"  # a slow answer may have passed for an old broker's silence
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

    def _connect(self) -> Connection | None:
        self._version_refused = False
        timeout_s = URGENT_CONNECT_TIMEOUT_S if self._urgent() else CONNECT_TIMEOUT_S
        try:
            connection = Connection(
                self.broker,
                protocol=self._protocol,
                client_id=self._client_id,
                clock=self._clock,
                on_message=self._on_message,
                login=self._login,
                will=self._presence.will(),
            )
            connection.dial(timeout_s)
        except (OSError, ValueError) as error:  # ValueError: paho's word for an address it cannot use
            self._failed(f"{type(error).__name__}: {error}")
            return None
        if connection.is_accepted(never_met=self._protocol == "5" and not (self._speaks_5 or self._silences)):
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
        connection.drop()
        return None

    def _serve(self, connection: Connection) -> None:
        connection.subscribe(self._subscriptions)
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
        connection.drop()
        self._changed(connected=False, error=connection.reason)
        _log.info("disconnected", broker=self.broker.id, reason=connection.reason)

    def _say_farewell(self, connection: Connection) -> None:
        farewell = self._presence.farewell()
        said = threading.Event()
        if farewell is not None:
            try:
                connection.publish(farewell, lambda _: said.set())
            except (NotConnectedError, CongestedError) as error:
                _log.info("no farewell could be said", broker=self.broker.id, error=str(error))
            else:
                said.wait(FAREWELL_S)
        connection.disconnect()
        connection.ended.wait(FAREWELL_S)  # the broker closes the line when it has read DISCONNECT and dropped the will

    def _say(self, connection: Connection, publication: Publication | None) -> None:
        if publication is not None:
            try:
                connection.publish(publication, None)
            except (NotConnectedError, CongestedError) as error:
                _log.info("a word of state was not said", broker=self.broker.id, error=str(error))

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
