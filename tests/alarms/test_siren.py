"""Sirens: what makes noise, and what must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alarms.modbus_coil import ModbusCoil
from alarms.record import AlarmRecord, Step, StepKind
from alarms.siren import SirenSwitch, sounds
from config.siren import Siren
from foundation.clock import NS_PER_S, SystemClock
from tests.alarms.modbus_module import ModbusModule
from tests.alarms.parts import LineParts, request
from tests.alarms.test_outbox import ALARM
from tests.support.waiting import wait_until
from uplink.messages.alarm import Purpose

YARD = Siren(id="yard", name="操场警号", host="127.0.0.1", coil=9, sounds_for_s=90)


def sounds_at(second: int, alarm: AlarmRecord = ALARM, **settings: Any) -> bool:
    siren = YARD.model_copy(update=settings)
    return sounds(siren, alarm, now_running_ns=second * NS_PER_S, boot_id="boot")


@pytest.mark.parametrize(
    ("alarm", "noise"),
    [
        (ALARM, True),
        (replace(ALARM, silent=True), False),
        (replace(ALARM, duress=True), False),
        (replace(ALARM, purpose=Purpose.DRILL), False),
        (replace(ALARM, boot_id="an earlier one"), False),
        (replace(ALARM, steps=(Step(kind=StepKind.LOCAL_ACKNOWLEDGED, at_utc_ns=1),)), False),
        (replace(ALARM, steps=(Step(kind=StepKind.DURESS, at_utc_ns=1),)), False),
        (replace(ALARM, steps=(Step(kind=StepKind.ACKNOWLEDGED, at_utc_ns=1),)), True),
    ],
)
def test_a_silent_forced_drilled_or_answered_alarm_makes_no_noise(alarm: AlarmRecord, noise: bool) -> None:
    assert sounds_at(1, alarm) is noise
    assert not sounds_at(91, alarm)


def test_after_a_minute_without_an_answer_it_gets_louder() -> None:
    assert [second for second in range(59) if sounds_at(second, pulses=True)][:6] == [0, 1, 4, 5, 8, 9]
    assert all(sounds_at(second, pulses=True) for second in range(60, 90))
    broadcast = [second for second in range(200) if sounds_at(second, after_s=60)]
    assert (broadcast[0], broadcast[-1]) == (60, 149)


def test_a_siren_sounds_after_storing_and_is_quiet_when_called_off_even_with_the_duress_pin(
    parts: LineParts, module: ModbusModule
) -> None:
    told: list[str | None] = []
    yard = Siren(id="yard", name="操场警号", host="127.0.0.1", port=module.port, coil=9)
    siren = SirenSwitch(
        yard,
        ModbusCoil(yard),
        parts.book,
        clock=SystemClock(),
        unreachable=lambda _, error: told.append(error),
    )
    siren.start()
    parts.line.press(request("west"))  # silent
    alarm = parts.line.press(request("wall"))
    wait_until(lambda: module.coils.get(9), what="the siren")
    parts.line._is_duress = lambda pin: pin == "4711"
    parts.line.call_off(alarm.alarm_id, person="王师傅", reason="误碰", pin="4711")
    wait_until(lambda: module.coils[9] is False, what="silence")
    record = parts.line.find(alarm.alarm_id)
    assert record is not None
    assert record.step(StepKind.DURESS) is not None
    assert record.step(StepKind.CANCELLED) is None
    assert record.called_off is not None
    siren.close()
    assert set(told) == {None}
