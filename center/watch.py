"""The center's pulse: heartbeats to every campus, and noticing which of them fell silent."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import structlog

from center import register
from center.database import CenterDatabase, CenterDatabaseError
from center.paths import Paths, write
from center.post import Post
from center.voice import Voice
from foundation.service import Service
from uplink.messages.heartbeat import PERIOD_S

_log = structlog.get_logger("watch")

LOOK_S: Final = 1.0
_LOOKS_PER_BEAT: Final = round(PERIOD_S / LOOK_S)
_LOOKS_PER_NOTE: Final = 30
"""How often the last heartbeat of each path is written down: only a restart asks for it."""


class Watch(Service):
    """Looks every second; says a heartbeat every 5 s to each enrolled campus through each broker, and one at once when
    a broker is back: campuses then send again what it may have forgotten.
    """

    def __init__(
        self,
        database: CenterDatabase,
        paths: Paths,
        voice: Voice,
        posts: Mapping[str, Post],
        *,
        on_change: Callable[[], None],
    ) -> None:
        super().__init__("watch")
        self._database = database
        self._paths = paths
        self._voice = voice
        self._posts = posts
        self._on_change = on_change
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._campuses: list[str] = []
        self._back: set[str] = set()
        self._wake = threading.Event()

    def broker_is_back(self, broker_id: str) -> None:
        """A connection was made; returns at once."""
        self._back.add(broker_id)
        self._wake.set()

    def close(self) -> None:
        self.stopping.set()
        self._wake.set()
        super().close()

    def _loop(self) -> None:
        look = 0
        while not self.stopping.is_set():
            try:
                self.notice()
                if look % _LOOKS_PER_BEAT == 0:
                    self._read_register()
                if look % _LOOKS_PER_NOTE == 0:
                    self._note()
            except CenterDatabaseError as error:
                _log.error("the database does not answer", error=str(error))
            if look % _LOOKS_PER_BEAT == 0:
                self.beat(self._posts)
            look += 1
            if self._wake.wait(LOOK_S):
                self._wake.clear()
                self.beat([self._back.pop() for _ in range(len(self._back))])

    def notice(self) -> None:
        """Call silent paths lost."""
        changed = self._paths.notice_silence()
        if changed:
            self._on_change()
            with self._database.begin() as connection:
                write(connection, changed)

    def beat(self, brokers: Iterable[str]) -> None:
        """Say that the center is there and what it hears; also while its database does not answer."""
        heard = self._paths.everyone()
        posts = [self._posts[broker_id] for broker_id in brokers]
        for campus_id in self._campuses:
            for post in posts:
                echoes = tuple(
                    path.beat.echo
                    for path in heard
                    if path.campus_id == campus_id and path.broker_id == post.broker_id and path.beat is not None
                )
                self._numbers[campus_id] += 1
                post.send(self._voice.heartbeat(campus_id, self._numbers[campus_id], echoes))

    def _read_register(self) -> None:
        with self._database.begin() as connection:
            self._campuses = [campus.id for campus in register.everyone(connection)]

    def _note(self) -> None:
        with self._database.begin() as connection:
            write(connection, self._paths.everyone())
