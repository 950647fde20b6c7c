"""The center's database: opened, brought up to date and kept for one process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from foundation.service import RefusedError

_log = structlog.get_logger("database")

_BUSY_TIMEOUT_S: Final = 5.0
_POOL_TIMEOUT_S: Final = 10.0
_TURN_TIMEOUT_S: Final = 10.0
_TURN_POLL_S: Final = 0.002
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ONE_CENTER: Final = 0x63656E746572  # 'center': the advisory lock that a running center holds on PostgreSQL
_KEEPALIVES: Final = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
"""By these PostgreSQL notices within 11 s that a center's machine lost its power; left alone it takes two hours."""
_ENDED_WITHIN_S: Final = 15.0
"""So long a starting center waits until PostgreSQL has noticed the end of the one before."""
_ENDED_POLL_S: Final = 0.1


class CenterDatabaseError(RefusedError):
    """The database cannot be used now; the message says what to do."""


def migration_steps() -> list[str]:
    """The revisions of the tables in their order; a step's file is named by its revision."""
    return sorted(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))


class CenterDatabase:
    """One engine. Every write is a whole transaction, on disk before `begin` returns.

    SQLite 3.40, which Debian's Python brings, can damage its write-ahead log when two connections write or checkpoint
    at the same instant. So there is one connection, and whoever uses it, also `campus-center enrol` beside a running
    center, first takes its turn by a lock file. Without the write-ahead log an alarm took three times as long to store.
    """

    def __init__(self, url: URL) -> None:
        self.address = url.render_as_string(hide_password=True)
        self._is_sqlite = url.get_backend_name() == "sqlite"
        self._turns: _Turns | None = None
        if self._is_sqlite:
            self._turns = _Turns(Path(f"{url.database}.lock"), self.address)
            self._engine = create_engine(
                url,
                poolclass=QueuePool,
                pool_size=1,
                max_overflow=0,
                pool_timeout=_POOL_TIMEOUT_S,
                connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_S},
            )
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_immediate)
        else:
            self._engine = create_engine(
                url,
                pool_pre_ping=True,
                pool_size=4,
                pool_timeout=_POOL_TIMEOUT_S,
                connect_args={"connect_timeout": 5, "application_name": "campus-center"},
            )
        self._held: Connection | None = None

    def migrate(self) -> None:
        """Bring the tables up to date; refuses a database of somebody else or of a newer center."""
        steps = migration_steps()
        with self.begin() as connection:
            tables = set(inspect(connection).get_table_names())
            if tables and "alembic_version" not in tables:
                raise CenterDatabaseError(
                    f"the database {self.address} holds tables of something else ({', '.join(sorted(tables)[:3])}): "
                    "give the center a database of its own under database_url"
                )
            if tables:
                found = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
                if found == {steps[-1]}:
                    return
                if not found <= set(steps):
                    raise CenterDatabaseError(
                        f"the database {self.address} was made by a newer center (version {', '.join(sorted(found))}): "
                        "install that version or newer"
                    )
            self._upgrade(connection)

    def _upgrade(self, connection: Connection) -> None:
        # Loaded only when tables change: schools wait for receipts while a center starts again.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        script = Config()
        script.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        script.attributes["connection"] = connection
        try:
            command.upgrade(script, "head")
        except CommandError as error:
            raise CenterDatabaseError(f"the database {self.address} cannot be brought up to date: {error}") from error

    def hold_alone(self, *, within_s: float = _ENDED_WITHIN_S) -> None:
        """Be the only running center on this PostgreSQL database; the state directory's lock guards a SQLite file.

        PostgreSQL notices a little late that a center was killed: its next start waits for that, and is not refused.
        """
        if self._is_sqlite:
            return
        with _named(self.address):
            self._held = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for name, value in _KEEPALIVES.items():
                self._held.execute(text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})
            if _is_alone(self._held):
                return
            if within_s > 0:
                _log.warning("another center holds the database: waiting for its end", at_most_s=within_s)
            pause = threading.Event()
            for _ in range(round(within_s / _ENDED_POLL_S)):
                pause.wait(_ENDED_POLL_S)
                if _is_alone(self._held):
                    return
        raise CenterDatabaseError(
            f"another center already runs on the database {self.address}: stop it first, "
            "or give this one a database of its own"
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back on any error. Raises CenterDatabaseError."""
        with self._turns or contextlib.nullcontext(), _named(self.address), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection; may be called twice."""
        if self._held is not None:
            self._held.close()
            self._held = None
        with self._turns or contextlib.nullcontext():  # the last connection of all folds the log into the file
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_alone(held: Connection) -> bool:
    return bool(held.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ONE_CENTER}))


class _Turns:
    """A lock between processes and threads: one transaction at a time on a SQLite file."""

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._address = address
        self._threads = threading.Lock()
        self._never = threading.Event()
        self._file = -1

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=_TURN_TIMEOUT_S):
            raise CenterDatabaseError(f"the database {self._address} is too busy to answer")
        try:
            self._lock_file()
        except BaseException:
            self._threads.release()
            raise

    def _lock_file(self) -> None:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise CenterDatabaseError(
                f"the database {self._address} cannot be used ({error.strerror}): "
                "check database_url and that this user may write there"
            ) from error
        for _ in range(round(_TURN_TIMEOUT_S / _TURN_POLL_S)):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._never.wait(_TURN_POLL_S)
            else:
                return
        os.close(self._file)
        raise CenterDatabaseError(f"another program holds {self._path}: end it")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
        self._threads.release()


@contextmanager
def _named(address: str) -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise CenterDatabaseError(f"the database {address} is too busy to answer") from error
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        raise CenterDatabaseError(
            f"the database {address} cannot be used ({said}): check database_url and that it is running"
        ) from error
    except SQLAlchemyError as error:
        raise CenterDatabaseError(f"the database {address} cannot be used ({error})") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by us, not by the driver's guess at what a statement is.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # Taking the write lock first: a transaction that reads and then writes cannot be refused half-way.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
