"""When who came is forgotten (到期删除): after the policy's days, judged by days on which this box was at work, because
nobody comes back after a clock that jumped a year ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Protocol

import structlog

from foundation.clock import NS_PER_S, Clock, beijing_day
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import Database, DatabaseError
from gate.book import GateBook
from gate.draft import DraftBox
from gate.record import RecordBook

_LOOK_EVERY_S: Final = 3600
_BETWEEN_S: Final = 0.2
"""Between two handfuls, so that a guard's touch comes first."""
_HANDFUL: Final = 20
_DAY_TAKES_S: Final = 6 * 3600
"""A clock that jumps from day to day makes at most four days of one."""

FAILED: Final = "gate.erasure_failed"
HELD_BACK: Final = "gate.erasure_held_back"

_log = structlog.get_logger("gate-expiry")


def first_kept_day(today: date, seen: Sequence[date], keep_days: int) -> date | None:
    """Records of days before this one are forgotten; None if nothing is old enough.

    A record is kept until `keep_days` whole days have passed by the wall clock, and this box was at work on as many.
    """
    latest_first = sorted(set(seen), reverse=True)
    if len(latest_first) < keep_days:
        return None
    return min(today - timedelta(days=keep_days), latest_first[keep_days - 1])


def is_held_back(oldest: date | None, first_kept: date | None, today: date, keep_days: int) -> bool:
    """Whether somebody is past the policy's days by the wall clock and kept all the same: the box was off, or its clock
    jumped."""
    due = oldest is not None and oldest < today - timedelta(days=keep_days)
    return due and (first_kept is None or (oldest is not None and oldest >= first_kept))


class Forgetful(Protocol):
    """A file that names persons and can forget them by age: the gate book, the office's orders."""

    @property
    def records(self) -> RecordBook:
        """What it is written with; its file has the table day_seen."""

    def erase_expired(self, before: date, *, reason: str, most: int = 50) -> int:
        """Forget at most so many whose age counts from before a day; how many they were."""

    def oldest_day(self) -> date | None:
        """The day that the oldest record that names somebody counts from. Raises DatabaseError."""


class Expiry(Service):
    """Notes each day at work and forgets who came too long ago, an hour after the start and then every hour.

    That it could not, or that the days at work hold it back, is a finding about the role.
    """

    def __init__(
        self,
        book: Forgetful,
        clock: Clock,
        *,
        keep_days: int,
        findings: FindingBoard,
        subject: str,
        drafts: DraftBox | None = None,
    ) -> None:
        """`drafts` are forms that nobody finished: they go after a day, also at screens that are used no more."""
        super().__init__("gate-expiry")
        self._book = book
        self._drafts = drafts
        self._clock = clock
        self._keep_days = keep_days
        self._findings = findings
        self._subject = subject
        self._noted_ns: int | None = None

    def _loop(self) -> None:
        while not self.stopping.wait(_LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """One round, with what is to be said about it."""
        try:
            self.work_once()
            self._findings.clear(self._subject, FAILED)
        except (DatabaseError, OSError) as error:
            _log.error("records could not be forgotten; trying again in an hour", error=str(error))
            self._findings.open(self._subject, FAILED, Severity.FAILING, evidence={"error": str(error)})

    def work_once(self) -> int:
        """One round; how many records were forgotten. Raises DatabaseError, RecordKeysError, OSError."""
        today = beijing_day(self._clock.utc_ns())
        self._note(today)
        if self._drafts is not None:
            self._drafts.drop_old()
        before = first_kept_day(today, days_seen(self._book.records.database), self._keep_days)
        forgotten = 0
        while before is not None and not self.stopping.is_set():
            some = self._book.erase_expired(before, reason=f"保存满 {self._keep_days} 天", most=_HANDFUL)
            forgotten += some
            if some < _HANDFUL:
                break
            self.stopping.wait(_BETWEEN_S)
        self._say_if_held_back(before, today)
        if forgotten:
            _log.info("who came too long ago was forgotten", records=forgotten, before=str(before))
        return forgotten

    def _say_if_held_back(self, before: date | None, today: date) -> None:
        oldest = self._book.oldest_day()
        if is_held_back(oldest, before, today, self._keep_days):
            evidence: dict[str, str | int | float | bool | None] = {"oldest": str(oldest), "keep_days": self._keep_days}
            self._findings.open(self._subject, HELD_BACK, Severity.ATTENTION, evidence=evidence)
        else:
            self._findings.clear(self._subject, HELD_BACK)

    def _note(self, today: date) -> None:
        now_ns = self._clock.running_ns()
        if self._noted_ns is not None and now_ns - self._noted_ns < _DAY_TAKES_S * NS_PER_S:
            return
        with self._book.records.writing() as transaction:
            new = transaction.execute("INSERT INTO day_seen VALUES (?) ON CONFLICT DO NOTHING", (today.isoformat(),))
        if new:
            self._noted_ns = now_ns


def days_seen(database: Database) -> tuple[date, ...]:
    """Beijing days on which the gatehouse was at work. Raises DatabaseError."""
    return tuple(date.fromisoformat(row[0]) for row in database.rows("SELECT day FROM day_seen"))


class Reindex(Service):
    """Builds the index of who came before where it is missing (after an update, or a box restored without its key)."""

    def __init__(self, book: GateBook) -> None:
        super().__init__("gate-index")
        self._book = book

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                more = self._book.index_some()
            except DatabaseError as error:
                _log.error("the index of visitors could not be built further", error=str(error))
                more = False
            self.stopping.wait(0.02 if more else _LOOK_EVERY_S)
