"""A fault ledger, and a role whose journal it follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal, read_entries
from safety.ledger import FaultLedger

EARLY = 1_795_240_800_000_000_000  # 2026-11-21 14:00 in Beijing


@dataclass(slots=True)
class Speaker:
    """A role that finds things and tells the ledger."""

    journal: Journal
    board: FindingBoard
    ledger: FaultLedger
    heard: int = 0

    def tell(self) -> None:
        """Hand everything new to the ledger."""
        for entry in read_entries(self.journal.database.path, after=self.heard):
            self.ledger.take(entry)
            self.heard = entry.seq

    def tell_all_again(self) -> None:
        """Hand over the whole journal from the beginning, as after a lost cursor."""
        for entry in read_entries(self.journal.database.path, after=0):
            self.ledger.take(entry)


def device_of(subject: str) -> str | None:
    """Points gate-east-1, gate-east-2 … belong to the device gate-east."""
    kind, _, name = subject.partition(":")
    return name if kind == "device" else name.rpartition("-")[0] if kind == "point" else None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_utc_ns=EARLY)


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock) -> Iterator[FaultLedger]:
    opened = FaultLedger(tmp_path / "safety.sqlite", clock, device_of=device_of)
    yield opened
    opened.close()


@pytest.fixture
def inspector(tmp_path: Path, clock: ManualClock, ledger: FaultLedger) -> Iterator[Speaker]:
    journal = Journal.open(tmp_path / "journal" / "inspector.sqlite", clock)
    yield Speaker(journal, FindingBoard(journal, clock), ledger)
    journal.database.close()


@pytest.fixture
def recorder(tmp_path: Path, clock: ManualClock, ledger: FaultLedger) -> Iterator[Speaker]:
    journal = Journal.open(tmp_path / "journal" / "recorder.sqlite", clock)
    yield Speaker(journal, FindingBoard(journal, clock), ledger)
    journal.database.close()
