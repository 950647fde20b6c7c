"""How the office speaks of alarms (报警用语): steps, how far one has come, what a button's wiring can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alarms.escalation import Urging, urging
from alarms.record import AlarmRecord, StepKind
from config.alarm_input import AlarmInput, InputKind, Wiring
from foundation.clock import Clock
from uplink.messages.alarm import Purpose
from web.language import Catalogue, mark
from web.signs import State

STEPS: Final = {
    StepKind.STORED: mark("已存储"),
    StepKind.BROKER_ACCEPTED: mark("已发出"),
    StepKind.CENTER_RECEIVED: mark("接警中心已收到"),
    StepKind.ACKNOWLEDGED: mark("民警已确认"),
    StepKind.CLOSED: mark("已结案"),
    StepKind.CANCELLED: mark("误报"),
    StepKind.LOCAL_ACKNOWLEDGED: mark("校内已确认"),
    StepKind.HELD: mark("按钮一直按着"),
    StepKind.RELEASED: mark("按钮已松开"),
}
_BY_A_PERSON: Final = mark("人工确认")
_KINDS: Final = {
    InputKind.PAGE: mark("屏幕按钮"),
    InputKind.SOCKET: mark("本机程序"),
    InputKind.HTTP: mark("网络面板"),
    InputKind.MODBUS: mark("有线按钮"),
    InputKind.CAMERA: mark("摄像机报警输入"),
    InputKind.USB: mark("USB 按钮"),
}
_WIRINGS: Final = {
    Wiring.NORMALLY_OPEN: mark("常开"),
    Wiring.NORMALLY_CLOSED: mark("常闭"),
    Wiring.END_OF_LINE: mark("带线尾电阻"),
}


def step_word(kind: StepKind, purpose: Purpose) -> str:
    """A step's word, key of the English one; a line test need not end at the police's desk."""
    return _BY_A_PERSON if kind is StepKind.ACKNOWLEDGED and purpose is Purpose.DRILL else STEPS[kind]


@dataclass(frozen=True, slots=True)
class Standing:
    """Sign and words for how far an alarm has come."""

    state: State
    words: str


def standing(alarm: AlarmRecord, clock: Clock, texts: Catalogue) -> Standing:
    """The one thing that matters about an alarm now."""
    urge = urging(alarm, now_running_ns=clock.running_ns(), boot_id=clock.boot_id())
    if alarm.closed:
        return Standing(State.OK, texts(STEPS[StepKind.CLOSED]))
    if urge is Urging.CALL_POLICE and alarm.purpose is Purpose.REAL and alarm.called_off is None:
        return Standing(State.FAILING, texts(mark("没有回执，请拨打 110")))
    if alarm.called_off is not None:
        return Standing(State.ATTENTION, texts(mark("说是误报，由民警核实")))
    if alarm.step(StepKind.ACKNOWLEDGED) is not None:
        return Standing(State.OK, texts(step_word(StepKind.ACKNOWLEDGED, alarm.purpose)))
    if alarm.received:
        return Standing(State.ATTENTION, texts(STEPS[StepKind.CENTER_RECEIVED]))
    return Standing(State.ATTENTION, texts(mark("正在发送")))


def wiring_words(item: AlarmInput, texts: Catalogue) -> str:
    """What kind of button it is and, for a contact, how it is wired."""
    kind = texts(_KINDS[item.kind])
    wired = item.kind in (InputKind.MODBUS, InputKind.CAMERA)
    return f"{kind} · {texts(_WIRINGS[item.wiring])}" if wired else kind
