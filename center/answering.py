"""What a person at the desk does with an alarm: written down first, then told to the campus on every broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from center import desk, said
from center.database import CenterDatabase
from center.post import Post
from center.voice import Outgoing, Voice
from foundation.clock import Clock
from uplink.messages.acknowledgement import Outcome


class Answering:
    """Called from page threads."""

    def __init__(
        self,
        database: CenterDatabase,
        clock: Clock,
        voice: Voice,
        posts: Iterable[Post],
        *,
        on_change: Callable[[], None],
        drills_only: bool = False,
    ) -> None:
        """`drills_only` for a desk that answers line tests alone."""
        self._database = database
        self._clock = clock
        self._voice = voice
        self._posts = tuple(posts)
        self._on_change = on_change
        self._drills_only = drills_only

    def acknowledge(self, alarm_id: str, person: str) -> desk.Acknowledged:
        """人工确认. Raises UnknownAlarmError, NoLineTestError, CenterDatabaseError."""
        with self._database.begin() as connection:
            done = desk.acknowledge(connection, self._clock, alarm_id, person, drills_only=self._drills_only)
            if not done.first:
                return done
            word = self._voice.acknowledgement(
                campus=done.campus_id, alarm_id=alarm_id, person=done.person, at_utc_ns=done.at_utc_ns, note=""
            )
            said.keep(connection, alarm_id, word, done.at_utc_ns)
        self._tell(word)
        return done

    def close(self, alarm_id: str, person: str, outcome: Outcome, note: str) -> None:
        """结案. Raises UnknownAlarmError, NoLineTestError, CannotCloseError, CenterDatabaseError."""
        with self._database.begin() as connection:
            done = desk.close(connection, self._clock, alarm_id, person, outcome, note, drills_only=self._drills_only)
            word = self._voice.closure(
                campus=done.campus_id,
                alarm_id=alarm_id,
                person=person,
                at_utc_ns=done.at_utc_ns,
                outcome=outcome,
                note=note,
            )
            said.keep(connection, alarm_id, word, done.at_utc_ns)
        self._tell(word)

    def _tell(self, word: Outgoing) -> None:
        for post in self._posts:
            post.send(word)
        self._on_change()
