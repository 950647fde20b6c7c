"""What the visitor and vehicle pages are made of (来访 车辆)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException

from config.gate import Gate
from edge_agent.pages.visit.admission_form import AdmissionForm
from foundation.clock import Clock
from foundation.ids import is_id
from gate.book import GateBook, UnknownVisitError, VisitConflictError
from gate.draft import DraftBox
from gate.query import visit_by_id
from gate.record import RecordConflictError, UnknownRecordError
from gate.stations import Station
from gate.visit import Visit
from gate.watch_book import WatchView
from web.language import mark
from web.problem import PageProblem, Words

CONFLICT: Final = Words(mark("这条登记已经是另一种状态，没有改动"), mark("请返回首页看当前的在校名单，再操作一次。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDeps:
    """Every rule lies behind one of these."""

    clock: Clock
    book: GateBook
    gate_of: Callable[[Station], Gate]
    guard_of: Callable[[Station], str]
    admission: AdmissionForm
    """What holds at the gate now: hours, measures, invitations."""
    drafts: DraftBox
    watch: WatchView
    orders: Path
    """gate_orders.sqlite, which holds the watchlist; may not be there yet."""
    silent_press: Callable[[Station, str], bool]
    """silent_press(station, press_id): press the silent alarm (无声报警) of a gate; False if the school has none."""
    has_silent: Callable[[Station], bool]


def known(book: GateBook, visit_id: str) -> Visit:
    """A visit that there is. Raises HTTPException 404."""
    check(visit_id)
    visit = visit_by_id(book.path, visit_id)
    if visit is None:
        raise HTTPException(404)
    return visit


def check(*ids: str) -> None:
    """404 for what is no id. Raises HTTPException."""
    if not all(is_id(one) for one in ids):
        raise HTTPException(404)


@contextmanager
def book_words() -> Iterator[None]:
    """Say in words that a record is gone or in another state."""
    try:
        yield
    except (UnknownVisitError, UnknownRecordError) as unknown:
        raise HTTPException(404) from unknown
    except (VisitConflictError, RecordConflictError) as conflict:
        raise PageProblem(409, CONFLICT) from conflict
