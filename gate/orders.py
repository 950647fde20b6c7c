"""What the office lays down for the gate (校门安排): the only writer of gate_orders.sqlite, read by the gatehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import Clock
from foundation.journal import JOURNAL_SQL, Journal
from foundation.record_keys import RecordKeys, keys_file
from foundation.sqlite import Database, Schema
from gate.class_size import ClassSizes
from gate.expected import ExpectedBook
from gate.host_ask import HostAnswers
from gate.hours import HoursBook
from gate.leave_slip import SlipBook
from gate.look import LookBook
from gate.meeting import MeetingList
from gate.patrol import PatrolPoints
from gate.policy import PolicyBook
from gate.record import RecordBook, oldest_part
from gate.roster import RosterBook
from gate.staff import StaffList
from gate.watch_book import WatchBook

SCHEMA: Final = Schema.load(
    "gate_orders",
    JOURNAL_SQL,
    AUDIT_SQL,
    ("gate", "orders.sql"),
    ("gate", "migrations/0100_watch.sql"),
    ("gate", "migrations/0101_look.sql"),
    ("gate", "migrations/0102_host_answer.sql"),
    ("gate", "migrations/0103_class_size.sql"),
)
_RESTORED: Final = "已删除，恢复备份后再次删除"


class GateOrders:
    """One book per noun, all in one file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Opens the file; in a restored copy everybody erased since is erased again. Raises DatabaseError,
        RecordKeysError."""
        self._database = Database(path, SCHEMA)
        self._keys = RecordKeys(keys_file(path))
        self.records = RecordBook(
            database=self._database,
            keys=self._keys,
            audit=AuditChain(clock, keys=self._keys),
            journal=Journal(self._database, clock),
            clock=clock,
        )
        self.staff = StaffList(self.records)
        self.hours = HoursBook(self.records)
        self.policies = PolicyBook(self.records)
        self.roster = RosterBook(self.records)
        self.patrol = PatrolPoints(self.records)
        self.meetings = MeetingList(self.records)
        self.expected = ExpectedBook(self.records)
        self.slips = SlipBook(self.records)
        self.watch = WatchBook(self.records)
        self.looks = LookBook(self.records)
        self.answers = HostAnswers(self.records)
        self.class_sizes = ClassSizes(self.records)
        with self._database.transaction() as transaction:
            for record_id in self.records.audit.unfinished_erasures(transaction):
                self.records.erase(transaction, record_id, _RESTORED)

    @property
    def path(self) -> Path:
        """The file, for the readers."""
        return self._database.path

    def erase_expired(self, before: date, *, reason: str, most: int = 50) -> int:
        """Forget at most so many whose age counts from before a Beijing day; how many they were.

        Raises DatabaseError, RecordKeysError.
        """
        return self.records.erase_before(before, reason=reason, most=most)

    def oldest_day(self) -> date | None:
        """The day that the oldest record that names somebody counts from. Raises DatabaseError."""
        return oldest_part(self._database)

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()
        self._keys.close()
