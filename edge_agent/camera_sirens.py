"""Sirens on cameras' relays (报警输出): the inspector follows the alarms and switches; the gatehouse knows no ONVIF."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from alarms.follow import FollowedAlarms
from alarms.siren import OutletError, SirenSwitch, siren_findings
from camera.device_error import DeviceError, LoginRefused
from camera.inspector import login_of
from camera.onvif.device import OnvifDevice
from camera.onvif.relay import RelayMode, read_relays, switch_relay
from config.credential import CredentialError
from config.device import Device
from config.settings import Settings
from config.siren import CameraRelay
from edge_agent.relay_watch import Moved, RelayWatch
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard
from foundation.service import Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("sirens")

HOLD_S: Final = 1800
"""After a refused log-in nobody tries for so long: a camera locks an account after about five."""
_SOONER: Final = 0.6
"""A relay that falls back by itself is renewed when so much of its delay is over."""


def camera_sirens(
    settings: Settings,
    alarms: Path,
    findings: FindingBoard,
    clock: Clock,
    *,
    may_try: Callable[[str], bool],
    moved: Moved,
) -> list[Service]:
    """One service for each siren that hangs on a relay, and one that sees whether the relays move.

    Silent alarms switch none (alarms.siren.sounds).
    """
    told = siren_findings(findings)
    hung = [(siren, siren.relay) for siren in settings.sirens if siren.relay is not None]
    watch = RelayWatch([siren.id for siren, _ in hung], findings, clock, moved)
    switches = [
        SirenSwitch(
            siren,
            RelayOutlet(relay, settings, clock, may_try=may_try, asked=partial(watch.asked, siren.id, relay)),
            FollowedAlarms(alarms, clock),
            clock=clock,
            unreachable=told,
        )
        for siren, relay in hung
    ]
    return [watch, *switches]


class RelayOutlet:
    """An `alarms.siren.Outlet`; used by its siren's thread alone."""

    def __init__(
        self,
        relay: CameraRelay,
        settings: Settings,
        clock: Clock,
        *,
        may_try: Callable[[str], bool],
        asked: Callable[[bool, int], None] = lambda _on, _at_running_ns: None,
    ) -> None:
        """`asked` hears what a device said OK to, and when it was asked."""
        self.renew_s: float | None = None
        self._relay = relay
        self._device: Device = settings.device(relay.device)
        self._login_of = login_of(settings, self._device)
        self._clock = clock
        self._may_try = may_try
        self._asked = asked
        self._refused_ns: int | None = None
        self._learnt = False

    def switch(self, *, on: bool) -> None:
        """Switch the relay. Raises OutletError."""
        self._check()
        at_running_ns = self._clock.running_ns()
        try:
            camera = OnvifDevice(self._device.address, self._login_of(), self._clock)
            switch_relay(camera, self._relay.token, active=on)
        except LoginRefused as error:
            self._refused_ns = self._clock.running_ns()
            raise OutletError(f"{self._device.name}: {error}") from error
        except (DeviceError, CredentialError) as error:
            raise OutletError(f"{self._device.name}: {error}") from error
        self._asked(on, at_running_ns)
        if on and not self._learnt:
            self._learn(camera)

    def _check(self) -> None:
        held = self._refused_ns is not None and self._clock.running_ns() - self._refused_ns < HOLD_S * NS_PER_S
        try:
            held = held or not self._may_try(self._device.id)
        except DatabaseError as error:
            raise OutletError(f"it is not known whether {self._device.name} may be tried: {error}") from error
        if held:
            raise OutletError(f"{self._device.name} refused the log-in: write the right password into the settings")

    def _learn(self, camera: OnvifDevice) -> None:
        # After it was switched on, so that the question delays nothing.
        try:
            relays = read_relays(camera)
        except DeviceError as error:
            _log.info("a relay does not tell how it is set up", device=self._device.id, error=str(error))
            return
        own = next((relay for relay in relays if relay.token == self._relay.token), None)
        falls_back = own is not None and own.mode is RelayMode.MONOSTABLE
        self.renew_s = max(0.5, own.delay_s * _SOONER) if own is not None and falls_back else None
        self._learnt = True
