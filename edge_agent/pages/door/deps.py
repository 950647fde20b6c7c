"""What the gate's daily pages (校门日常) are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException

from config.gate import Gate
from edge_agent.pages.door.pin import PinCheck
from edge_agent.pages.record_words import GONE
from foundation.clock import Clock
from foundation.ids import is_id
from gate.book import GateBook
from gate.door import Door
from gate.draft import Draft
from gate.record import RecordConflictError, UnknownRecordError
from gate.stations import Station
from web.problem import PageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorDeps:
    """Every rule lies behind one of these."""

    clock: Clock
    book: GateBook
    orders: Path
    """gate_orders.sqlite, which the office writes; may not be there yet."""
    gate_of: Callable[[Station], Gate]
    guard_of: Callable[[Station], str]
    pins: PinCheck
    drafts: Callable[[str], tuple[Draft, ...]]
    """Unfinished forms of a screen. Raises OSError."""
    open_faults: Callable[[], tuple[str, ...]]
    """Titles of the faults that are open, worst first. Raises DatabaseError."""

    @property
    def door(self) -> Door:
        """Where it is written down."""
        return self.book.door


def check(*ids: str) -> None:
    """404 for what is no id. Raises HTTPException."""
    if not all(is_id(one) for one in ids):
        raise HTTPException(404)


@contextmanager
def record_words() -> Iterator[None]:
    """Say in words that a record is gone or in another state."""
    try:
        yield
    except UnknownRecordError as unknown:
        raise HTTPException(404) from unknown
    except RecordConflictError as conflict:
        raise PageProblem(409, GONE) from conflict
