"""An alarm line without a network, on a disk that a test can make hang or fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alarms.book import Book
from alarms.file import alarm_schema
from alarms.ledger import Ledger
from alarms.line import AlarmLine
from alarms.outbox import Outbox
from alarms.press import Button, PressRequest, School
from alarms.scribe import Scribe
from foundation.clock import Clock, SystemClock
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.sqlite import Database, DatabaseError, Transaction
from tests.support.waiting import WAIT_AT_MOST_S
from uplink.event import ClockQuality
from uplink.signature import SigningKey

KEY = SigningKey(bytes(range(32)))
SCHOOL = School(campus="test-school", name="测试小学", address="测试路 1 号", gatehouse_phone="010-1234")
BUTTONS = {
    "east": Button(id="east", name="东门按钮", place="东门门卫室", nearest_points=("gate-east",)),
    "west": Button(id="west", name="西门按钮", place="西门", silent=True),
}


class ShakyDatabase(Database):
    """Hangs while `working` is cleared, fails while `error` is set."""

    def __init__(self, path: Path) -> None:
        self.working = threading.Event()
        self.working.set()
        self.error: DatabaseError | None = None
        self.hung = threading.Event()
        super().__init__(path, alarm_schema())

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.error is not None:
            raise self.error
        with super().transaction() as transaction:
            yield transaction
            if not self.working.is_set():
                self.hung.set()
                self.working.wait(WAIT_AT_MOST_S)


class LineParts:
    """Ledger and line on one file; `close` and make another for a restart.

    A press waits long for the disk where a test is not about that: the disk of a busy test machine may take more than
    half a second, and hangs only where a test makes it hang.
    """

    def __init__(self, path: Path, clock: Clock | None = None, *, store_within_s: float = WAIT_AT_MOST_S) -> None:
        self.path = path
        self.clock = clock or SystemClock()
        self.database: ShakyDatabase | None = None
        self.refuse_to_open: DatabaseError | None = None
        self.troubles: list[DatabaseError | None] = []
        self.outbox = Outbox()
        self.book = Book()
        self.ledger = Ledger(
            self._open,
            self.clock,
            on_open=lambda transaction: self.line.load(transaction),  # noqa: PLW0108 - line is made below
            on_trouble=self.troubles.append,
        )
        self.scribe = Scribe(SCHOOL, KEY, self.clock, lambda: ClockQuality.SYNCHRONISED)
        self.line = AlarmLine(
            SCHOOL.campus,
            BUTTONS,
            ledger=self.ledger,
            journal=self.journal,
            scribe=self.scribe,
            outbox=self.outbox,
            book=self.book,
            clock=self.clock,
            store_within_s=store_within_s,
        )

    def _open(self) -> Database:
        if self.refuse_to_open is not None:
            raise self.refuse_to_open
        self.database = ShakyDatabase(self.path)
        return self.database

    def journal(self) -> Journal:
        assert self.database is not None
        return Journal(self.database, self.clock)

    def start(self) -> LineParts:
        self.ledger.start()
        assert self.ledger.opened.wait(WAIT_AT_MOST_S)
        return self

    def close(self) -> None:
        if self.database is not None:
            self.database.working.set()
        self.ledger.close()


def request(input_id: str = "east", press_id: str | None = None) -> PressRequest:
    return PressRequest(press_id=press_id or new_id(), input_id=input_id)
