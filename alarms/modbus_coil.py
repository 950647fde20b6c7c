"""A coil on a Modbus/TCP module: what a siren in the gatehouse's reach hangs on."""

from __future__ import annotations

from typing import Final

from pymodbus import ModbusException
from pymodbus.client import ModbusTcpClient

from alarms.siren import OutletError
from config.siren import Siren

TIMEOUT_S: Final = 1.0


class ModbusCoil:
    """An `alarms.siren.Outlet`; a connection for each switching, since modules keep few open."""

    renew_s: float | None = None

    def __init__(self, siren: Siren) -> None:
        assert siren.host is not None
        assert siren.coil is not None
        self._host, self._port, self._unit, self._coil = siren.host, siren.port, siren.unit, siren.coil

    def switch(self, *, on: bool) -> None:
        """Write the coil. Raises OutletError."""
        client = ModbusTcpClient(self._host, port=self._port, timeout=TIMEOUT_S, retries=0)
        try:
            if not client.connect():  # type: ignore[no-untyped-call]
                raise OutletError(f"no connection to {self._host}:{self._port}")
            answer = client.write_coil(self._coil, on, device_id=self._unit)
            if answer.isError():
                raise OutletError(str(answer))
        except (ModbusException, OSError) as trouble:
            raise OutletError(str(trouble)) from trouble
        finally:
            client.close()  # type: ignore[no-untyped-call]
