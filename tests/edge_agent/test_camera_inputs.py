"""A panic button on a camera's input: each press is told to the gatehouse until it answers, and counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

from alarms.inputs.call import PressCall, Reply
from alarms.inputs.socket_client import NoAnswerError
from camera.facts import InputChanged
from config.alarm_input import AlarmInput, CameraContact, InputKind, Wiring
from edge_agent import camera_inputs as module
from edge_agent.camera_inputs import camera_inputs
from foundation.clock import SystemClock
from foundation.journal import Journal, Tail


class Gatehouse:
    """Stands for the press socket's client: counts what is told, or does not answer."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.answers = True

    def press(self, path: Path, input_id: str, *, clock: object, press_id: str, give_up_after_s: float) -> Reply:
        if not self.answers:
            raise NoAnswerError("nobody answered")
        self.told.append((PressCall(press_id=press_id, input=input_id).input, press_id))
        return Reply(ok=True)


@pytest.fixture
def gatehouse(monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    stand_in = Gatehouse()
    monkeypatch.setattr(module, "press", stand_in.press)
    return stand_in


def contact(wiring: Wiring) -> AlarmInput:
    return AlarmInput(
        id="canteen-button",
        name="食堂按钮",
        kind=InputKind.CAMERA,
        place="食堂收银台",
        wiring=wiring,
        camera=CameraContact(device="cam-canteen", token="in-1"),
    )


def follow(tmp_path: Path, wiring: Wiring = Wiring.NORMALLY_OPEN) -> tuple[Journal, Tail]:
    clock = SystemClock()
    cameras = Journal.open(tmp_path / "cameras.sqlite", clock)
    own = Journal.open(tmp_path / "inspector.sqlite", clock)
    return cameras, camera_inputs(
        (contact(wiring),), cameras.database.path, tmp_path / "press.sock", own=own, clock=clock
    )


def change(*, closed: bool, initial: bool = False, token: str = "in-1") -> InputChanged:
    return InputChanged(device_id="cam-canteen", token=token, closed=closed, initial=initial)


def test_a_press_is_told_once_and_its_release_is_none(tmp_path: Path, gatehouse: Gatehouse) -> None:
    cameras, tail = follow(tmp_path)
    fact_id = cameras.append(change(closed=True))
    cameras.append(change(closed=False))
    tail.poll()
    tail.poll()
    assert gatehouse.told == [("canteen-button", fact_id)]


def test_a_gatehouse_that_does_not_answer_is_told_again(tmp_path: Path, gatehouse: Gatehouse) -> None:
    cameras, tail = follow(tmp_path)
    fact_id = cameras.append(change(closed=True))
    gatehouse.answers = False
    tail.poll()
    assert gatehouse.told == []
    gatehouse.answers = True
    tail.poll()
    assert gatehouse.told == [("canteen-button", fact_id)]


def test_a_normally_closed_contact_is_pressed_when_it_opens(tmp_path: Path, gatehouse: Gatehouse) -> None:
    cameras, tail = follow(tmp_path, Wiring.NORMALLY_CLOSED)
    cameras.append(change(closed=True))
    opened = cameras.append(change(closed=False))
    tail.poll()
    assert gatehouse.told == [("canteen-button", opened)]


def test_what_was_so_when_listening_began_and_other_inputs_are_no_press(tmp_path: Path, gatehouse: Gatehouse) -> None:
    cameras, tail = follow(tmp_path)
    cameras.append(change(closed=True, initial=True))
    cameras.append(change(closed=True, token="in-2"))
    tail.poll()
    assert gatehouse.told == []
