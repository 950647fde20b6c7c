"""A gate book and the office's orders on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.clock import ManualClock
from gate.book import GateBook
from gate.orders import GateOrders

SATURDAY_14 = 1_795_240_800_000_000_000
"""2026-11-21 14:00 in Beijing."""
MINUTE = 60_000_000_000
HOUR = 60 * MINUTE


@pytest.fixture
def now() -> ManualClock:
    return ManualClock(now_utc_ns=SATURDAY_14)


@pytest.fixture
def gate_book(tmp_path: Path, now: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", now)
    yield opened
    opened.close()


@pytest.fixture
def orders(tmp_path: Path, now: ManualClock) -> Iterator[GateOrders]:
    opened = GateOrders(tmp_path / "gate_orders.sqlite", now)
    yield opened
    opened.close()
