"""The fault ledger (隐患台账) in the office: it follows what every role finds and what the gatehouse is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from config.settings import Settings
from edge_agent.held import Held
from edge_agent.role import Role, RoleContext
from foundation.finding import read_open_findings
from foundation.journal import Tail
from foundation.service import Service
from foundation.sqlite import open_read_only
from foundation.state import StateDirectory
from safety.facts import LEDGER
from safety.ledger import FaultLedger
from safety.photo import PhotoShelf

_log = structlog.get_logger("faults")


@dataclass(frozen=True, slots=True)
class FaultService:
    """What the office uses: start `services` before its pages, close them after."""

    ledger: FaultLedger
    photos: PhotoShelf
    services: tuple[Service, ...]


def fault_services(context: RoleContext) -> FaultService:
    """The ledger and what feeds it; nothing runs yet. Raises DatabaseError."""
    state = context.state
    ledger = FaultLedger(state.database(LEDGER), context.clock, device_of=device_of(context.settings))
    tails = [FindingTail(state.journal(role), ledger) for role in Role]
    return FaultService(ledger, photo_shelf(state), (Held("fault-ledger", ledger.close), *tails))


def photo_shelf(state: StateDirectory) -> PhotoShelf:
    """Where photos of faults lie."""
    return PhotoShelf(state.root / "photos")


def device_of(settings: Settings) -> Callable[[str], str | None]:
    """The device of a finding's subject: a point's, or the device itself."""
    by_subject = {f"device:{device.id}": device.id for device in settings.devices}
    by_subject.update({f"point:{point.id}": point.device for point in settings.points})
    return by_subject.get


class FindingTail(Tail):
    """Follows one role's journal; once it has caught up it settles what a lost journal left open."""

    def __init__(self, path: Path, ledger: FaultLedger) -> None:
        super().__init__(path, ledger.journal, ledger.take)
        self._journal = path
        self._ledger = ledger
        self._settled = False

    def poll(self) -> bool:
        """Hand over one batch; True if there may be more at once."""
        more = super().poll()
        return self._settle() if self.caught_up and not self._settled else more

    def _settle(self) -> bool:
        role = self._journal.stem
        with open_read_only(self._journal) as reader:
            row = reader.row("SELECT coalesce(max(seq), 0) FROM fact")
        last, heard = int(row[0]) if row else 0, self._ledger.journal.cursor(role)
        if last > heard:
            return True
        if last < heard:
            _log.warning("a journal was replaced and is read from its beginning", role=role, heard=heard, last=last)
            self._ledger.hear_anew(role)
            return True
        gone = self._ledger.let_go(role, {finding.id for finding in read_open_findings(self._journal)})
        if gone:
            _log.warning("findings that their role no longer has were cleared", role=role, count=gone)
        self._settled = True
        return False
