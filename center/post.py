"""Handing the center's words to the brokers without ever holding up whoever says them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from center.voice import Outgoing
from foundation.clock import NS_PER_S, Clock
from foundation.service import Service
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication

_log = structlog.get_logger("post")

_WAIT_S: Final = 0.2
MOST_WAITING: Final = 20_000
"""Receipts beyond it are dropped: the campus asks for them again."""
NOTED_WITHIN_NS: Final = NS_PER_S // 2
"""That a receipt has left is written down when the line is quiet, or so much later: written at once it would hold up
the next alarm's way to the disk."""


@dataclass(frozen=True, slots=True)
class Left:
    """A receipt for an alarm that was handed to a broker."""

    receipt: Outgoing
    left_utc_ns: int


class Line(Protocol):
    """What is needed of an MQTT session."""

    def publish(self, publication: Publication, on_accepted: Callable[[Acceptance], None] | None = None) -> None:
        """Hand over; raises NotConnectedError or CongestedError."""


class Post(Service):
    """Sends to one broker in order. Without a connection receipts are let go, for the campus asks again; persons' words
    wait.
    """

    def __init__(
        self, broker_id: str, line: Line, clock: Clock, *, on_receipts: Callable[[Sequence[Left]], None]
    ) -> None:
        """`on_receipts` is told which receipts for alarms have left, soon after."""
        super().__init__(f"post-{broker_id}")
        self._clock = clock
        self._on_receipts = on_receipts
        self._left: list[Left] = []
        self._unnoted_since_ns = 0
        self.broker_id = broker_id
        self._line = line
        self._waiting: deque[Outgoing] = deque(maxlen=MOST_WAITING)
        self._kept: list[Outgoing] = []
        self._wake = threading.Event()

    def send(self, outgoing: Outgoing) -> None:
        """Queue a message; returns at once."""
        self._waiting.append(outgoing)
        self._wake.set()

    def close(self) -> None:
        self.stopping.set()
        self._wake.set()
        super().close()

    def _loop(self) -> None:
        # A last round after `stopping`: a receipt for what is stored should still leave.
        while True:
            self._wake.clear()
            self._hand_over_all()
            if self.stopping.is_set() or self._clock.running_ns() - self._unnoted_since_ns > NOTED_WITHIN_NS:
                self._note()
            if self.stopping.is_set():
                return
            if not self._wake.wait(_WAIT_S):
                self._note()

    def _note(self) -> None:
        if self._left:
            self._on_receipts(tuple(self._left))
            self._left.clear()

    def _hand_over_all(self) -> None:
        self._waiting.extend(self._kept)
        self._kept.clear()
        while self._waiting:
            outgoing = self._waiting[0]
            publication = Publication(topic=str(outgoing.topic), payload=outgoing.payload, qos=outgoing.qos)
            try:
                self._line.publish(publication, lambda _: self._wake.set())
            except CongestedError:
                break  # the broker's next answer wakes this loop
            except NotConnectedError as error:
                _log.debug("not sent", topic=str(outgoing.topic), keep=outgoing.keep, error=str(error))
                if outgoing.keep:
                    self._kept.append(outgoing)
            else:
                if outgoing.receipt_for_alarm is not None:
                    self._remember(outgoing)
            self._waiting.popleft()

    def _remember(self, receipt: Outgoing) -> None:
        if not self._left:
            self._unnoted_since_ns = self._clock.running_ns()
        self._left.append(Left(receipt, self._clock.utc_ns()))
