"""SQLite files with one writer each, through apsw: its SQLite is current, Debian's has a WAL fault."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import apsw

Value = str | int | float | bytes | None
Row = tuple[Any, ...]

_BUSY_TIMEOUT_MS: Final = 5_000
_FOLD_WITHIN_MS: Final = 500
"""A role that ends waits so long for others to have read."""
_MOST_TOGETHER: Final = 16
"""Writers that share one commit; more would let the first of them wait longer than the commit it saved."""
_LEFT_BEHIND_S: Final = 0.05
"""Whoever expected another writer to commit for both, and sees nothing for so long, does it."""


class DatabaseError(Exception):
    """A database cannot be used; the message says which file and what to do."""


class DatabaseTooNewError(DatabaseError):
    """The file was written by a newer version of this software."""


class DatabaseCorruptError(DatabaseError):
    """SQLite found the file damaged."""


class DatabaseFullError(DatabaseError):
    """The disk under the file is full."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The numbered steps that make a database; `user_version` counts those taken, so steps are only appended."""

    name: str
    steps: tuple[str, ...]

    @staticmethod
    def load(name: str, *files: tuple[str, str]) -> Schema:
        """Read steps from packaged files, each given as (package, file name), in order."""
        return Schema(
            name,
            tuple(resources.files(package).joinpath(file).read_text(encoding="utf-8") for package, file in files),
        )


