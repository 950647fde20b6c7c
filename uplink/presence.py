"""What a campus says of itself on each connection: will, birth, heartbeats, farewell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from foundation.clock import Clock
from uplink.envelope import seal
from uplink.event import ClockQuality, Message, campus_source, new_event
from uplink.messages.heartbeat import Heartbeat
from uplink.messages.path_state import Birth, Will
from uplink.publication import Publication
from uplink.signature import SigningKey
from uplink.topics import Channel, Topic

_NS_PER_MS: Final = 1_000_000
_BLOCK: Final = 1_000


class Presence(Protocol):
    """What a session says by itself; asked from its own thread."""

    def will(self) -> Publication | None:
        """Left with the broker; asked once before every try to connect."""

    def birth(self) -> Publication | None:
        """Said first on a new connection."""

    def heartbeat(self) -> Publication | None:
        """Said every 5 s while connected."""

    def farewell(self) -> Publication | None:
        """Said before going in order."""


class Unseen:
    """Says nothing: for the center, which has no state on the wire but its heartbeats to each campus."""

    def will(self) -> Publication | None:
        return None

    def birth(self) -> Publication | None:
        return None

    def heartbeat(self) -> Publication | None:
        return None

    def farewell(self) -> Publication | None:
        return None


class BirthNumbers:
    """Numbers that only grow, over restarts too, taken from the disk a thousand at a time.

    So a reconnection never waits for a disk that hangs.
    """

    def __init__(self, reserve: Callable[[int], int]) -> None:
        """`reserve(count)` puts the limit up by `count` on the disk and returns the first number of the block."""
        self._reserve = reserve
        self._next = self._end = 0

    def take(self) -> int:
        """The next number."""
        if self._next == self._end:
            self._next = self._reserve(_BLOCK)
            self._end = self._next + _BLOCK
        self._next += 1
        return self._next - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusIdentity:
    """Who speaks for a campus."""

    campus: str
    name: str
    software: str
    key: SigningKey


class CampusPresence:
    """The state of one broker path of a campus, signed."""

    def __init__(
        self,
        identity: CampusIdentity,
        path: str,
        *,
        clock: Clock,
        clock_quality: Callable[[], ClockQuality],
        births: BirthNumbers,
        alarms_waiting: Callable[[], int],
    ) -> None:
        self._identity = identity
        self._path = path
        self._topic = str(Topic(identity.campus, Channel.STATE, path))
        self._clock = clock
        self._clock_quality = clock_quality
        self._births = births
        self._alarms_waiting = alarms_waiting
        self._lock = threading.Lock()
        self.number = 0
        """Of the last heartbeat since the birth."""
        self.birth_number = 0

    def will(self) -> Publication | None:
        with self._lock:
            self.birth_number, self.number = self._births.take(), 0
        return self._said(Will(campus=self._identity.campus, path=self._path, birth=self.birth_number), retain=True)

    def birth(self) -> Publication | None:
        return self._said(
            Birth(
                campus=self._identity.campus,
                path=self._path,
                birth=self.birth_number,
                boot_id=self._clock.boot_id(),
                software=self._identity.software,
                campus_name=self._identity.name,
            ),
            retain=True,
        )

    def heartbeat(self) -> Publication | None:
        with self._lock:
            self.number += 1
        message = Heartbeat(
            campus=self._identity.campus,
            path=self._path,
            birth=self.birth_number,
            number=self.number,
            boot_id=self._clock.boot_id(),
            running_ms=self._clock.running_ns() // _NS_PER_MS,
            alarms_waiting=self._alarms_waiting(),
        )
        return self._said(message, retain=False)

    def farewell(self) -> Publication | None:
        return self._said(
            Will(campus=self._identity.campus, path=self._path, birth=self.birth_number, orderly=True), retain=True
        )

    def _said(self, message: Message, *, retain: bool) -> Publication:
        event = new_event(
            message,
            source=campus_source(self._identity.campus),
            utc_ns=self._clock.utc_ns(),
            clock_quality=self._clock_quality(),
        )
        # A retained message must arrive; a heartbeat that comes late says nothing.
        return Publication(
            topic=self._topic, payload=seal(event, self._identity.key), qos=1 if retain else 0, retain=retain
        )
