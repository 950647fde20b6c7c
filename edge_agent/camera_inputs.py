"""Panic buttons on cameras' alarm inputs (摄像机报警输入): the inspector hears them, the gatehouse's socket is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from alarms.inputs.call import ContactCall
from alarms.inputs.circuit import Circuit, Findings
from alarms.inputs.contact import Level, level_of_bit
from alarms.inputs.socket_client import NoAnswerError, call, press
from alarms.query import recent_alarms
from alarms.record import AlarmRecord
from camera.facts import InputChanged
from config.alarm_input import AlarmInput, InputKind
from foundation.clock import Clock
from foundation.journal import Entry, Journal, Tail
from foundation.service import Service
from foundation.sqlite import DatabaseError
from uplink.messages.alarm import UpdateKind

_log = structlog.get_logger("camera-inputs")

_GIVE_UP_S: Final = 2.0  # then it is offered again, for as long as it takes
_TICK_S: Final = 0.1
_NS_PER_MS: Final = 1_000_000


class CameraInputs(Service):
    """Follows cameras.sqlite; each press is told to the gatehouse until it answers, under the fact's own id.

    So a press while the gatehouse restarts counts, and one that is read twice is one alarm. A contact that is pressed
    when a camera is first heard is a press, as with every contact; one that was stuck before is not a new one.
    """

    def __init__(
        self,
        inputs: tuple[AlarmInput, ...],
        cameras: Path,
        press_socket: Path,
        *,
        alarms: Path,
        own: Journal,
        findings: Findings,
        clock: Clock,
    ) -> None:
        """`alarms` is alarms.sqlite, asked once for each input; `own` keeps how far cameras.sqlite was heard."""
        super().__init__("camera-inputs")
        self._clock = clock
        self._tail = Tail(cameras, own, self._take)
        self._wires = {
            (item.camera.device, item.camera.token): _Wire(item, press_socket, alarms, findings, clock)
            for item in inputs
            if item.kind is InputKind.CAMERA and item.camera is not None
        }

    def _loop(self) -> None:
        while self._wires and not self.stopping.wait(_TICK_S):
            self.look()
        self.stopping.wait()  # a campus without such buttons

    def look(self) -> None:
        """Hear what is new, and let time pass for contacts that are held."""
        if self._tail.is_due():
            self._tail.poll()
        for wire in self._wires.values():
            try:
                wire.read(self._clock.running_ns() // _NS_PER_MS)
            except OSError as error:
                _log.warning("a press is not taken yet; trying again", input=wire.item.id, error=str(error))

    def _take(self, entry: Entry) -> None:
        if entry.kind != InputChanged.kind:
            return
        changed = entry.read(InputChanged)
        wire = self._wires.get((changed.device_id, changed.token))
        if wire is not None:
            wire.hear(changed.closed, entry)


class _Wire:
    """One camera's contact; a Finger too, whose presses go through the gatehouse's socket."""

    def __init__(self, item: AlarmInput, press_socket: Path, alarms: Path, findings: Findings, clock: Clock) -> None:
        self.item = item
        self._socket = press_socket
        self._alarms = alarms
        self._clock = clock
        self._circuit = Circuit(item, self, findings, latest=self._latest)
        self._level: Level | None = None
        self._press_id = ""
        self._read_ms = 0

    def hear(self, closed: bool, entry: Entry) -> None:
        """A change, dated by when the camera told it: several may come at once. Raises OSError."""
        ago_ms = max(0, self._clock.utc_ns() - entry.at_utc_ns) // _NS_PER_MS
        at_ms = max(self._read_ms, self._clock.running_ns() // _NS_PER_MS - ago_ms)
        self.read(at_ms)  # how it stood until then
        level = level_of_bit(closed, self.item.wiring)
        self._press_id = entry.id
        self._circuit.read(level, at_ms)
        self._level, self._read_ms = level, at_ms

    def read(self, now_ms: int) -> None:
        """It still stands as it was heard last. Raises OSError."""
        if self._level is not None:
            self._circuit.read(self._level, now_ms)
            self._read_ms = now_ms

    def press(self, input_id: str) -> str:
        """See alarms.inputs.circuit.Finger. Raises OSError, upon which a Tail offers the fact again."""
        try:
            reply = press(
                self._socket, input_id, clock=self._clock, press_id=self._press_id, give_up_after_s=_GIVE_UP_S
            )
        except NoAnswerError as error:
            raise OSError(str(error)) from error
        if reply.alarm_id is None:
            _log.error("the gatehouse does not know this button", input=input_id, error=reply.error)
        return reply.alarm_id or ""

    def update(self, alarm_id: str, update: UpdateKind) -> None:
        """See alarms.inputs.circuit.Finger; what cannot be said now is logged."""
        said = ContactCall(alarm_id=alarm_id, state="held" if update is UpdateKind.HELD else "released")
        try:
            reply = call(self._socket, said, clock=self._clock, give_up_after_s=_GIVE_UP_S)
        except NoAnswerError as error:
            _log.warning("a contact's state was not noted", input=self.item.id, error=str(error))
            return
        if not reply.ok:
            _log.warning("a contact's state was not noted", input=self.item.id, error=reply.error)

    def _latest(self) -> AlarmRecord | None:
        try:
            records = recent_alarms(self._alarms) if self._alarms.exists() else []
        except DatabaseError as error:
            _log.warning("it is not known what this button raised before", input=self.item.id, error=str(error))
            return None
        return next((record for record in records if record.input_id == self.item.id), None)
