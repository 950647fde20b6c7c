"""The one thread that takes messages in: alarms first, whatever else is waiting."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from center.database import CenterDatabaseError
from center.intake import Letter, Taken
from center.post import Post
from foundation.service import Service

_log = structlog.get_logger("reception")

_IDLE_S: Final = 0.2
_RETRY_S: Final = 0.5
_TRIES: Final = 3
MOST_WAITING: Final = 20_000
"""Further messages are let go: what needs a receipt is sent again, and states are asked for anew."""
_URGENCY: Final = {"alarm": 0, "state": 1}
_OTHERS: Final = 2
AT_ONCE: Final = 50
"""Letters of one transaction: a backlog is not held up by the disk, and no alarm waits long for its neighbours."""


class TakesLetters(Protocol):
    """What is needed of the intake."""

    def take(self, letters: Sequence[Letter]) -> list[Taken]:
        """Take letters in together; raises CenterDatabaseError if none was."""


class Inbox:
    """Letters wait here in memory only: the sender keeps them until the receipt."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Letter]] = queue.PriorityQueue()
        self._order = itertools.count()
        self.missed = False
        """True if a letter was let go that nobody will send again by itself."""

    def put(self, letter: Letter) -> None:
        """Take a letter from a network thread; returns at once."""
        channel = letter.topic.split("/", 3)[2:3]
        urgency = _URGENCY.get(channel[0] if channel else "", _OTHERS)
        if self._queue.qsize() > MOST_WAITING * (2 if urgency == 0 else 1):
            self.missed = True
            return
        self._queue.put((urgency, next(self._order), letter))

    def get(self, timeout_s: float) -> list[Letter]:
        """The most urgent letters that are there, the oldest of these first; empty if none came in time."""
        letters: list[Letter] = []
        try:
            letters.append(self._queue.get(timeout=timeout_s)[2])
            while len(letters) < AT_ONCE:
                letters.append(self._queue.get_nowait()[2])
        except queue.Empty:
            pass
        return letters


class Reception(Service):
    """Takes letters out of the inbox."""

    def __init__(
        self,
        inbox: Inbox,
        intake: TakesLetters,
        posts: Mapping[str, Post],
        *,
        on_change: Callable[[], None],
        on_missed: Callable[[], None],
    ) -> None:
        """`on_change` when a page would look different; `on_missed` when states were let go and must be read anew."""
        super().__init__("reception")
        self._inbox = inbox
        self._intake = intake
        self._posts = posts
        self._on_change = on_change
        self._on_missed = on_missed
        self._stores = True  # asking for states anew is of no use before the database answers again

    def _loop(self) -> None:
        while not self.stopping.is_set():
            letters = self._inbox.get(_IDLE_S)
            if letters:
                self._take(letters)
            elif self._inbox.missed and self._stores:
                self._inbox.missed = False
                self._on_missed()

    def _take(self, letters: Sequence[Letter]) -> None:
        for _ in range(_TRIES):
            try:
                all_taken = self._intake.take(letters)
            except CenterDatabaseError as error:
                _log.error("not stored, so no receipt is given", letters=len(letters), error=str(error))
                self.stopping.wait(_RETRY_S)
                continue
            self._stores = True
            for letter, taken in zip(letters, all_taken, strict=True):
                for outgoing in taken.replies:
                    self._posts[letter.broker_id].send(outgoing)
            if any(taken.changed for taken in all_taken):
                self._on_change()
            return
        self._stores = False
        if len(letters) > 1:  # one that the database cannot take must not hold up its neighbours
            for letter in letters:
                self._take([letter])
        self._inbox.missed = True
