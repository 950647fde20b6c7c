"""The center's database: made by migrations, guarded against mistakes, durable."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text
from sqlalchemy.engine import URL

from center import tables
from center.database import CenterDatabase, CenterDatabaseError, migration_steps
from simulator.port import free_port
from tests.center.conftest import PostgresCluster

CAMPUS = {"id": "school-1", "name": "一小", "public_key": "k", "enrolled_utc_ns": 1_700_000_000_000_000_000}


def test_the_migrations_make_exactly_the_tables_the_code_speaks_of(database: CenterDatabase) -> None:
    with database.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_the_steps_are_filed_under_their_revisions() -> None:
    migrations = Path(tables.__file__).parent / "migrations"
    revisions = [script.revision for script in ScriptDirectory(str(migrations)).walk_revisions()]
    assert migration_steps() == revisions[::-1]


def test_migrating_twice_keeps_what_is_there(database: CenterDatabase) -> None:
    with database.begin() as connection:
        connection.execute(insert(tables.campus).values(CAMPUS))
    database.migrate()
    with database.begin() as connection:
        assert connection.scalar(select(tables.campus.c.name)) == "一小"


def test_a_row_survives_closing_and_opening(database_url: URL) -> None:
    with CenterDatabase(database_url) as first:
        first.migrate()
        with first.begin() as connection:
            connection.execute(insert(tables.campus).values(CAMPUS))
    with CenterDatabase(database_url) as second, second.begin() as connection:
        assert connection.scalar(select(tables.campus.c.enrolled_utc_ns)) == CAMPUS["enrolled_utc_ns"]


def test_a_failed_block_leaves_nothing(database: CenterDatabase) -> None:
    with pytest.raises(RuntimeError), database.begin() as connection:
        connection.execute(insert(tables.campus).values(CAMPUS))
        raise RuntimeError
    with database.begin() as connection:
        assert connection.scalar(select(tables.campus.c.id)) is None


def test_sqlite_writes_reach_the_disk_before_a_transaction_ends(tmp_path: Path) -> None:
    with CenterDatabase(URL.create("sqlite", database=str(tmp_path / "c.sqlite"))) as database:
        database.migrate()
        with database.begin() as connection:
            assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


def test_two_programs_never_write_to_one_sqlite_file_at_the_same_instant(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "c.sqlite"))
    inside = threading.Event()
    with CenterDatabase(url) as first, CenterDatabase(url) as second:
        first.migrate()

        def take_a_turn() -> None:
            with second.begin():
                inside.set()

        other = threading.Thread(target=take_a_turn)
        with first.begin():
            other.start()
            assert not inside.wait(0.2)
        assert inside.wait(30)
        other.join()


def test_a_database_of_something_else_is_refused(database_url: URL) -> None:
    with CenterDatabase(database_url) as database:
        with database.begin() as connection:
            connection.execute(text("CREATE TABLE pupils (id INTEGER)"))
        with pytest.raises(CenterDatabaseError, match=r"something else \(pupils\)"):
            database.migrate()


def test_a_database_of_a_newer_center_is_refused(database: CenterDatabase) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CenterDatabaseError, match=r"newer center \(version 9999\)"):
        database.migrate()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear school, " * 100)
    with (
        CenterDatabase(URL.create("sqlite", database=str(file))) as database,
        pytest.raises(CenterDatabaseError, match="not a database"),
    ):
        database.migrate()


def test_a_server_that_is_not_there_is_said_in_one_sentence_without_the_password() -> None:
    url = URL.create(
        "postgresql+psycopg", username="c", password="secret", host="127.0.0.1", port=free_port(), database="center"
    )
    with CenterDatabase(url) as database, pytest.raises(CenterDatabaseError) as caught:
        database.migrate()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "check database_url" in str(caught.value)


def test_two_centers_do_not_share_one_postgresql_database(postgres_cluster: PostgresCluster) -> None:
    url = postgres_cluster.new_database()
    with CenterDatabase(url) as first, CenterDatabase(url) as second:
        first.hold_alone()
        with pytest.raises(CenterDatabaseError, match="another center already runs"):
            second.hold_alone(within_s=0)
        first.close()
        second.hold_alone()


_HOLDER = """
SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""


def test_a_center_that_starts_again_waits_until_postgresql_has_noticed_the_end_of_the_one_before(
    postgres_cluster: PostgresCluster,
) -> None:
    url = postgres_cluster.new_database()
    with CenterDatabase(url) as first, CenterDatabase(url) as second:
        first.hold_alone()
        with second.begin() as connection:
            holder = connection.scalar(text(_HOLDER))
        os.kill(holder, signal.SIGSTOP)
        first.close()
        noticed = threading.Timer(0.5, os.kill, (holder, signal.SIGCONT))
        noticed.start()
        second.hold_alone()
        noticed.join()
