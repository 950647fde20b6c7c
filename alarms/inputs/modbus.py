"""Contacts on a Modbus/TCP module, read twenty times a second; one service for each module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pymodbus import ModbusException
from pymodbus.client import ModbusTcpClient

from alarms.inputs.circuit import Circuit
from alarms.inputs.contact import Level, level_of_bit, level_of_value
from config.alarm_input import AlarmInput, ModbusContact, Wiring
from foundation.clock import Clock
from foundation.service import Service

POLL_S: Final = 0.05
TIMEOUT_S: Final = 1.0
RETRY_S: Final = 1.0
_NS_PER_MS: Final = 1_000_000


class ModbusError(Exception):
    """The module does not answer, or not what was asked."""


class ModbusInputs(Service):
    """The contacts of one module. A module that does not answer is a finding of each of its inputs."""

    def __init__(self, circuits: Sequence[Circuit], *, clock: Clock) -> None:
        """The inputs of all circuits have the same host, port and unit."""
        first = _place(circuits[0].item)
        super().__init__(f"modbus-{first.host}")
        self._circuits = circuits
        self._clock = clock
        self._unit = first.unit
        self._client = ModbusTcpClient(first.host, port=first.port, timeout=TIMEOUT_S, retries=0)
        self._answering = False

    def _loop(self) -> None:
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
        for circuit in self._circuits:
            circuit.read(self._read(circuit.item), self._now_ms())
        if not self._answering:
            self._answering = True
            for circuit in self._circuits:
                circuit.reachable()

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

    def _lost(self, error: str) -> None:
        self._answering = False
        for circuit in self._circuits:
            circuit.unreachable(error)

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
