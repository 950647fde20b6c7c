"""The center's pulse: heartbeats to every campus, and noticing which of them fell silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
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
    """Looks every second; says a heartbeat every 5 s to each enrolled campus through each broker."""

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
                self.beat()
            look += 1
            self.stopping.wait(LOOK_S)

    def notice(self) -> None:
        """Call silent paths lost."""
        changed = self._paths.notice_silence()
        if changed:
            self._on_change()
            with self._database.begin() as connection:
                write(connection, changed)

    def beat(self) -> None:
        """Say that the center is there and what it hears; also while its database does not answer."""
        heard = self._paths.everyone()
        for campus_id in self._campuses:
            for post in self._posts.values():
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
