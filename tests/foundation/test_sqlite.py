from __future__ import annotations

import threading
from pathlib import Path

import pytest

from foundation.sqlite import (
    Database,
    DatabaseCorruptError,
    DatabaseError,
    DatabaseTooNewError,
    Schema,
    open_read_only,
)

ONE = Schema("test", ("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT) STRICT;",))
TWO = Schema("test", (*ONE.steps, "ALTER TABLE thing ADD COLUMN colour TEXT;"))


def test_steps_already_taken_are_not_taken_again(tmp_path: Path) -> None:
    Database(tmp_path / "a.sqlite", ONE).close()
    database = Database(tmp_path / "a.sqlite", TWO)
    database.close()
    database = Database(tmp_path / "a.sqlite", TWO)
    assert database.row("SELECT count(*) FROM pragma_table_info('thing')") == (3,)
    database.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    Database(tmp_path / "a.sqlite", ONE).close()
    bad = Schema("test", (*ONE.steps, "CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1);"))
    with pytest.raises(DatabaseError):
        Database(tmp_path / "a.sqlite", bad)
    database = Database(tmp_path / "a.sqlite", ONE)
    assert database.row("SELECT 1 FROM sqlite_master WHERE name = 'more'") is None
    database.close()


def test_a_file_of_a_newer_version_is_refused_and_says_so(tmp_path: Path) -> None:
    Database(tmp_path / "a.sqlite", TWO).close()
    with pytest.raises(DatabaseTooNewError, match="newer version"):
        Database(tmp_path / "a.sqlite", ONE)


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"not a database at all, but long enough to look" * 50)
    with pytest.raises(DatabaseCorruptError, match=r"a\.sqlite"):
        Database(tmp_path / "a.sqlite", ONE)


def test_a_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE)
    with pytest.raises(RuntimeError), database.transaction() as transaction:
        transaction.execute("INSERT INTO thing (name) VALUES ('half')")
        raise RuntimeError
    assert database.rows("SELECT * FROM thing") == []
    database.close()


def test_a_reader_sees_one_moment_and_cannot_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE)
    with open_read_only(tmp_path / "a.sqlite") as reader:
        assert reader.rows("SELECT * FROM thing") == []
        with database.transaction() as transaction:
            transaction.execute("INSERT INTO thing (name) VALUES ('later')")
        assert reader.rows("SELECT * FROM thing") == []
    with pytest.raises(DatabaseError), open_read_only(tmp_path / "a.sqlite") as reader:
        reader.execute("DELETE FROM thing")
    assert database.row("SELECT name FROM thing") == ("later",)
    database.close()


def test_a_file_that_is_not_there_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError), open_read_only(tmp_path / "none.sqlite"):
        pass
    assert not (tmp_path / "none.sqlite").exists()


def test_many_threads_take_turns(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE, synchronous="NORMAL")

    def write() -> None:
        for _ in range(25):
            with database.transaction() as transaction:
                transaction.execute("INSERT INTO thing (name) VALUES ('x')")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.row("SELECT count(*) FROM thing") == (200,)
    database.close()
