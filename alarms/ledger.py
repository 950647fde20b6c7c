"""The one writer of alarms.sqlite: presses first, everything else in batches behind them.

Nobody waits inside SQLite but this thread. So a disk that hangs holds up the ledger and not the alarm: whoever pressed
waits for the ticket no longer than half a second (see alarms.press).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import structlog

from foundation.clock import NS_PER_S, Clock
from foundation.service import Service
from foundation.sqlite import Database, DatabaseError, DatabaseFullError, Transaction

_log = structlog.get_logger("alarms")

RETRY_S: Final = 1.0
LAZY_S: Final = 1.0  # hints (a broker's PUBACK) ride along with the next commit or wait this long
OPEN_WITHIN_S: Final = 1.0
FOLD_AFTER_S: Final = 2.0
FOLD_AT: Final = 200
"""Commits after which SQLite's log is folded into the file even without a quiet moment: about 8 MB."""
_BATCH: Final = 500

Work = Callable[[Transaction], None]


class Urgency(IntEnum):
    """Who is written first."""

    PRESS = 0
    SOON = 1
    LAZY = 2


@dataclass(slots=True, eq=False)
class Ticket:
    """A piece of writing under way. `settled` is set when it is on the disk, or when a first try failed.

    A piece that failed stays first in line and is tried again until it is on the disk.
    """

    work: Work
    urgency: Urgency
    then: Callable[[], None] | None = None
    """Called on the ledger's thread once it is on the disk; must return at once."""
    settled: threading.Event = field(default_factory=threading.Event)
    stored: bool = False
    error: DatabaseError | None = None
    since_running_ns: int = 0


class Ledger(Service):
    """Runs pieces of writing one batch to a transaction, on its own thread and connection."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        clock: Clock,
        *,
        on_open: Callable[[Transaction], None] = lambda _: None,
        on_trouble: Callable[[DatabaseError | None], None] = lambda _: None,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """`on_open` reads what is there, once, before anything is written; `on_trouble` hears of a failing disk and,
        with None, of its recovery; `make_room` gives up what is kept for a full disk, if anything. All three are called
        on the ledger's thread."""
        super().__init__("alarm-ledger")
        self._open_database = open_database
        self._clock = clock
        self._on_open = on_open
        self._on_trouble = on_trouble
        self._make_room = make_room
        self._database: Database | None = None
        self._lines: tuple[deque[Ticket], ...] = tuple(deque() for _ in Urgency)
        self._changed = threading.Condition()
        self._trouble: DatabaseError | None = None
        self._tried_ns = clock.running_ns()
        self._unfolded = 0
        self.opened = threading.Event()

    def start(self) -> None:
        """Begin; returns when the database is open, or soon all the same if its disk hangs."""
        super().start()
        self.opened.wait(OPEN_WITHIN_S)

    def submit(self, work: Work, urgency: Urgency, then: Callable[[], None] | None = None) -> Ticket:
        """Hand in a piece of writing; returns at once. `work` may run again, in a new transaction."""
        ticket = Ticket(work, urgency, then, since_running_ns=self._clock.running_ns())
        with self._changed:
            self._lines[urgency].append(ticket)
            self._changed.notify_all()
        return ticket

    def close(self) -> None:
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()
        super().close()
        if self._database is not None and not self.alive:
            self._database.close()

    def _loop(self) -> None:
        self._try_to_open()
        while not self.stopping.is_set() or (self._trouble is None and self._waiting()):
            batch = self._next_batch()
            if batch:
                self._write(batch)
            elif self._database is None:
                self._try_to_open()
            self._fold(quiet=not batch)

    def _fold(self, *, quiet: bool) -> None:
        # SQLite would do it inside the commit of whoever comes at the thousandth page: with two syncs more, that of a
        # press. So it is done here, when nobody presses.
        if self._database is None or not self._unfolded or self._lines[Urgency.PRESS]:
            return
        if quiet or self._unfolded >= FOLD_AT:
            try:
                self._database.rows("PRAGMA wal_checkpoint(PASSIVE)")
            except DatabaseError as error:
                _log.warning("the log of the alarm database was not folded in", error=str(error))
            self._unfolded = 0

    def _waiting(self) -> bool:
        return any(self._lines)

    def _next_batch(self) -> list[Ticket]:
        with self._changed:
            while not self.stopping.is_set():
                if self._lines[Urgency.PRESS] and not self._all_failed(Urgency.PRESS):
                    break
                pause_s = self._pause_s()
                if pause_s is not None and pause_s <= 0:
                    break
                if not self._changed.wait(pause_s) and self._unfolded:
                    break
            presses, soon, lazy = self._lines
            lines = (presses,) if presses else (soon, lazy)
            return [line.popleft() for line in lines for _ in range(min(len(line), _BATCH))]

    def _all_failed(self, urgency: Urgency) -> bool:
        # A new press is tried at once even on a failing disk, so that it need not wait to learn of it.
        return all(ticket.error is not None for ticket in self._lines[urgency])

    def _pause_s(self) -> float | None:
        """How long nothing needs to be written; None for ever."""
        if self._trouble is not None or self._database is None:
            return RETRY_S - (self._clock.running_ns() - self._tried_ns) / NS_PER_S
        presses, soon, lazy = self._lines
        if presses or soon:
            return 0.0
        if lazy:
            return LAZY_S - (self._clock.running_ns() - lazy[0].since_running_ns) / NS_PER_S
        return FOLD_AFTER_S if self._unfolded else None

    def _try_to_open(self) -> None:
        try:
            self._database = self._open_database()
            self._database.rows("PRAGMA wal_autocheckpoint = 0")  # see _fold
            with self._database.transaction() as transaction:
                self._on_open(transaction)
        except DatabaseError as error:
            if self._database is not None:
                self._database.close()
                self._database = None
            self._note(error)
        else:
            self._note(None)
            self.opened.set()

    def _write(self, batch: list[Ticket]) -> None:
        if self._database is None:
            self._try_to_open()
        try:
            if self._database is None:
                raise self._trouble or DatabaseError("the alarm database is not open")
            with self._database.transaction() as transaction:
                for ticket in batch:
                    ticket.work(transaction)
        except DatabaseError as error:
            if isinstance(error, DatabaseFullError) and self._make_room():
                self._write(batch)
                return
            self._put_back(batch, error)
            self._note(error)
            return
        self._note(None)
        self._unfolded += 1
        for ticket in batch:
            ticket.stored = True
            if ticket.then is not None:
                ticket.then()
            ticket.settled.set()

    def _put_back(self, batch: list[Ticket], error: DatabaseError) -> None:
        with self._changed:
            for ticket in reversed(batch):
                ticket.error = error
                self._lines[ticket.urgency].appendleft(ticket)
        for ticket in batch:
            ticket.settled.set()

    def _note(self, trouble: DatabaseError | None) -> None:
        before, self._trouble = self._trouble, trouble
        self._tried_ns = self._clock.running_ns()
        if (before is None) != (trouble is None):
            if trouble is not None:
                _log.error("alarms cannot be stored; they go out all the same", error=str(trouble))
            self._on_trouble(trouble)