class Transaction:
    """Statements inside one transaction; handed out by `Database.transaction` and dead after it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, bindings: Sequence[Value] | dict[str, Value] = ()) -> int:
        """Run a statement; returns how many rows it changed."""
        before = self._connection.total_changes()
        for _ in self._connection.execute(sql, bindings):
            pass
        return self._connection.total_changes() - before

    def execute_many(self, sql: str, many: Sequence[Sequence[Value]]) -> None:
        """Run a statement once for each sequence of bindings."""
        self._connection.executemany(sql, many)

    def rows(self, sql: str, bindings: Sequence[Value] | dict[str, Value] = ()) -> list[Row]:
        """All rows of a query."""
        return list(self._connection.execute(sql, bindings))

    def row(self, sql: str, bindings: Sequence[Value] | dict[str, Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        for found in self._connection.execute(sql, bindings):
            return tuple(found)
        return None

    def last_row_id(self) -> int:
        """Row id of the latest insert."""
        return self._connection.last_insert_rowid()


class _Group:
    """Writers whose rows are committed together."""

    __slots__ = ("ended", "error", "size")

    def __init__(self) -> None:
        self.size = 0
        self.ended = threading.Event()
        self.error: DatabaseError | None = None


class Database:
    """A file with one writing connection, usable from any thread (calls take turns).

    synchronous FULL is what a power cut forgives (field notes: NORMAL lost 101 to 340 acknowledged rows); NORMAL is for
    what can be measured again.
    """

    def __init__(
        self,
        path: Path,
        schema: Schema,
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        fold_every_pages: int = 1_000,
    ) -> None:
        """`fold_every_pages` (4 KiB each): how long the write-ahead log grows before the transaction that finds it so
        folds it into the file. Larger where somebody else calls `fold`. Raises DatabaseError."""
        self.path = path
        self._lock = threading.RLock()
        self._group: _Group | None = None
        self._in_block = False  # whoever holds the lock is inside `together`
        self._waiting, self._counting = 0, threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
            self._connection.pragma("journal_mode", "wal")
            self._connection.pragma("synchronous", synchronous)
            self._connection.pragma("foreign_keys", True)
            self._connection.wal_autocheckpoint(fold_every_pages)
            self._migrate(schema)
        except apsw.Error as error:
            raise _named(error, path) from error

    def _migrate(self, schema: Schema) -> None:
        taken = int(self._connection.pragma("user_version"))
        if taken > len(schema.steps):
            raise DatabaseTooNewError(
                f"{self.path} was written by a newer version (schema {taken}, this version knows {len(schema.steps)}); "
                "install the newer version again or restore a backup made by this one"
            )
        for number, step in enumerate(schema.steps[taken:], start=taken + 1):
            with self._connection:  # a step and its number are taken together or not at all
                self._connection.execute(step)
                self._connection.pragma("user_version", number)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything inside is committed together when the block ends, or not at all when it raises.

        With synchronous FULL the rows are on the disk when this returns. Raises DatabaseFullError,
        DatabaseCorruptError, DatabaseError.
        """
        with self._lock:
            self._end_group()
            self._begin()
            try:
                yield Transaction(self._connection)
                self._connection.execute("COMMIT")
            except apsw.Error as error:
                self._rollback()
                raise _named(error, self.path) from error
            except BaseException:
                self._rollback()
                raise

    @contextmanager
    def together(self) -> Iterator[Transaction]:
        """As `transaction`, for short writes from many threads: those that wait for one another share one fsync.

        A block that raises undoes its own rows only. Each returns when all of them are on the disk; if that fails, each
        raises. Raises DatabaseFullError, DatabaseCorruptError, DatabaseError.
        """
        with self._counting:
            self._waiting += 1
        try:
            self._lock.acquire()
        finally:
            with self._counting:
                self._waiting -= 1
        try:
            group = self._join()
            try:
                with self._savepoint(group) as transaction:
                    yield transaction
            finally:
                if self._waiting == 0 or group.size >= _MOST_TOGETHER:
                    self._end_group()
        finally:
            self._lock.release()
        while not group.ended.wait(_LEFT_BEHIND_S):
            with self._lock:
                if self._group is group:
                    self._end_group()
        if group.error is not None:
            raise group.error

    def _join(self) -> _Group:
        if self._in_block:
            raise RuntimeError("a transaction inside another of the same database")
        if self._group is None:
            self._begin()
            self._group = _Group()
        self._group.size += 1
        return self._group

    @contextmanager
    def _savepoint(self, group: _Group) -> Iterator[Transaction]:
        self._in_block = True
        try:
            self._connection.execute("SAVEPOINT one")
            yield Transaction(self._connection)
            self._connection.execute("RELEASE one")
        except apsw.Error as error:
            self._undo_one(group, error)
            raise _named(error, self.path) from error
        except BaseException as error:
            self._undo_one(group, error)
            raise
        finally:
            self._in_block = False

    def _undo_one(self, group: _Group, error: BaseException) -> None:
        try:
            self._connection.execute("ROLLBACK TO one; RELEASE one")
        except apsw.Error:  # SQLite has given up the whole transaction, as it does on a full disk
            self._rollback()
            self._group = None
            group.error = (
                _named(error, self.path) if isinstance(error, apsw.Error) else DatabaseError(f"{self.path}: {error}")
            )
            group.ended.set()

    def _end_group(self) -> None:
        """Commit what was written together; its writers are answered, or told what went wrong."""
        group = self._group
        if group is None or self._in_block:
            return
        self._group = None
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._rollback()
            group.error = _named(error, self.path)
        finally:
            group.ended.set()

    def _begin(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            raise _named(error, self.path) from error

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def rows(self, sql: str, bindings: Sequence[Value] | dict[str, Value] = ()) -> list[Row]:
        """All rows of a query, read through the writing connection."""
        with self._lock:
            self._end_group()  # nobody sees rows that are not on the disk yet
            try:
                return list(self._connection.execute(sql, bindings))
            except apsw.Error as error:
                raise _named(error, self.path) from error

    def row(self, sql: str, bindings: Sequence[Value] | dict[str, Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, bindings)
        return tuple(found[0]) if found else None

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it; may be called twice."""
        with self._lock:
            self._end_group()
            with suppress(apsw.Error):  # closed already, or read for long: the log is folded when it is opened again
                # SQLite folds only for the last who closes, and another role may be reading at this moment.
                self._connection.set_busy_timeout(_FOLD_WITHIN_MS)
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._connection.close()


def fold(path: Path) -> None:
    """Fold what can be folded of the write-ahead log into the file, while others read and write (a passive checkpoint).

    For whoever must not make a writer wait for it. Raises DatabaseError.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error as error:
        raise _named(error, path) from error
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.Error as error:
        raise _named(error, path) from error
    finally:
        connection.close()


@contextmanager
def open_read_only(path: Path) -> Iterator[Transaction]:
    """Read another role's file, briefly: one consistent snapshot, closed at the end of the block.

    Raises DatabaseError if the file is not there yet or cannot be read.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise _named(error, path) from error
    try:
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        connection.execute("BEGIN")
        yield Transaction(connection)
    except apsw.Error as error:
        raise _named(error, path) from error
    finally:
        connection.close()


def _named(error: apsw.Error, path: Path) -> DatabaseError:
    if isinstance(error, apsw.FullError):
        return DatabaseFullError(f"no room left on the disk that holds {path}: free some space")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return DatabaseCorruptError(f"{path} is damaged ({error}): move it aside and restore the last backup")
    return DatabaseError(f"{path}: {error}")
