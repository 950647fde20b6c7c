"""A visit to one device: is it there, does it let us in, what time does it have, what streams does it give?"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from camera.device_error import DeviceError, LoginRefused, OwnLinkDown
from camera.device_state import Outcome
from camera.login import Login
from camera.onvif.model import DeviceTime, Identity, SourceStreams
from config.credential import CredentialError

if TYPE_CHECKING:
    from camera.onvif.device import OnvifDevice

NO_PASSWORD: Final = "no_password"  # noqa: S105 - the name of a trouble
"""Trouble of a device whose password cannot be read on this box."""

HELD_ELSEWHERE: Final = "login_held"
"""Trouble of a device that refused another role's log-in: that role has the finding, and lifts it."""

LoginOf = Callable[[], Login | None]
"""Reads a device's log-in anew each time, so that a changed password file is noticed. Raises CredentialError."""


SetClock = Callable[["OnvifDevice"], DeviceTime]
"""Sets a device's clock and reads it back; raises DeviceError."""


class DeviceMaker(Protocol):
    """Makes what is asked; in the product `OnvifDevice`."""

    def __call__(self, address: str, login: Login | None) -> OnvifDevice: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a visit brought home."""

    outcome: Outcome
    tried_login: bool = False
    login_mark: bytes = b""
    time: DeviceTime | None = None
    identity: Identity | None = None
    streams: tuple[SourceStreams, ...] | None = None
    """None: not asked, or not answered."""
    mac: str = ""
    """Asked with the streams; empty: not asked, or not told."""
    clock_set: str | None = None
    """Whether its clock was set on this visit: empty if it took it, else why not; None: nobody asked to."""
    own_link_down: bool = False
    """We had no network: nothing is known about the device."""


class Visitor:
    """Visits one device; remembers only how to talk to it."""

    def __init__(self, device_id: str, address: str, login_of: LoginOf, make: DeviceMaker) -> None:
        self.device_id = device_id
        self.address = address
        self._login_of = login_of
        self._make = make
        self._login: Login | None = None
        self._device: OnvifDevice | None = None
        self._mark = b""
        self._lock = threading.Lock()

    def device(self, login: Login | None) -> OnvifDevice:
        """The device as it is talked to with this log-in."""
        with self._lock:  # the round and the event listener share it
            if self._device is None or login != self._login:
                self._device, self._login = self._make(self.address, login), login
                self._mark = login_mark(self.device_id, login)
            return self._device

    def login(self) -> Login | None:
        """The log-in as it is written down now. Raises CredentialError."""
        return self._login_of()

    def visit(
        self, *, may_log_in: Callable[[bytes], bool], want_streams: bool, set_clock: SetClock | None = None
    ) -> Sighting:
        """Go there once. Never raises for what a device does; `may_log_in` is asked with the log-in's mark."""
        try:
            login = self._login_of()
        except CredentialError as error:
            return Sighting(outcome=Outcome(NO_PASSWORD, str(error)))
        device = self.device(login)
        allowed = may_log_in(self._mark)
        time: DeviceTime | None = None
        identity: Identity | None = None
        try:
            time = device.time(may_log_in=allowed)
            if not allowed:
                held = Outcome(LoginRefused.trouble, "the log-in was refused before and is not tried again yet")
                return Sighting(outcome=held, time=time, login_mark=self._mark)
            identity = device.identity()
            streams = device.streams() if want_streams else None
            mac = device.mac() if want_streams else ""
            clock_set = None
            if set_clock is not None:
                clock_set, time = _set_clock(device, set_clock, time)
            return Sighting(
                outcome=Outcome(),
                tried_login=True,
                login_mark=self._mark,
                time=time,
                identity=identity,
                streams=streams,
                mac=mac,
                clock_set=clock_set,
            )
        except DeviceError as error:
            device.forget()  # a rebooted device may have another clock and other addresses
            return Sighting(
                outcome=Outcome(error.trouble, str(error)),
                tried_login=allowed,
                login_mark=self._mark,
                time=time,
                identity=identity,
                own_link_down=isinstance(error, OwnLinkDown),
            )


def _set_clock(device: OnvifDevice, set_clock: SetClock, time: DeviceTime) -> tuple[str, DeviceTime]:
    # A device that takes no time is a good device otherwise.
    try:
        return "", set_clock(device)
    except DeviceError as error:
        return str(error), time


def login_mark(device_id: str, login: Login | None) -> bytes:
    """Tells log-ins apart without keeping them: scrypt, because camera passwords are short."""
    if login is None:
        return b""
    text = f"{login.user}\0{login.password}".encode()
    return hashlib.scrypt(text, salt=device_id.encode(), n=2**12, r=8, p=1, dklen=16)
