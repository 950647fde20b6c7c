"""Line tests as the office sees them (报警线路演练): what is due for each input, and every drill with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alarms.drill import Drill, Result, Schedule, every_of, result_of, schedule_of
from alarms.drill_rows import drills_between, input_proofs, recent_drills
from config.alarm_input import AlarmInput
from config.campus import Campus
from config.every import Every
from config.line_test import LineTests
from foundation.clock import Clock, beijing_day_start_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One input and its schedule."""

    input: AlarmInput
    every: Every
    responsible: str
    schedule: Schedule | None
    """None while the gatehouse has never run with this input."""
    proven_utc_ns: int | None
    """Its latest press that the center received."""
    latest: Drill | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """Schedule and file of one campus, read when asked."""

    clock: Clock
    campus: Campus
    inputs: Sequence[AlarmInput]
    line_tests: LineTests
    alarms: Path
    """alarms.sqlite"""

    def result(self, drill: Drill) -> Result:
        """How a drill stands now."""
        return result_of(drill, now_running_ns=self.clock.running_ns(), boot_id=self.clock.boot_id())

    def name_of(self, drill: Drill) -> str:
        """What its button is called; one that left the settings keeps the name that it was pressed under."""
        named = next((item.name for item in self.inputs if item.id == drill.input_id), None)
        return named or (drill.alarm.input_name if drill.alarm else drill.input_id)

    def rows(self) -> list[PlanRow]:
        """Each input of the settings, as it stands with its schedule. Raises DatabaseError."""
        proofs = input_proofs(self.alarms, [item.id for item in self.inputs])
        latest: dict[str, Drill] = {}
        for drill in recent_drills(self.alarms, limit=500):
            latest.setdefault(drill.input_id, drill)
        rows = []
        for item in self.inputs:
            wished, proof = item.line_test or self.line_tests, proofs.get(item.id)
            every = every_of(wished.every, supervised=item.supervised)
            rows.append(
                PlanRow(
                    input=item,
                    every=every,
                    responsible=wished.responsible,
                    schedule=None
                    if proof is None
                    else schedule_of(
                        every,
                        first_known_utc_ns=proof.first_known_utc_ns,
                        proven_utc_ns=proof.proven_utc_ns,
                        now_utc_ns=self.clock.utc_ns(),
                    ),
                    proven_utc_ns=proof.proven_utc_ns if proof is not None else None,
                    latest=latest.get(item.id),
                )
            )
        return rows

    def recent(self, limit: int) -> list[Drill]:
        """The latest, newest first. Raises DatabaseError."""
        return list(recent_drills(self.alarms, limit=limit))

    def running(self) -> list[Drill]:
        """Armed or pressed just now. Raises DatabaseError."""
        return [drill for drill in recent_drills(self.alarms, limit=50) if not self.result(drill).over]

    def filed(self, first: date, end: date) -> list[Drill]:
        """Ended ones of Beijing days, `first` included and `end` excluded, newest first. Raises DatabaseError."""
        found = drills_between(self.alarms, beijing_day_start_ns(first), beijing_day_start_ns(end))
        return [drill for drill in found if self.result(drill).over]
