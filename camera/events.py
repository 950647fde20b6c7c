"""Listens to every device's events by pull points, as long as the round says that the device is well."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from camera.device_error import DeviceError, LoginRefused, OnvifFault
from camera.event_meaning import FINDINGS, Meaning, Reading, read_event
from camera.facts import InputChanged, RelayChanged
from camera.onvif.model import DeviceEvent
from camera.onvif.pull_point import PullPoint
from camera.register import Register
from camera.visit import Visitor
from config.credential import CredentialError
from foundation.clock import Clock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Fact
from foundation.service import Service

_log = structlog.get_logger("events")

PULL_S: Final = 20
KEEP_S: Final = 60
"""Some devices take 10 s at most whatever is asked; they fault, and we come again."""

_RENEW_EVERY_PULLS: Final = 2
_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0
_HOPELESS_PAUSE_S: Final = 3600.0
_CLOSE_S: Final = 1.5
_BETWEEN_PULLS_S: Final = 0.1  # a device that answers at once without end is heard ten times a second, no more


class CameraEvents(Service):
    """One thread a device, each waiting in a long poll; an input change is told within the device's own delay."""

    def __init__(
        self,
        visitors: Sequence[Visitor],
        register: Register,
        findings: FindingBoard,
        clock: Clock,
        *,
        is_well: Callable[[str], bool],
        points: Mapping[tuple[str, int], str],
        chance: random.Random | None = None,
    ) -> None:
        """`is_well` asks the round; `points` names the point of a device's source."""
        super().__init__("camera-events")
        self._visitors = visitors
        self._register = register
        self._findings = findings
        self._clock = clock
        self._is_well = is_well
        self._points = points
        self._chance = chance or random.Random()
        self._open: dict[str, PullPoint] = {}
        self._relays: dict[tuple[str, str], bool] = {}
        self._relays_told_ns: dict[tuple[str, str, bool], int] = {}
        self._lock = threading.Lock()
        self._broken: BaseException | None = None

    def _loop(self) -> None:
        for visitor in self._visitors:
            name = f"events-{visitor.device_id}"
            threading.Thread(target=self._guarded_listen, args=(visitor,), name=name, daemon=True).start()
        while not self.stopping.wait(0.5):
            if self._broken is not None:
                raise self._broken

    def close(self) -> None:
        """Stop, and give back the pull points of devices that answer quickly; the others forget them by themselves."""
        super().close()
        with self._lock:
            points = list(self._open.values())
        threads = [threading.Thread(target=point.close, daemon=True) for point in points]
        for thread in threads:
            thread.start()
        ends = time.monotonic() + _CLOSE_S
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def _guarded_listen(self, visitor: Visitor) -> None:
        try:
            self._listen(visitor)
        except BaseException as error:  # noqa: BLE001 - raised again by the loop, which ends the role with it
            self._broken = error

    @property
    def listening_to(self) -> frozenset[str]:
        """Devices that hold a pull point for us now."""
        with self._lock:
            return frozenset(self._open)

    def relay_moved(self, device_id: str, token: str, active: bool, since_running_ns: int) -> bool | None:
        """Whether the device told that a relay is so, now or since then; None: it is not heard, or never told of it."""
        with self._lock:
            state = self._relays.get((device_id, token))
            if state is None or device_id not in self._open:
                return None
            told_ns = self._relays_told_ns.get((device_id, token, active))
        return state is active or (told_ns is not None and told_ns >= since_running_ns)

    def _listen(self, visitor: Visitor) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self.stopping.is_set():
            if not self._is_well(visitor.device_id):
                self.stopping.wait(_FIRST_PAUSE_S)
                continue
            try:
                self._hear(visitor)
                pause_s = _FIRST_PAUSE_S
            except OnvifFault as fault:
                pause_s = self._after_fault(visitor.device_id, fault, pause_s)
            except LoginRefused:
                # The round's log-in works, so this user may not have events: asking on would lock the account.
                _log.warning("the device's user may not have its events", device=visitor.device_id)
                pause_s = _HOPELESS_PAUSE_S
            except (DeviceError, CredentialError) as error:
                _log.debug("events are interrupted", device=visitor.device_id, error=str(error))
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            self.stopping.wait(pause_s * self._chance.uniform(0.5, 1.0))

    def _after_fault(self, device_id: str, fault: OnvifFault, pause_s: float) -> float:
        with self._lock:
            was_open = self._open.pop(device_id, None) is not None
        if was_open:  # it has forgotten us, by a reboot or of its own accord: come again soon
            return _FIRST_PAUSE_S
        if fault.unsupported:
            return _HOPELESS_PAUSE_S
        return min(pause_s * 2, _LONGEST_PAUSE_S)

    def _hear(self, visitor: Visitor) -> None:
        device = visitor.device(visitor.login())
        point = device.subscribe(keep_s=KEEP_S)
        with self._lock:
            if self.stopping.is_set():
                point.close()
                return
            self._open[visitor.device_id] = point
        pulls = 0
        while not self.stopping.is_set() and self._is_well(visitor.device_id):
            self.take(visitor.device_id, point.pull(PULL_S))
            self.stopping.wait(_BETWEEN_PULLS_S)
            pulls += 1
            if pulls % _RENEW_EVERY_PULLS == 0:
                with suppress(OnvifFault):  # devices that renew by each pull know no Renew
                    point.renew()
        point.close()  # perhaps a second time, which costs a fault and nothing else
        with self._lock:
            self._open.pop(visitor.device_id, None)

    def take(self, device_id: str, events: Sequence[DeviceEvent]) -> None:
        """Act on what one pull brought: findings opened and cleared, facts told, strangers counted.

        Of a state told several times only the last counts, so a device that chatters costs one commit a pull.
        """
        states: dict[tuple[Meaning, str], tuple[Reading, DeviceEvent]] = {}
        strangers: list[DeviceEvent] = []
        facts: list[Fact] = []
        for event in events:
            reading = read_event(event)
            if reading.meaning is None:
                strangers.append(event)
            elif reading.active is None:
                continue
            elif reading.meaning in FINDINGS:
                states[reading.meaning, reading.token] = (reading, event)
            elif reading.meaning in _FACTS:
                if reading.meaning is Meaning.RELAY:
                    self._note_relay(device_id, reading.token, reading.active)
                facts.append(_FACTS[reading.meaning](device_id, reading))
        for reading, event in states.values():
            self._finding(device_id, reading, event)
        if strangers or facts:
            with self._register.database.transaction() as transaction:
                for fact in facts:
                    self._register.tell(transaction, fact)
                self._register.count_topics(transaction, device_id, strangers)

    def _note_relay(self, device_id: str, token: str, active: bool) -> None:
        with self._lock:
            self._relays[device_id, token] = active
            self._relays_told_ns[device_id, token, active] = self._clock.running_ns()

    def _finding(self, device_id: str, reading: Reading, event: DeviceEvent) -> None:
        assert reading.meaning is not None
        subject = f"device:{device_id}"
        if reading.meaning not in (Meaning.STORAGE, Meaning.HARDWARE):
            point = self._points.get((device_id, self._register.source_number(device_id, reading.token)))
            subject = f"point:{point}" if point is not None else subject
        if reading.active:
            evidence = {"told_by": "device", "topic": event.topic, "source": reading.token}
            self._findings.open(subject, reading.meaning.value, Severity.ATTENTION, evidence=evidence)
        else:
            self._findings.clear(subject, reading.meaning.value)


def _input_changed(device_id: str, reading: Reading) -> Fact:
    return InputChanged(device_id=device_id, token=reading.token, closed=bool(reading.active), initial=reading.initial)


def _relay_changed(device_id: str, reading: Reading) -> Fact:
    return RelayChanged(device_id=device_id, token=reading.token, active=bool(reading.active), initial=reading.initial)


_FACTS: Final = {Meaning.DIGITAL_INPUT: _input_changed, Meaning.RELAY: _relay_changed}
