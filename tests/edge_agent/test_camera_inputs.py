"""A panic button on a camera's input: each press is told to the gatehouse until it answers, and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alarms.inputs.answer import Answers
from alarms.inputs.contact import STUCK_MS
from alarms.inputs.socket import PressSocket
from alarms.press import Button
from alarms.record import StepKind
from camera.facts import InputChanged
from config.alarm_input import AlarmInput, CameraContact, InputKind, Wiring
from edge_agent import camera_inputs as module
from edge_agent.camera_inputs import CameraInputs
from foundation.clock import ManualClock, SystemClock
from foundation.journal import Journal
from tests.alarms.parts import LineParts
from tests.support.waiting import WAIT_AT_MOST_S


class Findings(set[tuple[str, str]]):
    """What was opened and not cleared."""

    def open(self, subject: str, kind: str, _severity: object, _text: str) -> None:
        self.add((subject, kind))

    def end(self, subject: str, kind: str) -> None:
        self.discard((subject, kind))


@dataclass(slots=True)
class Box:
    """A real gatehouse behind its socket, and the inspector's following of one camera, on a clock of the test's."""

    folder: Path
    clock: ManualClock
    parts: LineParts
    cameras: Journal
    findings: Findings = field(default_factory=Findings)
    door: PressSocket | None = None

    def open_door(self) -> None:
        self.door = PressSocket(self.folder / "press", Answers(self.parts.line))
        self.door.start()

    def close_door(self) -> None:
        if self.door is not None:
            self.door.close()
            self.door = None

    def follow(self, wiring: Wiring = Wiring.NORMALLY_OPEN, *, hold_ms: int = 0) -> CameraInputs:
        contact = AlarmInput(
            id="canteen",
            name="食堂按钮",
            kind=InputKind.CAMERA,
            place="食堂收银台",
            wiring=wiring,
            hold_ms=hold_ms,
            camera=CameraContact(device="cam-canteen", token="in-1"),
        )
        return CameraInputs(
            (contact,),
            self.cameras.database.path,
            self.folder / "press",
            alarms=self.parts.path,
            own=Journal.open(self.folder / "inspector.sqlite", self.clock),
            findings=self.findings,
            clock=self.clock,
        )

    def tell(self, *, closed: bool, initial: bool = False, token: str = "in-1") -> str:
        return self.cameras.append(InputChanged(device_id="cam-canteen", token=token, closed=closed, initial=initial))

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def presses(self) -> list[str]:
        return [record.press_id for record in reversed(self.parts.line.recent())]


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(module, "_GIVE_UP_S", 0.0)
    monkeypatch.setattr("alarms.inputs.socket_client.ANSWER_WITHIN_S", WAIT_AT_MOST_S)  # a busy disk takes two seconds
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", SystemClock()).start()
    parts.line.buttons["canteen"] = Button(id="canteen", name="食堂按钮", place="食堂收银台", debounce_ms=0)
    made = Box(tmp_path, clock, parts, Journal.open(tmp_path / "cameras.sqlite", clock))
    made.open_door()
    yield made
    made.close_door()
    parts.close()


def test_a_press_is_told_once_and_its_release_too(box: Box) -> None:
    inputs = box.follow()
    fact_id = box.tell(closed=True)
    inputs.look()
    box.pass_s(3)
    box.tell(closed=False)
    inputs.look()
    box.pass_s(1)
    inputs.look()
    assert box.presses() == [fact_id]
    assert box.parts.line.recent()[0].step(StepKind.RELEASED) is not None


def test_a_gatehouse_that_does_not_answer_is_told_again_and_nothing_pressed_meanwhile_is_lost(box: Box) -> None:
    inputs = box.follow()
    box.close_door()
    first = box.tell(closed=True)
    inputs.look()
    box.pass_s(2)
    box.tell(closed=False)
    box.pass_s(2)
    second = box.tell(closed=True)
    inputs.look()
    assert box.presses() == []
    box.open_door()
    inputs.look()
    inputs.look()
    assert box.presses() == [first, second]


def test_a_bouncing_contact_is_one_press_and_a_normally_closed_one_is_pressed_when_it_opens(box: Box) -> None:
    inputs = box.follow(Wiring.NORMALLY_CLOSED)
    opened = box.tell(closed=False)
    for closed in (True, False, True, False):
        box.tell(closed=closed)
    inputs.look()
    assert box.presses() == [opened]


def test_a_contact_that_is_pressed_when_the_camera_is_first_heard_is_a_press_and_other_inputs_are_none(
    box: Box,
) -> None:
    inputs = box.follow()
    box.tell(closed=True, token="in-2")
    box.tell(closed=False, initial=True)
    inputs.look()
    assert box.presses() == []
    box.pass_s(5)
    found = box.tell(closed=True, initial=True)  # listening began anew
    box.tell(closed=True, initial=True)
    inputs.look()
    assert box.presses() == [found]


def test_a_brush_shorter_than_the_hold_time_is_no_press(box: Box) -> None:
    inputs = box.follow(hold_ms=300)
    box.tell(closed=True)
    inputs.look()
    box.pass_s(0.1)
    box.tell(closed=False)
    inputs.look()
    assert box.presses() == []
    box.pass_s(2)
    held = box.tell(closed=True)
    inputs.look()
    box.pass_s(0.4)
    inputs.look()
    assert box.presses() == [held]


def test_a_stuck_contact_is_one_alarm_and_one_finding_and_stays_so_over_a_restart(box: Box) -> None:
    inputs = box.follow()
    fact_id = box.tell(closed=True)
    inputs.look()
    box.pass_s(STUCK_MS / 1000 + 1)
    inputs.look()
    stuck = ("input:canteen", "alarm.input_stuck")
    assert stuck in box.findings
    box.tell(closed=True, initial=True)
    again = box.follow()
    again.look()
    assert box.presses() == [fact_id]
    box.tell(closed=False)
    again.look()
    box.pass_s(1)
    again.look()
    assert stuck not in box.findings
