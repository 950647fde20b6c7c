"""Whether a siren's relay really moved (警号是否真的响了): a device answers OK; only its event says that it did."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Lock
from typing import Final

import structlog

from config.siren import CameraRelay
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("sirens")

NOT_SWITCHED: Final = "camera.relay_not_switched"
CONFIRM_S: Final = 10.0
"""Devices tell a relay's change within a second or two; slow ones poll their own terminals."""
_TICK_S: Final = 0.5

Moved = Callable[[str, str, bool, int], bool | None]
"""Whether a device (id) told that its relay (token) is so, now or at some moment since then (running ns).

None: it is not being heard, or never said a word of that relay: nothing is known.
"""


@dataclass(frozen=True, slots=True)
class _Ask:
    relay: CameraRelay
    on: bool
    at_running_ns: int


class RelayWatch(Service):
    """Outlets say what they asked for; what no event confirms in time is a finding until one does."""

    def __init__(self, sirens: Collection[str], findings: FindingBoard, clock: Clock, moved: Moved) -> None:
        super().__init__("relay-watch")
        self._sirens = sirens
        self._findings = findings
        self._clock = clock
        self._moved = moved
        self._asks: dict[str, _Ask] = {}
        self._lock = Lock()

    def start(self) -> None:
        """Let go of findings about sirens that left the settings, then begin."""
        known = {f"siren:{siren}" for siren in self._sirens}
        for finding in self._findings.all_open():
            if finding.kind == NOT_SWITCHED and finding.subject not in known:
                self._findings.clear(finding.subject, NOT_SWITCHED)
        super().start()

    def asked(self, siren: str, relay: CameraRelay, on: bool, at_running_ns: int) -> None:
        """A device said OK to this; from any thread. Asking for the same again gives it no more time."""
        with self._lock:
            before = self._asks.get(siren)
            if before is None or before.on != on:
                self._asks[siren] = _Ask(relay, on, at_running_ns)

    def _loop(self) -> None:
        while not self.stopping.wait(_TICK_S):
            try:
                self.look()
            except DatabaseError as error:  # the siren itself must not hang on it
                _log.error("a finding could not be kept", error=str(error))

    def look(self) -> None:
        """Judge what was asked by what the devices told."""
        with self._lock:
            asks = dict(self._asks)
        for siren, ask in asks.items():
            moved = self._moved(ask.relay.device, ask.relay.token, ask.on, ask.at_running_ns)
            late = self._clock.running_ns() - ask.at_running_ns >= CONFIRM_S * NS_PER_S
            if moved:
                self._findings.clear(f"siren:{siren}", NOT_SWITCHED)
            elif late and moved is False:
                evidence = {"asked": "on" if ask.on else "off", "device": ask.relay.device, "relay": ask.relay.token}
                self._findings.open(f"siren:{siren}", NOT_SWITCHED, Severity.FAILING, evidence=evidence)
            if moved or (late and moved is None):
                with self._lock:
                    if self._asks.get(siren) is ask:
                        del self._asks[siren]
