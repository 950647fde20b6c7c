"""One broker path of the campus: sends the outbox on it, newest alarm first, and knows whether it carries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from alarms.outbox import Outbox, OutgoingMessage, is_due
from foundation.clock import NS_PER_S, Clock
from foundation.service import Service
from uplink.liveness import CarriedPath, Loss, PathStatus, judge
from uplink.messages.heartbeat import CenterHeartbeat
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication
from uplink.session import MqttSession, SessionState
from uplink.skew import Skew, measure_skew
from uplink.standing import Standing
from uplink.topics import Topic

_log = structlog.get_logger("alarms")

_TICK_S: Final = 1.0
_BUSY_TICK_S: Final = 0.25  # while something waits for its receipt
CENTER_WAS_AWAY_S: Final = 10.0
"""Two missed heartbeats and no receipts, or nothing heard yet: what was sent may be gone and is sent again."""
STALLED_S: Final = 8.0  # a broker answers in milliseconds, a full uplink in seconds
REFUSED_PAUSE_S: Final = 600.0
RECONNECT_PAUSE_S: Final = 20.0  # a path that is cut for giving no receipts is given this long to do better


@dataclass(frozen=True, slots=True, kw_only=True)
class PathReport:
    """How a path stands, for pages and findings."""

    id: str
    host: str
    status: PathStatus
    loss: Loss | None
    session: SessionState
    last_heartbeat_age_s: float | None
    """Since the center was last heard on it."""
    last_echo_age_s: float | None
    """Since the center last said on it that it had heard a new heartbeat of ours: both directions carry."""
    skew: Skew | None
    """The center's clock minus ours; twice its error is how long a heartbeat and its echo travelled."""
    last_acceptance: Acceptance | None
    """The broker's last word on a message: a hint."""
    oldest_unanswered_s: float | None
    """How long the oldest message sent on it has waited for a receipt."""


