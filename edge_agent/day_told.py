"""Tells the center each day that is over (每日封存): the heads of footage and audit chains, which it countersigns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import structlog

from alarms.ledger import Ticket
from edge_agent.audit_heads import heads
from foundation.clock import Clock, beijing, beijing_day, rfc3339
from foundation.journal import Journal
from foundation.service import Service
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from storage.ledger import day_entry
from storage.seal import DaySealed as FootageSealed
from uplink.event import Message
from uplink.messages.day import AuditHeadMessage, DaySealed, PointDay
from uplink.topics import Channel

_log = structlog.get_logger("day")

_LOOK_EVERY_S: Final = 60.0
_AFTER_MINUTES: Final = 20
"""After midnight: by then the recorder has sealed the day's footage, if it ever will."""
_CURSOR: Final = "days-told"
_NS_PER_MS: Final = 1_000_000


class DayTold(Service):
    """Once for each Beijing day, soon after it; days that passed while the box was off are told by the next one."""

    def __init__(
        self,
        state: StateDirectory,
        own: Journal,
        clock: Clock,
        *,
        campus: str,
        points: Sequence[str],
        keep: Callable[[Message, Channel], Ticket],
    ) -> None:
        """`keep` is the alarm line's: it says a message until the center's receipt is here."""
        super().__init__("day-told")
        self._state = state
        self._own = own
        self._clock = clock
        self._campus = campus
        self._points = tuple(points)
        self._keep = keep

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.look()
            except DatabaseError as error:
                _log.warning("a day could not be told yet; trying again", error=str(error))
            self.stopping.wait(_LOOK_EVERY_S)

    def look(self) -> bool:
        """Tell yesterday if it is time and was not told; True if it was. Raises DatabaseError."""
        now_utc_ns = self._clock.utc_ns()
        moment = beijing(now_utc_ns)
        yesterday = beijing_day(now_utc_ns) - timedelta(days=1)
        if moment.hour * 60 + moment.minute < _AFTER_MINUTES or self._own.cursor(_CURSOR) >= yesterday.toordinal():
            return False
        ticket = self._keep(self._day(yesterday, now_utc_ns), Channel.DAY)
        ticket.settled.wait(_LOOK_EVERY_S)
        if not ticket.stored:
            return False  # the alarm ledger keeps trying; told twice is harmless, told never is not
        self._own.move_cursor(_CURSOR, yesterday.toordinal())
        return True

    def _day(self, day: date, now_utc_ns: int) -> DaySealed:
        return DaySealed(
            campus=self._campus,
            day=day,
            sealed_at=rfc3339(now_utc_ns),
            footage_head=_footage_head(self._state.database("catalogue")),
            points=self._point_days(day, now_utc_ns),
            audit_heads=tuple(
                AuditHeadMessage(chain=chain, seq=head.seq, hash=head.hash.hex())
                for chain, head in heads(self._state).items()
            ),
        )

    def _point_days(self, day: date, now_utc_ns: int) -> tuple[PointDay, ...]:
        catalogue = self._state.database("catalogue")
        if not catalogue.exists():
            return ()
        entries = [day_entry(catalogue, point, day, now_utc_ns // _NS_PER_MS) for point in self._points]
        return tuple(
            PointDay(
                point=entry.point,
                due_s=entry.due_ms // 1_000,
                proven_s=entry.proven_ms // 1_000,
                longest_gap_s=-(-entry.longest_gap_ms // 1_000),
            )
            for entry in entries
        )


def _footage_head(catalogue: Path) -> str | None:
    if not catalogue.exists():
        return None
    with open_read_only(catalogue) as reader:
        row = reader.row("SELECT body FROM fact WHERE kind = ? ORDER BY seq DESC LIMIT 1", (FootageSealed.kind,))
    return FootageSealed.model_validate_json(row[0]).hash if row else None
