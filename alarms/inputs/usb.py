"""A USB button: a keyboard to the kernel, read as the kernel tells it and taken away from the console."""

from __future__ import annotations

import fcntl
import os
import select
import struct
from typing import Final

import structlog

from alarms.line import AlarmLine
from alarms.press import PressRequest
from config.alarm_input import AlarmInput, UsbButton
from foundation.ids import new_id
from foundation.service import Service

_log = structlog.get_logger("alarms")

_EVENT: Final = struct.Struct("llHHi")  # struct input_event: time, type, code, value
_EV_KEY: Final = 1
_DOWN: Final = 1
_EVIOCGRAB: Final = 0x40044590  # so that a press does not type a letter somewhere too
_RETRY_S: Final = 1.0


class UsbInput(Service):
    """Presses when the key goes down; looks for the device again when it was pulled out."""

    def __init__(self, item: AlarmInput, line: AlarmLine) -> None:
        super().__init__(f"usb-{item.id}")
        assert item.usb is not None
        self._usb: UsbButton = item.usb
        self._input_id = item.id
        self._line = line
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
            _log.debug("the button is not taken away from the console", input=self._input_id, error=str(error))
        self.plugged_in = True
        while not self.stopping.is_set():
            if not select.select([device], [], [], 0.2)[0]:
                continue
            data = os.read(device, _EVENT.size * 64)
            if not data:
                raise OSError("the device is gone")
            for _, _, kind, code, value in _EVENT.iter_unpack(data[: len(data) // _EVENT.size * _EVENT.size]):
                if (kind, code, value) == (_EV_KEY, self._usb.key, _DOWN):
                    self._line.press(PressRequest(press_id=new_id(), input_id=self._input_id))

    def _unplugged(self, error: OSError) -> None:
        if self.plugged_in:
            _log.warning("a USB button is gone", input=self._input_id, error=str(error))
        self.plugged_in = False
        self.stopping.wait(_RETRY_S)
