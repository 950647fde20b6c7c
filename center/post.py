"""Handing the center's words to the brokers without ever holding up whoever says them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from center.voice import Outgoing
from foundation.service import Service
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication

_log = structlog.get_logger("post")

_WAIT_S: Final = 0.2
MOST_WAITING: Final = 20_000
"""Receipts beyond it are dropped: the campus asks for them again."""


class Line(Protocol):
    """What is needed of an MQTT session."""

    def publish(self, publication: Publication, on_accepted: Callable[[Acceptance], None] | None = None) -> None:
        """Hand over; raises NotConnectedError or CongestedError."""


class Post(Service):
    """Sends to one broker in order. Without a connection receipts are let go, for the campus asks again; persons' words
    wait.
    """

    def __init__(self, broker_id: str, line: Line, *, on_receipts: Callable[[Sequence[Outgoing]], None]) -> None:
        """`on_receipts` is told which receipts for alarms have just left."""
        super().__init__(f"post-{broker_id}")
        self._on_receipts = on_receipts
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
            receipts = self._hand_over_all()
            if receipts:
                self._on_receipts(receipts)
            if self.stopping.is_set():
                return
            self._wake.wait(_WAIT_S)

    def _hand_over_all(self) -> list[Outgoing]:
        receipts = []
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
                    receipts.append(outgoing)
            self._waiting.popleft()
        return receipts
