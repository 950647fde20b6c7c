"""Who saw what is on the disk, cannot be changed unnoticed, and can be forgotten by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from edge_agent.access_log import AccessKind, AccessLog, Who
from foundation.audit import verify_audit
from foundation.clock import ManualClock

LI = Who("li", "李老师")
REASON = "核实 <b>7 点</b> 的报警"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock) -> Iterator[AccessLog]:
    opened = AccessLog(tmp_path / "access.sqlite", clock)
    yield opened
    opened.close()


def test_a_look_is_read_back_as_it_was_noted_also_after_a_restart(
    log: AccessLog, clock: ManualClock, tmp_path: Path
) -> None:
    noted = log.note(AccessKind.PLAY, LI, ["gate-east", "corridor"], (1_000, 2_000), REASON)
    log.close()
    again = AccessLog(tmp_path / "access.sqlite", clock)
    assert again.find(noted.id) == noted
    assert (noted.who, noted.reason, noted.points, noted.from_ms) == (LI, REASON, ("gate-east", "corridor"), 1_000)
    assert again.verify().holds
    again.close()


def test_entries_come_newest_first_page_by_page_and_by_point(log: AccessLog, clock: ManualClock) -> None:
    for number in range(5):
        clock.advance(seconds=1)
        log.note(AccessKind.STILL, LI, ["gate" if number % 2 else "yard"], (number, number), "看")
    first = log.latest(limit=3)
    assert [entry.from_ms for entry in first] == [4, 3, 2]
    assert [entry.from_ms for entry in log.latest(limit=3, before=first[-1].seq)] == [1, 0]
    assert [entry.from_ms for entry in log.latest(point="gate")] == [3, 1]


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE audit_body SET body = zeroblob(length(body)) WHERE seq = 1",
        "UPDATE audit SET at_utc_ns = at_utc_ns + 1 WHERE seq = 2",
        "DELETE FROM audit_body WHERE seq = 2; DELETE FROM audit WHERE seq = 2",
    ],
)
def test_an_entry_that_was_changed_or_taken_out_is_noticed(log: AccessLog, forgery: str) -> None:
    for _ in range(3):
        log.note(AccessKind.PLAY, LI, ["gate"], (0, 1), REASON)
    assert log.verify().holds
    connection = apsw.Connection(str(log.database.path))
    connection.execute(forgery)
    connection.close()
    assert not log.verify().holds


def test_the_file_alone_names_nobody(log: AccessLog, tmp_path: Path) -> None:
    log.note(AccessKind.PLAY, LI, ["gate"], (0, 1), REASON)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("access.sqlite*"))
    assert b"gate" in content
    for text in ("李老师", REASON):
        assert text.encode() not in content


def test_a_person_can_be_forgotten_and_the_chain_says_so(log: AccessLog, clock: ManualClock, tmp_path: Path) -> None:
    gone = log.note(AccessKind.PLAY, LI, ["gate"], (0, 1), REASON)
    kept = log.note(AccessKind.PLAY, LI, ["gate"], (0, 1), REASON)
    assert log.erase(gone.id, reason="本人要求")
    assert not log.erase(gone.id, reason="本人要求")
    found = log.find(gone.id)
    assert found is not None
    assert (found.who, found.reason, found.points) == (None, "", ("gate",))
    assert log.find(kept.id) == kept
    verdict = verify_audit(tmp_path / "access.sqlite")
    assert (verdict.holds, verdict.erased) == (True, 1)


def test_an_erasure_outlives_a_restored_backup(log: AccessLog, clock: ManualClock, tmp_path: Path) -> None:
    gone = log.note(AccessKind.PLAY, LI, ["gate"], (0, 1), REASON)
    log.close()
    backup = (tmp_path / "access.sqlite").read_bytes()
    log = AccessLog(tmp_path / "access.sqlite", clock)
    log.erase(gone.id, reason="本人要求")
    log.close()
    for file in tmp_path.glob("access.sqlite*"):
        file.unlink()
    (tmp_path / "access.sqlite").write_bytes(backup)
    restored = AccessLog(tmp_path / "access.sqlite", clock)
    found = restored.find(gone.id)
    assert found is not None
    assert found.who is None
    assert restored.verify().holds
    restored.close()
