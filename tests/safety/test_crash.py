"""An office killed at any fact loses none and acts on none twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import SystemClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal, Tail
from foundation.sqlite import open_read_only
from safety.ledger import FaultLedger

OFFICE = Path(__file__).with_name("dying_office.py")


def history(path: Path) -> list[tuple[object, ...]]:
    with open_read_only(path) as reader:
        return reader.rows(
            "SELECT f.number, f.kind, f.stage, f.rounds, e.number, e.what, e.detail FROM fault f "
            "JOIN fault_entry e ON e.fault_id = f.id ORDER BY f.number, e.number"
        )


@pytest.mark.process
@pytest.mark.parametrize("where", ["before", "inside", "after"])
def test_an_office_killed_at_a_fact_goes_on_as_if_nothing_had_been(tmp_path: Path, where: str) -> None:
    clock = SystemClock()
    journal = Journal.open(tmp_path / "inspector.sqlite", clock)
    board = FindingBoard(journal, clock)
    for name in ("a", "b"):
        board.open(f"device:{name}", "camera.unreachable", Severity.FAILING, cause="network")
        board.open(f"device:{name}", "role.unclean_end", Severity.ATTENTION)
        board.clear(f"device:{name}", "role.unclean_end")
        board.clear(f"device:{name}", "camera.unreachable")
    whole = FaultLedger(tmp_path / "whole.sqlite", clock)
    Tail(journal.database.path, whole.journal, whole.take).poll()
    whole.close()

    killed = tmp_path / "safety.sqlite"
    for number in (1, 2, 4, 1, 3):
        ended = subprocess.run(
            [sys.executable, str(OFFICE), str(journal.database.path), str(killed), str(number), where],
            timeout=60,
            check=False,
        )
        assert ended.returncode in (-signal.SIGKILL, 0)
    last = FaultLedger(killed, clock)
    Tail(journal.database.path, last.journal, last.take).poll()
    last.close()
    assert history(killed) == history(tmp_path / "whole.sqlite")
    assert len(history(killed)) > 8
    assert verify_audit(killed).holds
    journal.database.close()
