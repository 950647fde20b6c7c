"""Panic buttons on cameras' alarm inputs (摄像机报警输入): the inspector hears them, the gatehouse's socket is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alarms.inputs.contact import Level, level_of_bit
from alarms.inputs.socket_client import NoAnswerError, press
from camera.facts import InputChanged
from config.alarm_input import AlarmInput, InputKind
from foundation.clock import Clock
from foundation.journal import Entry, Journal, Tail

_GIVE_UP_S: Final = 2.0  # then the fact is offered again, for as long as it takes


def camera_inputs(
    inputs: tuple[AlarmInput, ...], cameras: Path, press_socket: Path, *, own: Journal, clock: Clock
) -> Tail:
    """Follows cameras.sqlite; each press is told to the gatehouse until it answers, under the fact's own id.

    So a press while the gatehouse restarts counts, and one that is read twice is one alarm.
    """
    by_contact = {
        (item.camera.device, item.camera.token): item
        for item in inputs
        if item.kind is InputKind.CAMERA and item.camera is not None
    }

    def take(entry: Entry) -> None:
        if entry.kind != InputChanged.kind:
            return
        changed = entry.read(InputChanged)
        item = by_contact.get((changed.device_id, changed.token))
        if item is None or changed.initial or level_of_bit(changed.closed, item.wiring) is not Level.PRESSED:
            return
        try:
            press(press_socket, item.id, clock=clock, press_id=entry.id, give_up_after_s=_GIVE_UP_S)
        except NoAnswerError as error:
            raise OSError(str(error)) from error  # what a Tail offers again

    return Tail(cameras, own, take)
