"""Asks devices once a day what footage they hold themselves (Profile G), and says when a card stops or lies."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from camera.device_error import DeviceError, OnvifFault
from camera.register import Register
from camera.visit import Visitor
from config.credential import CredentialError
from foundation.clock import NS_PER_S, Clock, rfc3339
from foundation.finding import Evidence, FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import Row

if TYPE_CHECKING:
    from camera.onvif.held_footage import HeldFootage, Recording

_log = structlog.get_logger("held")

HELD_ENDED: Final = "camera.held_footage_ended"
HELD_DOUBTFUL: Final = "camera.held_footage_doubtful"

EVERY_NS: Final = 24 * 3600 * NS_PER_S
_AGAIN_NS: Final = 3600 * NS_PER_S
"""After a device that did not answer."""
_TICK_S: Final = 60.0


class HeldWatch(Service):
    """One device after the other on its own thread; one that does not answer is asked again in an hour."""

    def __init__(
        self,
        visitors: Sequence[Visitor],
        register: Register,
        findings: FindingBoard,
        clock: Clock,
        *,
        is_well: Callable[[str], bool],
    ) -> None:
        super().__init__("held-footage")
        self._visitors = visitors
        self._register = register
        self._findings = findings
        self._clock = clock
        self._is_well = is_well
        self._tried_ns: dict[str, int] = {}

    def _loop(self) -> None:
        while not self.stopping.wait(_TICK_S):
            self.ask_due()

    def ask_due(self) -> None:
        """Ask every device whose turn it is."""
        for visitor in self._visitors:
            if self.stopping.is_set():
                return
            if self._is_due(visitor.device_id) and self._is_well(visitor.device_id):
                self._tried_ns[visitor.device_id] = self._clock.running_ns()
                self._ask(visitor)

    def _is_due(self, device_id: str) -> bool:
        tried_ns = self._tried_ns.get(device_id)
        if tried_ns is not None and self._clock.running_ns() - tried_ns < _AGAIN_NS:
            return False
        row = self._row(device_id)
        # a report from the future is from a clock that was wrong, and counts for nothing
        return row is None or not 0 <= self._clock.utc_ns() - int(row[0]) < EVERY_NS

    def _ask(self, visitor: Visitor) -> None:
        from camera.onvif.held_footage import read_held_footage  # late: zeep

        device_id, now_utc_ns = visitor.device_id, self._clock.utc_ns()
        before = self._row(device_id)
        if before is not None and now_utc_ns - int(before[0]) < _AGAIN_NS:
            before = None  # this box's clock was set meanwhile: nothing can be said of what has grown
        try:
            device = visitor.device(visitor.login())
            held = read_held_footage(device, now_utc_ns=now_utc_ns, before=_recordings(before))
        except OnvifFault as fault:
            if fault.unsupported:
                self._write(device_id, None)
            return
        except (DeviceError, CredentialError) as error:
            _log.info("a device did not say what it holds", device=device_id, error=str(error))
            return
        self._write(device_id, held)
        self._tell(device_id, held, before)

    def _row(self, device_id: str) -> Row | None:
        return self._register.database.row(
            "SELECT asked_utc_ns, found_to_utc_ns, recordings FROM held_footage WHERE device_id = ?", (device_id,)
        )

    def _write(self, device_id: str, held: HeldFootage | None) -> None:
        from camera.onvif.held_footage import gaps  # late: zeep

        claimed = held.claimed if held is not None else None
        found = held.stretches if held is not None else ()
        holes = gaps(found)
        values = (
            device_id,
            self._clock.utc_ns(),
            held.belief.value if held is not None else "",
            held.reason if held is not None else "",
            claimed.from_utc_ns if claimed is not None else None,
            claimed.to_utc_ns if claimed is not None else None,
            found[0].from_utc_ns if found else None,
            found[-1].to_utc_ns if found else None,
            len(holes),
            sum(hole.to_utc_ns - hole.from_utc_ns for hole in holes),
            json.dumps(_ends(held)),
        )
        with self._register.database.transaction() as transaction:
            transaction.execute("INSERT OR REPLACE INTO held_footage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _tell(self, device_id: str, held: HeldFootage, before: Row | None) -> None:
        from camera.onvif.held_footage import Belief  # late: zeep

        subject = f"device:{device_id}"
        if held.belief is Belief.LYING:
            # whether a liar's card still records, nobody knows: what was said of it stays
            self._findings.open(subject, HELD_DOUBTFUL, Severity.ATTENTION, evidence={"reason": held.reason})
            return
        self._findings.clear(subject, HELD_DOUBTFUL)
        newest_ns = held.stretches[-1].to_utc_ns if held.stretches else None
        last_ns = int(before[1]) if before is not None and before[1] is not None else None
        if held.belief is Belief.STANDING or (last_ns is not None and (newest_ns is None or newest_ns <= last_ns)):
            evidence: Evidence = {"newest": rfc3339(newest_ns) if newest_ns is not None else None}
            self._findings.open(subject, HELD_ENDED, Severity.ATTENTION, evidence=evidence)
        elif newest_ns is not None:
            self._findings.clear(subject, HELD_ENDED)


def _ends(held: HeldFootage | None) -> dict[str, int]:
    recordings = held.recordings if held is not None else ()
    return {one.token: one.video.to_utc_ns for one in recordings if one.video is not None}


def _recordings(row: Row | None) -> tuple[Recording, ...]:
    """The recordings of an earlier look, as far as growth is judged by them."""
    from camera.onvif.held_footage import Recording, Stretch  # late: zeep

    ends: dict[str, int] = json.loads(row[2]) if row is not None else {}
    return tuple(Recording(token, "", Stretch(end, end), "") for token, end in ends.items())