class AlarmPath(Service):
    """Sends what waits on one session; woken by a new message, a broker's answer or a new connection."""

    def __init__(
        self,
        path_id: str,
        *,
        campus: str,
        outbox: Outbox,
        standing: Standing,
        clock: Clock,
        on_accepted: Callable[[str, OutgoingMessage, Acceptance], None],
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(f"alarm-path-{path_id}")
        self.id = path_id
        self._campus = campus
        self._outbox = outbox
        self._standing = standing
        self._clock = clock
        self._on_accepted = on_accepted
        self._on_change = on_change
        self._session: MqttSession | None = None
        self._wake = threading.Event()
        self._lock = threading.Lock()
        # By message: running clock at the first and the last sending on this connection.
        self._sent: dict[str, tuple[int, int]] = {}
        self._fresh = False
        self._standing_pause_until_ns = 0
        self._carried = CarriedPath(since_ns=clock.running_ns())
        self._last_receipt_ns = 0
        self._center_number = -1
        self._skew: Skew | None = None
        self._last_acceptance: Acceptance | None = None
        self._said_again_ns = 0
        outbox.on_added(self.message_added)
        standing.on_added(self.wake)

    def attach(self, session: MqttSession) -> None:
        """The session to send on; given before `start`, for the session itself reports to this path."""
        self._session = session

    # ── told by others ─────────────────────────────────────────────────────────────────────────────────────────────
    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def message_added(self) -> None:
        """There is something new in the outbox: it may go before what is being sent."""
        self._fresh = True
        self._wake.set()
        if self._session is not None and not self._session.connected and self._outbox.alarm_waits():
            self._session.hurry()

    def session_changed(self) -> None:
        """The connection came or went."""
        connected = self._session is not None and self._session.connected
        with self._lock:
            self._sent.clear()  # what was in flight on the old connection may be lost
            self._carried = replace(self._carried, connected=connected)
        self._standing.connection_changed(self.id)
        self._wake.set()
        self._on_change()

    def heard(self, beat: CenterHeartbeat, said_at: str, heard_utc_ns: int) -> None:
        """The center's heartbeat came on this path."""
        now_ns = self._clock.running_ns()
        echo = next((echo for echo in beat.echoes if echo.path == self.id), None)
        skew = measure_skew(echo, center_said_at=said_at, heard_utc_ns=heard_utc_ns) if echo is not None else None
        with self._lock:
            last_ns = self._carried.last_beat_ns
            was_away = (
                beat.number < self._center_number
                or last_ns is None
                or now_ns - max(last_ns, self._last_receipt_ns) > CENTER_WAS_AWAY_S * NS_PER_S
            )
            self._center_number = beat.number
            self._carried = replace(self._carried, last_beat_ns=now_ns)
            if echo is not None:
                self._carried = replace(self._carried, last_echo_ns=now_ns)
            self._skew = skew or self._skew
            if was_away:
                self._sent.clear()
        if was_away:
            _log.info("the center is heard (again)", path=self.id)
            self._wake.set()

    def receipt_came(self, message_id: str) -> None:
        """A receipt was heard on this path, so it carries alarms."""
        with self._lock:
            self._sent.pop(message_id, None)
            self._last_receipt_ns = self._clock.running_ns()

    def say(self, publication: Publication, on_accepted: Callable[[Acceptance], None]) -> None:
        """Hand over what is neither alarm nor standing (a late answer to a command).

        Raises NotConnectedError, CongestedError.
        """
        assert self._session is not None
        self._session.publish(publication, on_accepted)

    # ── what is known ──────────────────────────────────────────────────────────────────────────────────────────────
    def report(self) -> PathReport:
        """How it stands now."""
        assert self._session is not None
        now_ns = self._clock.running_ns()
        with self._lock:
            carried = replace(self._carried, unanswered_since_ns=self._unanswered_since_ns())
            skew, acceptance = self._skew, self._last_acceptance
            alarm_since_ns = self._unanswered_since_ns(alarms_only=True)
        verdict = judge(carried, now_ns)
        return PathReport(
            id=self.id,
            host=f"{self._session.broker.host}:{self._session.broker.port}",
            status=verdict.status,
            loss=verdict.loss,
            session=self._session.state,
            last_heartbeat_age_s=None if carried.last_beat_ns is None else (now_ns - carried.last_beat_ns) / NS_PER_S,
            last_echo_age_s=None if carried.last_echo_ns is None else (now_ns - carried.last_echo_ns) / NS_PER_S,
            skew=skew,
            last_acceptance=acceptance,
            oldest_unanswered_s=(None if alarm_since_ns is None else (now_ns - alarm_since_ns) / NS_PER_S),
        )

    def _unanswered_since_ns(self, *, alarms_only: bool = False) -> int | None:
        # With a hundred in the queue each waits its turn; as long as receipts come at all, the path carries.
        waiting = [
            first_ns
            for message_id, (first_ns, _) in self._sent.items()
            if not alarms_only or self._is_alarm(message_id)
        ]
        return max(min(waiting), self._last_receipt_ns) if waiting else None

    def _is_alarm(self, message_id: str) -> bool:
        # A sealed day waits for its receipt too, and nobody needs to phone 110 for it.
        message = self._outbox.get(message_id)
        return message is not None and message.alarm_id is not None

    # ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _loop(self) -> None:
        while not self.stopping.is_set():
            self._wake.wait(_BUSY_TICK_S if self._outbox.waiting() else _TICK_S)
            self._wake.clear()
            if self._session is not None and self._session.connected and not self.stopping.is_set():
                try:
                    if self._send_outbox():
                        self._send_standing()
                except (NotConnectedError, CongestedError) as error:
                    _log.debug("sending pauses", path=self.id, reason=str(error))
                self._cut_if_useless()

    def close(self) -> None:
        self.stopping.set()
        self._wake.set()
        super().close()

    def _send_outbox(self) -> bool:
        """Send what is due; False if it must be looked at afresh because something newer came meanwhile."""
        self._fresh = False
        waiting = self._outbox.in_order()
        with self._lock:
            ids = {message.id for message in waiting}
            for gone in [message_id for message_id in self._sent if message_id not in ids]:
                del self._sent[gone]
        for place, message in enumerate(waiting):
            if self._fresh:
                return False
            now_ns = self._clock.running_ns()
            first_ns, last_ns = self._sent.get(message.id, (now_ns, None))
            if last_ns is not None and not is_due(
                place=place,
                sent_ns=last_ns,
                heard_ns=self._carried.last_beat_ns,
                last_receipt_ns=self._last_receipt_ns,
                now_ns=now_ns,
            ):
                continue
            if last_ns is not None and self._outbox.get(message.id) is None:
                continue
            with self._lock:
                self._sent[message.id] = (first_ns, now_ns)
            try:
                self._publish(message)
            except (NotConnectedError, CongestedError):
                with self._lock:
                    if last_ns is None:
                        self._sent.pop(message.id, None)
                    else:
                        self._sent[message.id] = (first_ns, last_ns)
                raise
        return True

    def _publish(self, message: OutgoingMessage) -> None:
        assert self._session is not None

        def accepted(acceptance: Acceptance) -> None:
            self._last_acceptance = acceptance
            self._wake.set()
            self._on_accepted(self.id, message, acceptance)

        self._session.publish(
            Publication(topic=str(Topic(self._campus, message.channel)), payload=message.payload), accepted
        )

    def _send_standing(self) -> None:
        assert self._session is not None
        if self._clock.running_ns() < self._standing_pause_until_ns:
            return
        for word, publication in self._standing.due(self.id):
            if self._fresh:
                return
            self._session.publish(publication, self._standing_answered)
            self._standing.said(self.id, word)

    def _standing_answered(self, acceptance: Acceptance) -> None:
        if acceptance.refused:
            # Some brokers close the line after a refusal: repeating it at once would keep alarms from this path.
            self._last_acceptance = acceptance
            self._standing_pause_until_ns = self._clock.running_ns() + round(REFUSED_PAUSE_S * NS_PER_S)
        self._wake.set()

    def _cut_if_useless(self) -> None:
        # A stalled line looks alive to paho, and a broker may have lost our session: a new connection helps both.
        assert self._session is not None
        if self._session.owed_s() > STALLED_S:
            self._session.reconnect(f"the broker has not answered for {STALLED_S:g} s")
            return
        now_ns = self._clock.running_ns()
        with self._lock:
            carried = replace(self._carried, unanswered_since_ns=self._unanswered_since_ns())
        verdict = judge(carried, now_ns)
        lasted_ns = now_ns - max(self._session.state.since_running_ns, self._said_again_ns)
        if verdict.loss in (Loss.NOT_HEARD, Loss.NO_RECEIPTS) and lasted_ns > RECONNECT_PAUSE_S * NS_PER_S:
            self._said_again_ns = now_ns
            _log.warning("reconnecting a path that does not carry", path=self.id, loss=verdict.loss)
            self._session.reconnect(f"the path does not carry: {verdict.loss}")
