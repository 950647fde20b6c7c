"""What is said when nothing more urgent is: the health of points and findings, on every path."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from foundation.clock import Clock, rfc3339
from uplink.envelope import seal
from uplink.event import ClockQuality, Message, campus_source, new_event
from uplink.messages.finding import FindingList, FindingMessage, FoundTrouble
from uplink.messages.point_health import PointHealth
from uplink.presence import CampusIdentity
from uplink.publication import Publication
from uplink.topics import Channel, Topic

_LIST: Final = "findings"
_MOST_CLEARED: Final = 1_000  # the list of open findings says the rest


@dataclass(frozen=True, slots=True)
class Word:
    """The latest word under a name; `version` tells it from earlier ones."""

    name: str
    version: int
    topic: Topic
    message: Message


class Standing:
    """The latest word on each point and finding; after every new connection all of it is said again.

    Thread-safe. Nothing here outlives a restart: whoever tells it reads its own rows and tells it again.
    """

    def __init__(self, identity: CampusIdentity, clock: Clock, clock_quality: Callable[[], ClockQuality]) -> None:
        self._identity = identity
        self._clock = clock
        self._clock_quality = clock_quality
        self._lock = threading.Lock()
        self._words: dict[str, Word] = {}
        self._open: set[str] = set()
        self._version = 0
        self._said: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by path and name: the version said last
        self._wake: list[Callable[[], None]] = []

    def on_added(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there is something new to say; it must return at once."""
        self._wake.append(wake)

    def show_point(self, health: PointHealth) -> None:
        """The health of a point as it is now; the same again costs nothing."""
        name = f"point:{health.point}"
        with self._lock:
            before = self._words.get(name)
            if before is not None and before.message == health:
                return
            self._put(name, Topic(self._identity.campus, Channel.POINT, health.point), health)
        self._wake_all()

    def show_findings(self, *troubles: FoundTrouble) -> None:
        """Findings that opened, changed or cleared."""
        with self._lock:
            for trouble in troubles:
                self._put_finding(trouble)
        self._wake_all()

    def show_open_findings(self, troubles: Iterable[FoundTrouble]) -> None:
        """All findings that are open: after a start and every hour; what is not among them is over."""
        with self._lock:
            self._open.clear()
            for trouble in troubles:
                self._put_finding(trouble)
            listed = FindingList(
                campus=self._identity.campus, open=tuple(sorted(self._open)), at=rfc3339(self._clock.utc_ns())
            )
            self._put(_LIST, Topic(self._identity.campus, Channel.FINDING), listed)
        self._wake_all()

    def connection_changed(self, path: str) -> None:
        """The broker may have forgotten everything: say all of it again on this path."""
        with self._lock:
            self._said[path].clear()

    def due(self, path: str) -> Iterator[tuple[Word, Publication]]:
        """What has not been said on this path, signed; call `said` for what was handed over."""
        with self._lock:
            said = self._said[path]
            words = [word for word in self._words.values() if said.get(word.name) != word.version]
        for word in words:
            event = new_event(
                word.message,
                source=campus_source(self._identity.campus),
                utc_ns=self._clock.utc_ns(),
                clock_quality=self._clock_quality(),
            )
            payload = seal(event, self._identity.key)
            yield word, Publication(topic=str(word.topic), payload=payload, retain=word.topic.retained)

    def said(self, path: str, word: Word) -> None:
        """This word was handed to the connection of this path."""
        with self._lock:
            self._said[path][word.name] = word.version

    def _put_finding(self, trouble: FoundTrouble) -> None:
        name = f"finding:{trouble.id}"
        if trouble.cleared_at is None:
            self._open.add(trouble.id)
        else:
            self._open.discard(trouble.id)
            self._forget_cleared()
        message = FindingMessage(campus=self._identity.campus, finding=trouble)
        before = self._words.get(name)
        if before is None or before.message != message:
            self._put(name, Topic(self._identity.campus, Channel.FINDING), message)

    def _forget_cleared(self) -> None:
        cleared = [
            name
            for name, word in self._words.items()
            if isinstance(word.message, FindingMessage) and word.message.finding.cleared_at is not None
        ]
        for name in cleared[: max(0, len(cleared) - _MOST_CLEARED)]:
            del self._words[name]

    def _put(self, name: str, topic: Topic, message: Message) -> None:
        self._version += 1
        self._words.pop(name, None)  # so that the order is that of telling
        self._words[name] = Word(name, self._version, topic, message)

    def _wake_all(self) -> None:
        for wake in self._wake:
            wake()
