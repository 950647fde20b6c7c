"""Sirens, lamps and broadcast (警号、警灯、广播), after storing and never in an alarm's way.

The gatehouse switches coils, the inspector relays of cameras: rule and loop are the same, only the outlet differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from alarms.escalation import Call, call_in_school
from alarms.record import AlarmRecord
from config.siren import Siren
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("alarms")

TICK_S: Final = 0.5
PULSE_S: Final = 2
RETRY_S: Final = 1.0


def sounds(siren: Siren, alarm: AlarmRecord, *, now_running_ns: int, boot_id: str) -> bool:
    """Whether an alarm makes this siren sound now; a silent, forced, called-off or acknowledged one never does."""
    call = call_in_school(alarm, now_running_ns=now_running_ns, boot_id=boot_id)
    if call is Call.NONE:
        return False
    sounded_s = (now_running_ns - alarm.running_ns) / NS_PER_S - siren.after_s
    if not 0 <= sounded_s < siren.sounds_for_s:
        return False
    pausing = siren.pulses and call is Call.CALLING and int(sounded_s) // PULSE_S % 2 == 1
    return not pausing


class OutletError(Exception):
    """An outlet did not do what it was asked."""


class Outlet(Protocol):
    """What a siren hangs on."""

    renew_s: float | None
    """While it sounds it is switched on again so often: a relay may fall back by itself. None if it stays."""

    def switch(self, *, on: bool) -> None:
        """Raises OutletError."""


class Alarms(Protocol):
    """Where a siren sees the alarms: alarms.book.Book, or alarms.follow.FollowedAlarms in another role."""

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until something differs from what `version` showed; returns the version then."""

    def recent(self) -> Sequence[AlarmRecord]:
        """The newest alarms."""


class SirenSwitch(Service):
    """Keeps one outlet as the alarms ask for it; one that does not answer is told of and tried again."""

    def __init__(
        self,
        siren: Siren,
        outlet: Outlet,
        alarms: Alarms,
        *,
        clock: Clock,
        unreachable: Callable[[str, str | None], None],
    ) -> None:
        """`unreachable(siren id, error)` hears of trouble and, with None, of its end."""
        super().__init__(f"siren-{siren.id}")
        self._siren = siren
        self._outlet = outlet
        self._alarms = alarms
        self._clock = clock
        self._unreachable = unreachable
        self._switched_ns = 0
        self.sounding = False

    def _loop(self) -> None:
        version = -1
        while not self.stopping.is_set():
            version = self._alarms.wait(version, TICK_S)
            wanted = self._wanted()
            if (wanted != self.sounding or (wanted and self._falls_back())) and not self._switch(on=wanted):
                self.stopping.wait(RETRY_S)
        if self.sounding:
            self._switch(on=False)

    def _wanted(self) -> bool:
        now_ns, boot_id = self._clock.running_ns(), self._clock.boot_id()
        return any(
            sounds(self._siren, alarm, now_running_ns=now_ns, boot_id=boot_id) for alarm in self._alarms.recent()
        )

    def _falls_back(self) -> bool:
        renew_s = self._outlet.renew_s
        return renew_s is not None and self._clock.running_ns() - self._switched_ns >= renew_s * NS_PER_S

    def _switch(self, *, on: bool) -> bool:
        self._switched_ns = self._clock.running_ns()
        try:
            self._outlet.switch(on=on)
        except OutletError as error:
            _log.error("a siren does not answer", siren=self._siren.id, error=str(error))
            self._unreachable(self._siren.id, str(error))
            return False
        self.sounding = on
        self._unreachable(self._siren.id, None)
        return True


def siren_findings(board: FindingBoard) -> Callable[[str, str | None], None]:
    """Tells of sirens that do not answer; a disk in trouble must not stop a siren."""

    def tell(siren: str, error: str | None) -> None:
        subject, kind = f"siren:{siren}", "alarm.siren_unreachable"
        try:
            if error is None:
                board.clear(subject, kind)
            else:
                board.open(subject, kind, Severity.FAILING, evidence={"error": error})
        except DatabaseError as trouble:
            _log.error("a finding could not be kept", siren=siren, error=str(trouble))

    return tell
