"""Evacuation drills (应急疏散演练) in the office: what they need of the gate, and a missed period made a finding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from config.every import Span
from config.settings import Settings
from edge_agent.pages.drill.evacuation_deps import EvacuationDeps
from edge_agent.pages.drill.evacuation_plan import EvacuationBook
from edge_agent.role import RoleContext
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from gate.hours import DayKind, read_hours
from gate.roll_call import RollCall, read_roll_calls
from safety.evacuation import GateRollCall
from safety.evacuation_ledger import EvacuationLedger
from safety.evacuation_schedule import IsSchoolDay, school_days
from safety.facts import LEDGER
from safety.ledger import FaultLedger
from safety.photo import PhotoShelf

_log = structlog.get_logger("evacuation-drills")

_LOOK_EVERY_S: Final = 60.0
_SCHOOL_DAYS: Final = (DayKind.SCHOOL_DAY, DayKind.EXAM_DAY)


@dataclass(frozen=True, slots=True)
class EvacuationService:
    """What the office uses."""

    deps: EvacuationDeps
    services: tuple[Service, ...]


def evacuation_services(context: RoleContext, faults: FaultLedger, photos: PhotoShelf) -> EvacuationService:
    """The file of drills, in the fault ledger's database, and what watches its schedule; nothing runs yet."""
    ledger = EvacuationLedger(faults.journal, context.clock)
    gate = context.state.database("gate")
    book = evacuation_book(context.settings, context.state, context.clock)
    deps = EvacuationDeps(ledger=ledger, book=book, photos=photos, roll_calls=lambda: offered_roll_calls(gate))
    watch = EvacuationWatch(book, context.findings, f"campus:{context.settings.campus.id}")
    return EvacuationService(deps, (watch,))


def evacuation_book(settings: Settings, state: StateDirectory, clock: Clock) -> EvacuationBook:
    """Schedule and file of a campus."""
    orders = state.database("gate_orders")

    def calendar() -> IsSchoolDay:
        marked = read_hours(orders).calendar
        return school_days({day: kind in _SCHOOL_DAYS for day, (kind, _) in marked.items()})

    return EvacuationBook(
        clock=clock,
        campus=settings.campus,
        settings=settings.evacuation_drills,
        path=state.database(LEDGER),
        calendar=calendar,
    )


def offered_roll_calls(gate: Path) -> tuple[GateRollCall, ...]:
    """The gate's latest roll calls that were called as drills, latest first; none where the gate has no book."""
    try:
        return tuple(roll_call_figures(call) for call in read_roll_calls(gate) if call.drill)
    except DatabaseError as error:
        _log.warning("the gate's roll calls cannot be read; a drill can be written down without", error=str(error))
        return ()


def roll_call_figures(call: RollCall) -> GateRollCall:
    """A roll call without names: those are the gate's, sealed and erased in their time."""
    heads = {one.subject: 1 + one.companions for one in call.people}
    last_utc_ns = call.all_found_utc_ns
    return GateRollCall(
        id=call.id,
        begun_utc_ns=call.begun_utc_ns,
        expected=sum(heads.values()),
        found=sum(heads[subject] for subject in call.found if subject in heads),
        all_found_s=None if last_utc_ns is None else (last_utc_ns - call.begun_utc_ns) // NS_PER_S,
    )


class EvacuationWatch(Service):
    """Opens a finding while a period lies behind without a drill, and clears it once one was held."""

    def __init__(self, book: EvacuationBook, board: FindingBoard, subject: str) -> None:
        super().__init__("evacuation-watch")
        self._book = book
        self._board = board
        self._subject = subject

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.look()
            except DatabaseError as error:
                _log.warning("missed drills could not be judged; trying again", error=str(error))
            self.stopping.wait(_LOOK_EVERY_S)

    def look(self) -> None:
        """Once. Raises DatabaseError."""
        missed = self._book.missed()
        if missed.drill is None:
            self._board.clear(self._subject, "drill.evacuation_missed")
        else:
            evidence = _days(missed.drill)
            self._board.open(self._subject, "drill.evacuation_missed", Severity.ATTENTION, evidence=evidence)
        if missed.night is None:
            self._board.clear(self._subject, "drill.night_missed")
        else:
            self._board.open(self._subject, "drill.night_missed", Severity.ATTENTION, evidence=_days(missed.night))


def _days(span: Span) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}
