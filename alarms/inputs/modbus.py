"""Contacts on a Modbus/TCP module, read twenty times a second; one service for each module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from pymodbus import ModbusException
from pymodbus.client import ModbusTcpClient

from alarms.inputs.contact import Change, Contact, Level, feed, level_of_bit, level_of_value, timing_of
from alarms.line import AlarmLine, NoSuchAlarmError, NotStoredError
from alarms.press import PressRequest
from alarms.record import StepKind
from config.alarm_input import AlarmInput, ModbusContact, Wiring
from foundation.clock import Clock
from foundation.finding import Severity
from foundation.ids import new_id
from foundation.service import Service
from uplink.messages.alarm import UpdateKind

_log = structlog.get_logger("alarms")

POLL_S: Final = 0.05
TIMEOUT_S: Final = 1.0
RETRY_S: Final = 1.0
_NS_PER_MS: Final = 1_000_000

OpenFinding = Callable[[str, str, Severity, str], object]
ClearFinding = Callable[[str, str], object]


class ModbusError(Exception):
    """The module does not answer, or not what was asked."""


class ModbusInputs(Service):
    """The contacts of one module. A module that does not answer is a finding of each of its inputs."""

    def __init__(
        self,
        inputs: Sequence[AlarmInput],
        line: AlarmLine,
        *,
        clock: Clock,
        open_finding: OpenFinding,
        clear_finding: ClearFinding,
    ) -> None:
        """All inputs have the same host, port and unit. Findings are handed over as (subject, kind, …)."""
        first = _place(inputs[0])
        super().__init__(f"modbus-{first.host}")
        self._inputs = inputs
        self._line = line
        self._clock = clock
        self._open_finding = open_finding
        self._clear_finding = clear_finding
        self._unit = first.unit
        self._client = ModbusTcpClient(first.host, port=first.port, timeout=TIMEOUT_S, retries=0)
        self._alarms: dict[str, str] = {}
        self._contacts: dict[str, Contact] = {}
        self._answering = False

    def _at_start(self, item: AlarmInput) -> Contact:
        # A contact that was stuck before a restart is the same press still, not a new alarm.
        alarm = next((record for record in self._line.recent() if record.input_id == item.id), None)
        if alarm is not None and alarm.step(StepKind.HELD) is not None and alarm.step(StepKind.RELEASED) is None:
            self._alarms[item.id] = alarm.id
            return Contact(pressed=True, stuck=True, level=Level.PRESSED, since_ms=self._now_ms())
        return Contact()

    def _loop(self) -> None:
        self._contacts = {item.id: self._at_start(item) for item in self._inputs}
        try:
            while not self.stopping.is_set():
                try:
                    self._read_all()
                except (ModbusError, ModbusException, OSError) as error:
                    self._lost(str(error))
                    self._client.close()  # type: ignore[no-untyped-call]
                    self.stopping.wait(RETRY_S)
                else:
                    self.stopping.wait(POLL_S)
        finally:
            self._client.close()  # type: ignore[no-untyped-call]

    def _read_all(self) -> None:
        if not self._client.connected and not self._client.connect():  # type: ignore[no-untyped-call]
            raise ModbusError("no connection")
        for item in self._inputs:
            level = self._read(item)
            contact, change = feed(self._contacts[item.id], level, self._now_ms(), timing_of(item))
            self._contacts[item.id] = contact
            if change is not None:
                self._tell(item, change, level)
        if not self._answering:
            self._answering = True
            for item in self._inputs:
                self._clear_finding(f"input:{item.id}", "alarm.input_unreachable")

    def _read(self, item: AlarmInput) -> Level:
        place = _place(item)
        if item.wiring is Wiring.END_OF_LINE:
            answer = self._client.read_input_registers(place.address, count=1, device_id=self._unit)
        else:
            answer = self._client.read_discrete_inputs(place.address, count=1, device_id=self._unit)
        if answer.isError():
            raise ModbusError(f"address {place.address}: {answer}")
        if item.wiring is Wiring.END_OF_LINE:
            return level_of_value(int(answer.registers[0]), place)
        return level_of_bit(bool(answer.bits[0]), item.wiring)

    def _tell(self, item: AlarmInput, change: Change, level: Level) -> None:
        subject = f"input:{item.id}"
        match change:
            case Change.PRESSED:
                alarm = self._line.press(PressRequest(press_id=new_id(), input_id=item.id))
                self._alarms[item.id] = alarm.alarm_id
            case Change.STUCK:
                self._open_finding(subject, "alarm.input_stuck", Severity.FAILING, "pressed for two minutes")
                self._update(item, UpdateKind.HELD)
            case Change.RELEASED:
                self._clear_finding(subject, "alarm.input_stuck")
                self._update(item, UpdateKind.RELEASED)
            case Change.FAULT:
                self._open_finding(subject, "alarm.input_wiring", Severity.FAILING, level.value)
            case Change.MENDED:
                self._clear_finding(subject, "alarm.input_wiring")

    def _update(self, item: AlarmInput, update: UpdateKind) -> None:
        alarm_id = self._alarms.get(item.id)
        if alarm_id is None:
            return
        try:
            self._line.tell(alarm_id, update)
        except (NoSuchAlarmError, NotStoredError) as error:
            _log.warning("a contact's state was not noted", input=item.id, error=str(error))

    def _lost(self, error: str) -> None:
        self._answering = False
        for item in self._inputs:
            self._open_finding(f"input:{item.id}", "alarm.input_unreachable", Severity.FAILING, error)

    def _now_ms(self) -> int:
        return self._clock.running_ns() // _NS_PER_MS


def by_module(inputs: Sequence[AlarmInput]) -> list[list[AlarmInput]]:
    """Inputs that one connection serves, together."""
    modules: dict[tuple[str, int, int], list[AlarmInput]] = {}
    for item in inputs:
        if item.modbus is not None:
            modules.setdefault((item.modbus.host, item.modbus.port, item.modbus.unit), []).append(item)
    return list(modules.values())


def _place(item: AlarmInput) -> ModbusContact:
    assert item.modbus is not None
    return item.modbus
