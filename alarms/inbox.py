"""What comes from the center, on a thread of its own: checked first, then handed to whom it concerns."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from alarms.commands import Commands
from alarms.path import AlarmPath
from alarms.receipts import CenterWords
from foundation.clock import Clock
from foundation.service import Service
from uplink.envelope import unseal
from uplink.fault import ForeignCampusError, WireError
from uplink.messages.acknowledgement import Acknowledgement, Closure
from uplink.messages.command import Command
from uplink.messages.heartbeat import CenterHeartbeat
from uplink.messages.receipt import Receipt
from uplink.signature import PinnedKeys
from uplink.topics import ForeignTopicError, parse_topic

_log = structlog.get_logger("alarms")

_LONGEST_QUEUE: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Came:
    path: str
    topic: str
    payload: bytes
    utc_ns: int


class Inbox(Service):
    """Nothing that comes is believed before its signature; what is refused is told and changes nothing."""

    def __init__(
        self,
        *,
        campus: str,
        keys: PinnedKeys,
        paths: Mapping[str, AlarmPath],
        words: CenterWords,
        commands: Commands,
        clock: Clock,
        refused: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("alarm-inbox")
        self._campus = campus
        self._keys = keys
        self._paths = paths
        self._words = words
        self._commands = commands
        self._clock = clock
        self._refused = refused
        self._queue: queue.Queue[_Came | None] = queue.Queue(_LONGEST_QUEUE)

    def put(self, path: str, topic: str, payload: bytes) -> None:
        """A message came on a path; returns at once. Beyond 10,000 unread ones it is dropped: receipts come again."""
        try:
            self._queue.put_nowait(_Came(path, topic, payload, self._clock.utc_ns()))
        except queue.Full:
            _log.warning("flooded: a message was dropped unread", path=path)

    def close(self) -> None:
        self.stopping.set()
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            _log.debug("the inbox is full; it sees by itself that it shall end")
        super().close()

    def _loop(self) -> None:
        while not self.stopping.is_set():
            came = self._queue.get()
            if came is None:
                continue
            try:
                self._take(came)
            except (WireError, ForeignTopicError) as error:
                _log.warning("a message was refused", path=came.path, topic=came.topic[:120], error=str(error))
                self._refused(came.path, error)

    def _take(self, came: _Came) -> None:
        topic = parse_topic(came.topic)
        if topic.campus != self._campus:
            raise ForeignCampusError(f"a message on {topic} came to campus {self._campus}")
        received = unseal(came.payload, topic, self._keys)
        match received.event.data:
            case Receipt() as receipt:
                self._paths[came.path].receipt_came(receipt.message_id)
                self._words.receipt(came.path, received, came.payload, receipt)
            case Acknowledgement() | Closure() as said:
                self._words.acknowledgement(came.path, received, said)
            case CenterHeartbeat() as beat:
                self._paths[came.path].heard(beat, received.event.time, came.utc_ns)
            case Command() as command:
                self._commands.take(came.path, received, command)
            case other:
                raise ForeignCampusError(f"{other.event_type} is nothing that a center says")
