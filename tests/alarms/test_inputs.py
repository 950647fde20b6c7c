"""Wired contacts and USB buttons: what is a press, what is a fault, and what the settings change."""

from __future__ import annotations

import os
import struct
from functools import partial
from pathlib import Path
from typing import Any

from alarms.inputs.circuit import Circuit, LineFinger
from alarms.inputs.contact import Timing, timing_of
from alarms.inputs.modbus import ModbusInputs
from alarms.inputs.usb import UsbInput
from alarms.record import StepKind
from config.alarm_input import AlarmInput
from foundation.state import StateDirectory
from tests.alarms.conftest import Gatehouse, settings_for
from tests.alarms.modbus_module import ModbusModule
from tests.alarms.parts import KEY, LineParts, request
from tests.support.waiting import wait_until
from uplink.messages.alarm import UpdateKind


def pressed(parts: LineParts, count: int) -> bool:
    return len(parts.line.recent()) == count


class Findings(dict[tuple[str, str], str]):
    """What was opened and not cleared."""

    def open(self, subject: str, kind: str, _severity: object, text: str) -> None:
        self[(subject, kind)] = text

    def end(self, subject: str, kind: str) -> None:
        self.pop((subject, kind), None)


def wall(port: int, **more: Any) -> AlarmInput:
    contact = {"host": "127.0.0.1", "port": port, "address": 3, **more.pop("modbus", {})}
    return AlarmInput.model_validate(
        {"id": "wall", "name": "墙上按钮", "kind": "modbus", "place": "东门", "modbus": contact, **more}
    )


def circuit(item: AlarmInput, parts: LineParts, findings: Findings) -> Circuit:
    return Circuit(item, LineFinger(parts.line), findings, latest=lambda: next(iter(parts.line.recent()), None))


def reading(item: AlarmInput, parts: LineParts, findings: Findings) -> ModbusInputs:
    service = ModbusInputs([circuit(item, parts, findings)], clock=parts.clock)
    service.start()
    return service


def test_debounce_hold_and_restore_are_what_the_settings_say(tmp_path: Path) -> None:
    said = {"id": "hall", "name": "大厅", "kind": "socket", "place": "大厅", "debounce_ms": 40, "hold_ms": 70,
            "restore_ms": 90}  # fmt: skip
    item = AlarmInput.model_validate(said)
    settings = settings_for((), KEY.public_key).model_copy(update={"alarm_inputs": (item,)})
    gatehouse = Gatehouse(settings, StateDirectory(tmp_path))
    line = gatehouse.build().line
    assert line.buttons["hall"].debounce_ms == 40
    assert timing_of(item) == Timing(hold_ms=70, restore_ms=90)
    gatehouse.close()


def test_a_contact_on_a_modbus_module_raises_an_alarm_for_each_press(parts: LineParts, module: ModbusModule) -> None:
    module.inputs[3] = False
    findings = Findings()
    service = reading(wall(module.port, restore_ms=100), parts, findings)
    wait_until(lambda: module.reads > 1, what="the first readings")
    for count in (1, 2):
        module.inputs[3] = True
        wait_until(partial(pressed, parts, count), what="the alarm")
        module.inputs[3] = False
        wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
    service.close()
    assert findings == {}


def test_a_module_that_goes_away_is_a_finding_and_comes_back_by_itself(parts: LineParts, module: ModbusModule) -> None:
    module.inputs[3] = False
    findings = Findings()
    service = reading(wall(module.port), parts, findings)
    wait_until(lambda: module.reads > 1, what="the first readings")
    del module.inputs[3]
    wait_until(lambda: ("input:wall", "alarm.input_unreachable") in findings, what="the finding")
    module.inputs[3] = True
    wait_until(parts.line.recent, what="the press that was held meanwhile")
    wait_until(lambda: not findings, what="the finding's end")
    service.close()


def test_a_cut_wire_at_an_end_of_line_resistor_is_a_finding_and_no_alarm(
    parts: LineParts, module: ModbusModule
) -> None:
    module.registers[3] = 500
    findings = Findings()
    item = wall(
        module.port,
        wiring="end_of_line",
        restore_ms=100,
        modbus={"rest": {"low": 400, "high": 600}, "pressed": {"low": 800, "high": 1200}},
    )
    service = reading(item, parts, findings)
    module.registers[3] = 65_535
    wait_until(lambda: findings.get(("input:wall", "alarm.input_wiring")) == "cut", what="the finding")
    module.registers[3] = 500
    wait_until(lambda: not findings, what="its end")
    assert parts.line.recent() == []
    service.close()


def test_a_contact_stuck_since_before_a_restart_is_no_second_alarm(parts: LineParts, module: ModbusModule) -> None:
    alarm = parts.line.press(request("wall"))
    parts.line.tell(alarm.alarm_id, UpdateKind.HELD)
    module.inputs[3] = True
    service = reading(wall(module.port, restore_ms=50), parts, Findings())
    wait_until(lambda: module.reads > 4, what="some readings")
    assert len(parts.line.recent()) == 1
    module.inputs[3] = False
    wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
    service.close()


def key_event(code: int, value: int) -> bytes:
    return struct.pack("llHHi", 0, 0, 1, code, value) + struct.pack("llHHi", 0, 0, 0, 0, 0)


def test_a_usb_button_presses_when_its_key_goes_down_and_a_pulled_out_one_is_a_finding(
    parts: LineParts, tmp_path: Path
) -> None:
    device = tmp_path / "event7"
    usb = {"device": device, "key": 28}
    item = AlarmInput.model_validate(
        {"id": "wall", "name": "按钮", "kind": "usb", "place": "东门", "usb": usb, "restore_ms": 50}
    )
    findings = Findings()
    service = UsbInput(circuit(item, parts, findings), clock=parts.clock)
    service.start()
    gone = ("input:wall", "alarm.input_unreachable")
    wait_until(lambda: gone in findings, what="the finding of a button that is not there")
    os.mkfifo(device)  # the kernel's device gives the same records; this machine has no uinput to make a real one
    for count in (1, 2):
        with device.open("wb", buffering=0) as kernel:
            for code, value in ((30, 1), (28, 1), (28, 2)):
                kernel.write(key_event(code, value))
            wait_until(partial(pressed, parts, count), what="the alarm")
            assert gone not in findings
            kernel.write(key_event(28, 0))
            wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
        wait_until(lambda: gone in findings, what="the finding of a button that was pulled out")
    service.close()
