from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from foundation.clock import ManualClock
from foundation.journal import Entry, Fact, Journal, Tail, UnreadableFactError, read_entries
from tests.support.waiting import wait_until


class Told(Fact):
    kind: ClassVar[str] = "test.told"
    text: str


class ToldNow(Fact):
    kind: ClassVar[str] = "test.told"
    version: ClassVar[int] = 2
    text: str


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_facts_are_read_in_the_order_they_were_told(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal.open(tmp_path / "speaker.sqlite", clock)
    for text in ("one", "two", "three"):
        journal.append(Told(text=text))
    assert [entry.read(Told).text for entry in read_entries(journal.database.path, after=1)] == ["two", "three"]


def test_a_fact_goes_with_its_transaction(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal.open(tmp_path / "speaker.sqlite", clock)
    with pytest.raises(RuntimeError), journal.database.transaction() as transaction:
        journal.append(Told(text="unsaid"), transaction=transaction)
        raise RuntimeError
    assert read_entries(journal.database.path, after=0) == []


def test_telling_the_same_id_again_adds_nothing(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal.open(tmp_path / "speaker.sqlite", clock)
    first = journal.append(Told(text="once"))
    journal.append(Told(text="again"), fact_id=first)
    assert [entry.read(Told).text for entry in read_entries(journal.database.path, after=0)] == ["once"]


def test_a_listener_goes_on_where_it_stopped(tmp_path: Path, clock: ManualClock) -> None:
    speaker = Journal.open(tmp_path / "speaker.sqlite", clock)
    heard: list[str] = []

    def listen() -> Tail:
        own = Journal.open(tmp_path / "listener.sqlite", clock)
        return Tail(speaker.database.path, own, lambda entry: heard.append(entry.read(Told).text))

    speaker.append(Told(text="one"))
    tail = listen()
    tail.start()
    wait_until(lambda: heard == ["one"])
    tail.close()
    speaker.append(Told(text="two"))
    tail = listen()
    tail.start()
    wait_until(lambda: len(heard) > 1)
    tail.close()
    assert heard == ["one", "two"]


def test_a_listener_far_behind_hears_all_that_was_said_though_nothing_more_is_said(
    tmp_path: Path, clock: ManualClock
) -> None:
    speaker = Journal.open(tmp_path / "speaker.sqlite", clock)
    texts = [f"fact {number}" for number in range(1_600)]  # more than three batches
    with speaker.database.transaction() as transaction:
        for text in texts:
            speaker.append(Told(text=text), transaction=transaction)
    heard: list[str] = []
    tail = Tail(
        speaker.database.path,
        Journal.open(tmp_path / "listener.sqlite", clock),
        lambda entry: heard.append(entry.read(Told).text),
    )
    tail.start()
    wait_until(lambda: len(heard) == len(texts))
    tail.close()
    assert heard == texts
    assert tail.caught_up


@pytest.mark.parametrize("stands_still_for_polls", [1, 3, 60, 500])
def test_a_fact_whose_sync_hung_is_heard_though_nothing_in_the_file_tells_of_it(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, stands_still_for_polls: int
) -> None:
    # SQLite writes its log, syncs it, and only then lets readers see the commit: the stamps are those of the writing.
    speaker, own = Journal.open(tmp_path / "speaker.sqlite", clock), Journal.open(tmp_path / "own.sqlite", clock)
    speaker.append(Told(text="one"))
    heard: list[str] = []
    tail = Tail(speaker.database.path, own, lambda entry: heard.append(entry.read(Told).text))

    def polled(times: int) -> None:
        for _ in range(times):
            if tail.is_due():
                tail.poll()

    with monkeypatch.context() as hanging:
        hanging.setattr("foundation.journal.read_entries", lambda *_, **__: [])
        polled(stands_still_for_polls)
    polled(max(4 * stands_still_for_polls, 4) if stands_still_for_polls < 16 else 64)
    assert heard == ["one"], "at most four times as late as its sync, and never more than 16 s"


def test_a_fact_that_could_not_be_acted_on_is_offered_again(tmp_path: Path, clock: ManualClock) -> None:
    speaker = Journal.open(tmp_path / "speaker.sqlite", clock)
    speaker.append(Told(text="hold"))
    tries: list[int] = []

    def handle(entry: Entry) -> None:
        tries.append(entry.seq)
        if len(tries) == 1:
            raise OSError("disk away")

    own = Journal.open(tmp_path / "listener.sqlite", clock)
    tail = Tail(speaker.database.path, own, handle)
    assert tail.poll() is False
    assert not tail.caught_up
    assert own.cursor("speaker") == 0
    tail.poll()
    assert tries == [1, 1]
    assert own.cursor("speaker") == 1
    assert tail.caught_up


def test_facts_that_come_together_are_noted_as_heard_once_and_none_before_one_that_failed_is_offered_again(
    tmp_path: Path, clock: ManualClock
) -> None:
    speaker = Journal.open(tmp_path / "speaker.sqlite", clock)
    for text in ("one", "two", "three"):
        speaker.append(Told(text=text))
    heard: list[str] = []
    moved: list[int] = []

    class Noting(Journal):
        def move_cursor(self, journal: str, seq: int) -> None:
            moved.append(seq)
            super().move_cursor(journal, seq)

    def handle(entry: Entry) -> None:
        text = entry.read(Told).text
        heard.append(text)
        if heard == ["one", "two", "three"]:
            raise OSError("disk away")

    tail = Tail(speaker.database.path, Noting(Journal.open(tmp_path / "l.sqlite", clock).database, clock), handle)
    tail.poll()
    tail.poll()
    assert heard == ["one", "two", "three", "three"]
    assert moved == [2, 3]


def test_a_fact_of_a_newer_version_is_passed_over_and_counted(tmp_path: Path, clock: ManualClock) -> None:
    speaker = Journal.open(tmp_path / "speaker.sqlite", clock)
    speaker.append(ToldNow(text="from the future"))
    speaker.append(Told(text="known"))
    heard: list[str] = []
    tail = Tail(
        speaker.database.path,
        Journal.open(tmp_path / "listener.sqlite", clock),
        lambda entry: heard.append(entry.read(Told).text),
    )
    tail.poll()
    assert heard == ["known"]
    assert tail.unreadable == 1
    with pytest.raises(UnreadableFactError):
        read_entries(speaker.database.path, after=0)[0].read(Told)


def test_a_speaker_that_has_not_started_yet_is_waited_for(tmp_path: Path, clock: ManualClock) -> None:
    heard: list[str] = []
    tail = Tail(
        tmp_path / "speaker.sqlite",
        Journal.open(tmp_path / "listener.sqlite", clock),
        lambda entry: heard.append(entry.read(Told).text),
    )
    tail.start()
    Journal.open(tmp_path / "speaker.sqlite", clock).append(Told(text="here"))
    wait_until(lambda: heard == ["here"])
    tail.close()


def test_old_facts_of_a_kind_are_let_go_and_the_newest_stays_for_its_readers(tmp_path: Path) -> None:
    clock = ManualClock()
    journal = Journal.open(tmp_path / "speaker.sqlite", clock)

    class Other(Fact):
        kind: ClassVar[str] = "test.other"

    def prune() -> int:
        with journal.database.transaction() as transaction:
            return journal.prune((Told.kind,), before_utc_ns=clock.utc_ns(), transaction=transaction)

    journal.append(Told(text="old"))
    journal.append(Other())
    journal.append(Told(text="old too, and the newest"))
    clock.advance(seconds=60)
    assert prune() == 1
    assert [entry.kind for entry in read_entries(journal.database.path, after=0)] == ["test.other", "test.told"]
    journal.append(Told(text="new"))
    assert prune() == 1
    (_, newest) = read_entries(journal.database.path, after=0)
    assert (newest.seq, newest.read(Told).text) == (4, "new")
