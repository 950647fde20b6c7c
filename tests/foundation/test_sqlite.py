from __future__ import annotations

import threading
import time
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
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

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


def test_a_writer_that_closes_while_another_reads_leaves_nothing_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foundation.sqlite._FOLD_WITHIN_MS", int(WAIT_AT_MOST_S * 1000))
    database = Database(tmp_path / "a.sqlite", ONE)
    reads, closes = threading.Event(), threading.Event()

    def read() -> None:
        with open_read_only(tmp_path / "a.sqlite") as reader:
            assert reader.rows("SELECT * FROM thing") == []
            reads.set()
            assert closes.wait(WAIT_AT_MOST_S)
            time.sleep(0.1)  # the writer is closing

    reading = threading.Thread(target=read)
    reading.start()
    assert reads.wait(WAIT_AT_MOST_S)
    closes.set()
    database.close()
    left = tmp_path / "a.sqlite-wal"
    assert not left.exists() or left.stat().st_size == 0
    reading.join()
    database.close()


def test_a_file_that_is_not_there_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError), open_read_only(tmp_path / "none.sqlite"):
        pass
    assert not (tmp_path / "none.sqlite").exists()


def test_every_commit_waits_for_the_disk_unless_it_was_asked_not_to(tmp_path: Path) -> None:
    full, normal = Database(tmp_path / "a.sqlite", ONE), Database(tmp_path / "b.sqlite", ONE, synchronous="NORMAL")
    assert full.row("PRAGMA synchronous") == (2,)
    assert normal.row("PRAGMA synchronous") == (1,)
    assert full.row("PRAGMA journal_mode") == ("wal",)
    full.close()
    normal.close()


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


def written_together(database: Database, names: list[str], *, fails: str = "") -> dict[str, Exception | None]:
    """Each name written by a thread of its own, all of which wait while another transaction is under way."""
    answers: dict[str, Exception | None] = {}

    def write(name: str) -> None:
        try:
            with database.together() as transaction:
                transaction.execute("INSERT INTO thing (name) VALUES (?)", (name,))
                if name == fails:
                    raise ValueError(name)
            answers[name] = None
        except (ValueError, DatabaseError) as error:
            answers[name] = error

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    with database.transaction():
        for thread in threads:
            thread.start()
        wait_until(lambda: database._waiting == len(names))
    for thread in threads:
        thread.join()
    return answers


def commits(database: Database) -> list[str]:
    """Grows by one at each commit from now on."""
    seen: list[str] = []

    def note() -> bool:
        seen.append("commit")
        return False

    database._connection.set_commit_hook(note)
    return seen


def test_writers_that_wait_for_one_another_share_a_commit_and_are_answered_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foundation.sqlite._LEFT_BEHIND_S", WAIT_AT_MOST_S)  # the next may get the processor later
    database = Database(tmp_path / "a.sqlite", ONE)
    seen = commits(database)
    names = [f"name {number}" for number in range(8)]
    assert set(written_together(database, names).values()) == {None}
    assert len(seen) <= 2  # the transaction that held them up, and theirs
    with open_read_only(tmp_path / "a.sqlite") as reader:
        assert {row[0] for row in reader.rows("SELECT name FROM thing")} == set(names)
    database.close()


def test_one_writer_that_fails_takes_nobody_along(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE)
    answers = written_together(database, ["one", "two", "three"], fails="two")
    assert isinstance(answers.pop("two"), ValueError)
    assert answers == {"one": None, "three": None}
    assert {row[0] for row in database.rows("SELECT name FROM thing")} == {"one", "three"}
    database.close()


def test_a_commit_that_fails_is_told_to_everybody_who_shared_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE)
    names = ["one", "two", "three"]
    with database.together() as transaction:
        transaction.execute("CREATE TABLE child (id INTEGER REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)")

    def orphan(name: str) -> None:
        try:
            with database.together() as transaction:
                transaction.execute("INSERT INTO child VALUES (?)", (hash(name) % 1000,))
            answers[name] = None
        except DatabaseError as error:
            answers[name] = error

    answers: dict[str, DatabaseError | None] = {}
    threads = [threading.Thread(target=orphan, args=(name,)) for name in names]
    with database.transaction():
        for thread in threads:
            thread.start()
        wait_until(lambda: database._waiting == len(names))
    for thread in threads:
        thread.join()
    assert set(map(type, answers.values())) == {DatabaseError}
    assert database.rows("SELECT * FROM child") == []
    with database.together() as transaction:  # and the next one is not bothered by it
        transaction.execute("INSERT INTO thing (name) VALUES ('after')")
    assert database.rows("SELECT name FROM thing") == [("after",)]
    database.close()


def test_reading_through_the_writer_shows_only_what_is_on_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", ONE)
    looked: list[int] = []
    with database.together() as transaction:
        transaction.execute("INSERT INTO thing (name) VALUES ('mine')")
        assert len(database.rows("SELECT * FROM thing")) == 1  # one's own rows are seen
        reading = threading.Thread(target=lambda: looked.append(len(database.rows("SELECT * FROM thing"))))
        reading.start()
        database._waiting += 1  # somebody else is about to write: this one does not commit by itself
    reading.join()
    database._waiting -= 1
    with open_read_only(tmp_path / "a.sqlite") as reader:
        assert reader.row("SELECT count(*) FROM thing") == (1,)
    assert looked == [1]
    database.close()
