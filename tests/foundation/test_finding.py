from __future__ import annotations

from pathlib import Path

import pytest

from foundation.clock import ManualClock
from foundation.finding import FindingBoard, FindingCleared, FindingOpened, Severity, read_open_findings
from foundation.journal import Journal, read_entries


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Journal:
    return Journal.open(tmp_path / "inspector.sqlite", clock)


def test_saying_the_same_again_tells_nothing_new(journal: Journal, clock: ManualClock) -> None:
    board = FindingBoard(journal, clock)
    first = board.open("device:cam-1", "camera.unreachable", Severity.FAILING, evidence={"tries": 3})
    clock.advance(seconds=60)
    second = board.open("device:cam-1", "camera.unreachable", Severity.FAILING, evidence={"tries": 9})
    assert second.id == first.id
    assert second.since_utc_ns == first.since_utc_ns
    assert len(read_entries(journal.database.path, after=0)) == 1


def test_a_worse_severity_is_told_under_the_same_id(journal: Journal, clock: ManualClock) -> None:
    board = FindingBoard(journal, clock)
    first = board.open("volume:main", "storage.slow", Severity.ATTENTION)
    board.open("volume:main", "storage.slow", Severity.FAILING)
    told = [entry.read(FindingOpened).finding for entry in read_entries(journal.database.path, after=0)]
    assert [finding.severity for finding in told] == [Severity.ATTENTION, Severity.FAILING]
    assert {finding.id for finding in told} == {first.id}


def test_what_is_right_again_is_cleared_once_and_may_open_anew(journal: Journal, clock: ManualClock) -> None:
    board = FindingBoard(journal, clock)
    first = board.open("device:cam-1", "camera.unreachable", Severity.FAILING)
    clock.advance(seconds=30)
    ended = board.clear("device:cam-1", "camera.unreachable")
    assert ended is not None
    assert ended.cleared_utc_ns == clock.utc_ns()
    assert board.clear("device:cam-1", "camera.unreachable") is None
    again = board.open("device:cam-1", "camera.unreachable", Severity.FAILING)
    assert again.id != first.id
    kinds = [entry.kind for entry in read_entries(journal.database.path, after=0)]
    assert kinds == [FindingOpened.kind, FindingCleared.kind, FindingOpened.kind]


def test_open_findings_outlive_the_process_and_are_read_by_other_roles(journal: Journal, clock: ManualClock) -> None:
    FindingBoard(journal, clock).open("device:cam-1", "camera.unreachable", Severity.FAILING, cause="switch:1")
    journal.database.close()
    [finding] = read_open_findings(journal.database.path)
    assert (finding.subject, finding.cause) == ("device:cam-1", "switch:1")


def test_a_subject_that_names_nothing_is_refused(journal: Journal, clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="subject"):
        FindingBoard(journal, clock).open("cam 1", "camera.unreachable", Severity.FAILING)
