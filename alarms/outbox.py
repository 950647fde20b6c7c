"""The outbox: what waits for the center's receipt, in the order in which it is sent; the disk holds the same."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from foundation.clock import NS_PER_S
from foundation.sqlite import Transaction
from uplink.topics import Channel

RESEND_S: Final = 5.0
"""Without a receipt for so long a message is sent again."""
RESEND_OLDER_S: Final = 30.0
"""The same for what is beyond the newest while receipts come at all: the center works its way through the backlog, and
copies would only make it longer."""
NEWEST: Final = 5
ANSWERED_S: Final = 0.5
"""A center that is heard has answered after so long (it takes some 15 ms), or it never had the message: a broker that
forgets took it before the center was back there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """Something the outbox sends until its receipt comes."""

    id: str
    alarm_id: str | None
    channel: Channel
    payload: bytes
    digest: str
    sequence: int | None
    """None if it goes out before it is stored."""
    created_utc_ns: int
    raised: bool = False
    """The alarm's first message."""
    other_digest: str | None = None
    """Of the copy that went out before it was stored; a receipt may name either."""

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Newest alarm first, of each the press before its updates; then what belongs to no alarm."""
        newest_first = -UUID(self.alarm_id).int if self.alarm_id else 0
        return newest_first, not self.raised, self.sequence or 0


class Outbox:
    """Thread-safe; whoever sends is woken when something is added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, OutgoingMessage] = {}
        self._order: list[tuple[tuple[int, bool, int], str]] = []
        self._wake: list[Callable[[], None]] = []

    def on_added(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there is more to send; it must return at once."""
        self._wake.append(wake)

    def add(self, message: OutgoingMessage) -> None:
        """Something to send until its receipt comes; what is there already stays as it is and learns the digest."""
        with self._lock:
            before = self._by_id.get(message.id)
            if before is None:
                self._by_id[message.id] = message
                insort(self._order, (message.rank, message.id))
            elif before.digest != message.digest:
                self._by_id[message.id] = replace(before, other_digest=message.digest)
        for wake in self._wake:
            wake()

    def get(self, message_id: str) -> OutgoingMessage | None:
        """A message that still waits."""
        with self._lock:
            return self._by_id.get(message_id)

    def settle(self, message_id: str) -> None:
        """The receipt is here: nothing of it is sent any more."""
        with self._lock:
            message = self._by_id.pop(message_id, None)
            if message is not None:
                self._order.remove((message.rank, message.id))

    def in_order(self) -> list[OutgoingMessage]:
        """All that waits, what goes first in front."""
        with self._lock:
            return [self._by_id[message_id] for _, message_id in self._order]

    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._by_id)

    def alarm_waits(self) -> bool:
        """Whether an alarm or a word on one waits."""
        with self._lock:
            return bool(self._order) and self._order[0][0][0] != 0


def is_due(*, place: int, sent_ns: int, heard_ns: int | None, last_receipt_ns: int, now_ns: int) -> bool:
    """Whether the message at this place of the order, sent before on this connection, is to be sent again.

    `heard_ns`: when the center's last heartbeat came. One that came after the sending is as good as a question.
    """
    waited_s = (now_ns - sent_ns) / NS_PER_S
    if place < NEWEST and heard_ns is not None and heard_ns > sent_ns and waited_s >= ANSWERED_S:
        return True
    flowing = place >= NEWEST and (now_ns - last_receipt_ns) / NS_PER_S < RESEND_S
    return waited_s >= (RESEND_OLDER_S if flowing else RESEND_S)


def read_waiting(transaction: Transaction) -> list[OutgoingMessage]:
    """What has no receipt yet, from the disk, after a start."""
    rows = transaction.rows(
        "SELECT id, alarm_id, channel, payload, digest, other_digest, sequence, created_utc_ns FROM message "
        "WHERE received_at IS NULL ORDER BY sequence"
    )
    return [
        OutgoingMessage(
            id=identity,
            alarm_id=alarm_id,
            channel=Channel(channel),
            payload=payload,
            digest=digest,
            other_digest=other_digest,
            sequence=sequence,
            created_utc_ns=created_utc_ns,
            raised=identity == alarm_id,
        )
        for identity, alarm_id, channel, payload, digest, other_digest, sequence, created_utc_ns in rows
    ]
