"""Looks at duty and patrols all the time (值班巡查检查)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from foundation.clock import Clock, beijing_day
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError
from gate.duty import duty_spans, first_duty_utc_ns
from gate.duty_check import AHEAD_NS, KINDS, DutyTrouble, nobody_on_duty, patrol_trouble, roster_troubles
from gate.hours import read_hours
from gate.patrol import read_rounds
from gate.roster import read_shifts

_EVERY_S: Final = 30.0

_log = structlog.get_logger("gate-watch")


class GateWatch(Service):
    """Opens and clears findings about duty and patrols; part of the gatehouse."""

    def __init__(self, *, book: Path, orders: Path, findings: FindingBoard, clock: Clock, campus: str) -> None:
        super().__init__("gate-watch")
        self._book = book
        self._orders = orders
        self._findings = findings
        self._clock = clock
        self._subject = f"campus:{campus}"

    def _loop(self) -> None:
        while not self.stopping.is_set():
            self.look()
            self.stopping.wait(_EVERY_S)

    def look(self) -> None:
        """Once. A file that cannot be read leaves what is said as it is."""
        try:
            troubles = {one.kind: one for one in self._troubles()}
        except DatabaseError as error:
            _log.warning("duty and patrols could not be looked at", error=str(error))
            return
        for kind in KINDS:
            trouble = troubles.get(kind)
            if trouble is None:
                self._findings.clear(self._subject, kind)
            else:
                severity = Severity.FAILING if trouble.failing else Severity.ATTENTION
                self._findings.open(self._subject, kind, severity, evidence=trouble.evidence)

    def _troubles(self) -> list[DutyTrouble]:
        now = self._clock.utc_ns()
        found = roster_troubles(read_shifts(self._orders, now, now + AHEAD_NS), read_hours(self._orders), now)
        nobody = nobody_on_duty(
            duty_spans(self._book, now - AHEAD_NS, now),
            kept_since_utc_ns=first_duty_utc_ns(self._book),
            now_utc_ns=now,
        )
        today = beijing_day(now)
        # Yesterday's last round is still the latest one in the small hours.
        rounds = [
            one for day in (today - timedelta(days=1), today) for one in read_rounds(self._orders, self._book, day)
        ]
        return [*found, *(one for one in (nobody, patrol_trouble(rounds, now)) if one is not None)]
