"""What every role finds reaches the ledger, also after a journal was lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import read_settings
from edge_agent.fault_wiring import FindingTail, device_of
from foundation.clock import ManualClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal
from safety.grade import Stage
from safety.ledger import FaultLedger
from safety.query import open_faults

EXAMPLE = Path("config/example/campus.yaml")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock) -> Iterator[FaultLedger]:
    opened = FaultLedger(tmp_path / "safety.sqlite", clock)
    yield opened
    opened.close()


def test_a_point_and_its_device_are_known_together(root: Path) -> None:
    settings = read_settings(root / EXAMPLE)
    known = device_of(settings)
    point = settings.points[0]
    assert known(f"point:{point.id}") == known(f"device:{point.device}") == point.device
    assert known("campus:demo") is None


def test_a_journal_that_was_replaced_is_read_from_its_beginning(
    tmp_path: Path, ledger: FaultLedger, clock: ManualClock
) -> None:
    path = tmp_path / "inspector.sqlite"
    for number, names in enumerate((("a", "b", "c"), ("d",))):
        journal = Journal.open(path, clock)
        board = FindingBoard(journal, clock)
        for name in names:
            board.open(f"device:{name}", "camera.login_refused", Severity.FAILING)
        tail = FindingTail(path, ledger)
        while tail.poll():
            pass
        journal.database.close()
        if number == 0:
            for file in tmp_path.glob("inspector.sqlite*"):
                file.unlink()
    stages = {row.fault.subject: row.fault.stage for row in open_faults(ledger.path, clock.utc_ns())}
    assert stages == {
        "device:a": Stage.RECHECKED,
        "device:b": Stage.RECHECKED,
        "device:c": Stage.RECHECKED,
        "device:d": Stage.OPEN,
    }
