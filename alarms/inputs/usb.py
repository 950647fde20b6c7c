"""A USB button: a keyboard to the kernel, read as the kernel tells it (evdev) and taken away from the console."""

from __future__ import annotations

import fcntl
import os
import select
import struct
from typing import Final

import structlog

from alarms.inputs.circuit import Circuit
from alarms.inputs.contact import Level
from config.alarm_input import UsbButton
from foundation.clock import Clock
from foundation.service import Service

_log = structlog.get_logger("alarms")

_EVENT: Final = struct.Struct("llHHi")  # struct input_event: time, type, code, value
_EV_KEY: Final = 1
_UP, _DOWN = 0, 1  # 2 is the kernel's repetition of a key that is held
_KEYS_BYTES: Final = 96  # KEY_MAX / 8
_EVIOCGKEY: Final = 0x80000000 | _KEYS_BYTES << 16 | ord("E") << 8 | 0x18
_EVIOCGRAB: Final = 0x40044590  # so that a press does not type a letter somewhere too
_RETRY_S: Final = 1.0
_TICK_S: Final = 0.1
_NS_PER_MS: Final = 1_000_000


class UsbInput(Service):
    """Presses when the key goes down; looks for the device again when it was pulled out, which is a finding."""

    def __init__(self, circuit: Circuit, *, clock: Clock) -> None:
        super().__init__(f"usb-{circuit.item.id}")
        assert circuit.item.usb is not None
        self._usb: UsbButton = circuit.item.usb
        self._circuit = circuit
        self._clock = clock
        self.plugged_in = False

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                device = os.open(self._usb.device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                self._unplugged(error)
                continue
            try:
                self._read(device)
            except OSError as error:
                self._unplugged(error)
            finally:
                os.close(device)

    def _read(self, device: int) -> None:
        try:
            fcntl.ioctl(device, _EVIOCGRAB, 1)
        except OSError as error:
            _log.debug("the button is not taken away from the console", input=self._circuit.item.id, error=str(error))
        self.plugged_in = True
        self._circuit.reachable()
        level = self._now(device)
        self._tell(level)
        while not self.stopping.is_set():
            if select.select([device], [], [], _TICK_S)[0]:
                data = os.read(device, _EVENT.size * 64)
                if not data:
                    raise OSError("the device is gone")
                for _, _, kind, code, value in _EVENT.iter_unpack(data[: len(data) // _EVENT.size * _EVENT.size]):
                    if (kind, code) == (_EV_KEY, self._usb.key) and value in (_UP, _DOWN):
                        level = Level.PRESSED if value == _DOWN else Level.REST
                        self._tell(level)
            self._tell(level)

    def _now(self, device: int) -> Level:
        # A key that is down already when we come is a press, as with every contact.
        try:
            keys = fcntl.ioctl(device, _EVIOCGKEY, bytes(_KEYS_BYTES))
        except OSError:
            return Level.REST
        return Level.PRESSED if keys[self._usb.key // 8] >> self._usb.key % 8 & 1 else Level.REST

    def _tell(self, level: Level) -> None:
        self._circuit.read(level, self._clock.running_ns() // _NS_PER_MS)

    def _unplugged(self, error: OSError) -> None:
        if self.plugged_in:
            _log.warning("a USB button is gone", input=self._circuit.item.id, error=str(error))
        self.plugged_in = False
        self._circuit.unreachable(str(error))
        self.stopping.wait(_RETRY_S)
