"""Sirens and lamps by Modbus coil, after storing and never in an alarm's way. A silent or forced alarm touches none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from alarms.book import Book
from alarms.record import AlarmRecord, StepKind
from config.siren import Siren
from foundation.clock import NS_PER_S, Clock
from foundation.service import Service

_log = structlog.get_logger("alarms")

TIMEOUT_S: Final = 1.0
_TICK_S: Final = 1.0


def sounds(alarm: AlarmRecord, *, now_running_ns: int, boot_id: str, for_s: int) -> bool:
    """Whether an alarm makes noise now. One that was called off is quiet, and so is one by a duress PIN."""
    quiet = alarm.silent or alarm.duress or alarm.called_off is not None or alarm.closed
    if quiet or alarm.step(StepKind.LOCAL_ACKNOWLEDGED) is not None or alarm.boot_id != boot_id:
        return False
    return now_running_ns - alarm.running_ns < for_s * NS_PER_S


class SirenSwitch(Service):
    """Keeps one coil as the alarms ask for it; a module that does not answer is told of and tried again."""

    def __init__(
        self, siren: Siren, book: Book, *, clock: Clock, unreachable: Callable[[str, str | None], None]
    ) -> None:
        """`unreachable(siren id, error)` hears of trouble and, with None, of its end."""
        super().__init__(f"siren-{siren.id}")
        self._siren = siren
        self._book = book
        self._clock = clock
        self._unreachable = unreachable
        self.sounding = False

    def _loop(self) -> None:
        version = -1
        while not self.stopping.is_set():
            version = self._book.wait(version, _TICK_S)
            wanted = self._wanted()
            if wanted != self.sounding and self._switch(on=wanted):
                self.sounding = wanted
        if self.sounding:
            self._switch(on=False)

    def _wanted(self) -> bool:
        now_ns, boot_id = self._clock.running_ns(), self._clock.boot_id()
        return any(
            sounds(alarm, now_running_ns=now_ns, boot_id=boot_id, for_s=self._siren.sounds_for_s)
            for alarm in self._book.recent()
        )

    def _switch(self, *, on: bool) -> bool:
        from pymodbus import ModbusException  # most schools have no such siren, and it takes time to load
        from pymodbus.client import ModbusTcpClient

        client = ModbusTcpClient(self._siren.host, port=self._siren.port, timeout=TIMEOUT_S, retries=0)
        try:
            connected = client.connect()  # type: ignore[no-untyped-call]
            answer = client.write_coil(self._siren.coil, on, device_id=self._siren.unit) if connected else None
            error = "no connection" if answer is None else str(answer) if answer.isError() else None
        except (ModbusException, OSError) as trouble:
            error = str(trouble)
        finally:
            client.close()  # type: ignore[no-untyped-call]
        if error is not None:
            _log.error("a siren does not answer", siren=self._siren.id, error=error)
        self._unreachable(self._siren.id, error)
        return error is None
