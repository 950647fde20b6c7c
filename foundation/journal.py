"""How roles talk: each appends facts to journals of its own, the others read on from where they stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.clock import Clock
from foundation.ids import new_id
from foundation.service import Service
from foundation.sqlite import Database, DatabaseError, Schema, Transaction, open_read_only

JOURNAL_SQL: Final = ("foundation", "journal.sql")
"""The schema step of every database that holds a journal."""

POLL_S: Final = 0.25  # two polls stay within the 0.5 s that a role may take to hear another
_BATCH: Final = 500
_LOOKS_AGAIN: Final = frozenset({1, 4, 16})
_LOOKS_AT_LEAST: Final = 64
"""Polls without a change after which a database is read all the same: 0.25, 1 and 4 s, then every 16 s."""

_log = structlog.get_logger("journal")


class Fact(BaseModel):
    """Something one role tells the others; subclasses set `kind` and raise `version` when a body changes shape."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: ClassVar[str]
    version: ClassVar[int] = 1


FactT = TypeVar("FactT", bound=Fact)


class UnreadableFactError(Exception):
    """A fact's body is not what its kind promises, or is of a newer version than this reader knows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as it lies in a journal."""

    journal: str
    seq: int
    id: str
    kind: str
    version: int
    at_utc_ns: int
    body: str

    def read(self, model: type[FactT]) -> FactT:
        """The body as its model. Raises UnreadableFactError."""
        if self.kind != model.kind or self.version > model.version:
            raise UnreadableFactError(
                f"{self.journal} #{self.seq} is {self.kind} v{self.version}, not {model.kind} v{model.version} or older"
            )
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise UnreadableFactError(f"{self.journal} #{self.seq} ({self.kind}): {error}") from error


class Journal:
    """The writing side; lives in a database whose schema contains JOURNAL_SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    @property
    def name(self) -> str:
        """File name without ending: what readers store their cursor under."""
        return self.database.path.stem

    @staticmethod
    def open(path: Path, clock: Clock) -> Journal:
        """A journal with nothing else in its file."""
        return Journal(Database(path, Schema.load("journal", JOURNAL_SQL)), clock)

    def append(self, fact: Fact, *, transaction: Transaction | None = None, fact_id: str | None = None) -> str:
        """Add a fact, inside the given transaction or one of its own; returns its id.

        With `fact_id` given, a fact that is already there is left as it is: a retry adds nothing.
        """
        if transaction is None:
            with self.database.transaction() as own:
                return self.append(fact, transaction=own, fact_id=fact_id)
        chosen = fact_id or new_id()
        transaction.execute(
            "INSERT INTO fact (id, kind, version, at_utc_ns, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (chosen, fact.kind, fact.version, self._clock.utc_ns(), fact.model_dump_json()),
        )
        return chosen

    def prune(self, kinds: Collection[str], *, before_utc_ns: int, transaction: Transaction) -> int:
        """Let go of facts of these kinds that were told before a moment; returns how many.

        Only for facts that mean nothing when they are old: a reader that was away so long never sees them. The newest
        fact stays whatever it is, so that a reader's cursor is never ahead of the journal.
        """
        marks = ", ".join("?" * len(kinds))
        rows = transaction.rows(
            f"DELETE FROM fact WHERE kind IN ({marks}) AND at_utc_ns < ? "  # noqa: S608 - question marks only
            "AND seq < (SELECT max(seq) FROM fact) RETURNING seq",
            (*kinds, before_utc_ns),
        )
        return len(rows)

    def cursor(self, journal: str) -> int:
        """How far this journal's owner has read another journal; 0 at first."""
        row = self.database.row("SELECT seq FROM cursor WHERE journal = ?", (journal,))
        return int(row[0]) if row else 0

    def move_cursor(self, journal: str, seq: int) -> None:
        """Remember that everything up to `seq` has been acted on."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO cursor (journal, seq) VALUES (?, ?) "
                "ON CONFLICT (journal) DO UPDATE SET seq = max(seq, excluded.seq)",
                (journal, seq),
            )


def read_entries(path: Path, *, after: int, limit: int = _BATCH, kind: str | None = None) -> list[Entry]:
    """Facts of another role's journal in order. Raises DatabaseError if the file cannot be read."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT seq, id, kind, version, at_utc_ns, body FROM fact WHERE seq > ?1 AND (?2 IS NULL OR kind = ?2) "
            "ORDER BY seq LIMIT ?3",
            (after, kind, limit),
        )
    return [Entry(path.stem, *row) for row in rows]


class FileStamps:
    """Whether another role's database is worth opening again.

    Opening one four times a second for each pair of roles costs more than the facts do, so the files' stamps are asked
    first. Stamps are coarse, and SQLite stamps its log before the sync and shows readers the commit after it, without
    another stamp: on a disk that hangs this may be long after. More looks follow each change, ever more seldom.
    """

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(path.name + "-wal"))
        self._seen: tuple[object, ...] = ()
        self._same = 0
        self.look_once_more = True
        """Set by a reader that could not read, or not all."""

    def changed(self) -> bool:
        """True if it should be read now."""
        stamps: list[object] = []
        for file in self._files:
            try:
                status = file.stat()
                stamps.append((status.st_mtime_ns, status.st_size))
            except FileNotFoundError:
                stamps.append(None)
        self._same = self._same + 1 if tuple(stamps) == self._seen else 0
        look = self.look_once_more or self._same in _LOOKS_AGAIN or self._same % _LOOKS_AT_LEAST == 0
        self._seen, self.look_once_more = tuple(stamps), False
        return look


class Tail(Service):
    """Reads another journal on from the stored cursor and hands over each fact, at least once and in order.

    The handler must do nothing the second time it sees an id. If it raises `OSError` or `DatabaseError` the fact is
    offered again at the next poll; an unreadable fact is logged, counted in `unreadable` and passed over.
    """

    def __init__(self, path: Path, own: Journal, handle: Callable[[Entry], None]) -> None:
        super().__init__(f"tail-{path.stem}")
        self._path = path
        self._own = own
        self._handle = handle
        self._stamps = FileStamps(path)
        self.unreadable = 0
        self.caught_up = False

    def _loop(self) -> None:
        while not self.stopping.is_set():
            if not self.is_due() or not self.poll():
                self.stopping.wait(POLL_S)

    def is_due(self) -> bool:
        """Whether there may be something to poll."""
        return self._stamps.changed()

    def poll(self) -> bool:
        """Hand over one batch; True if there may be more at once."""
        if not self._path.exists():
            return False
        try:
            entries = read_entries(self._path, after=self._own.cursor(self._path.stem))
            self._hand_over(entries)
        except (DatabaseError, OSError) as error:
            _log.warning("a journal could not be read or acted on; trying again", journal=self.name, error=str(error))
            self._stamps.look_once_more = True
            self.caught_up = False
            return False
        self.caught_up = len(entries) < _BATCH
        if not self.caught_up:
            self._stamps.look_once_more = True  # a speaker that is silent does not keep back the rest of what it said
        return not self.caught_up

    def _hand_over(self, entries: Sequence[Entry]) -> None:
        # The cursor goes once for all of them: one sync for each fact in each role made a press wait for its own.
        done: Entry | None = None
        try:
            for entry in entries:
                self._hand_over_one(entry)
                done = entry
        finally:
            if done is not None:
                self._own.move_cursor(done.journal, done.seq)

    def _hand_over_one(self, entry: Entry) -> None:
        try:
            self._handle(entry)
        except UnreadableFactError as error:
            self.unreadable += 1
            _log.error("a fact was passed over", error=str(error))
