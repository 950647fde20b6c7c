"""The camera services of the inspector, put together from a campus's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from camera.events import CameraEvents
from camera.held_watch import HeldWatch
from camera.http_call import DEFAULT_LIMITS, Limits
from camera.login import Login
from camera.own_clock import is_synchronised
from camera.register import Register
from camera.round import CameraRound, RoundRules
from camera.stream_change import Asked
from camera.stream_watch import StreamWatch
from camera.visit import LoginOf, Visitor
from config.device import Device
from config.settings import Settings
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.journal import Entry
from foundation.service import Service

if TYPE_CHECKING:
    from camera.picture.health import PictureHealth


@dataclass(frozen=True, slots=True)
class Inspector:
    """Start the services in order; close them, then the register."""

    services: tuple[Service, ...]
    register: Register
    rounds: CameraRound
    events: CameraEvents
    pictures: PictureHealth
    streams: StreamWatch

    def take_fact(self, entry: Entry) -> None:
        """Handler for a `Tail` of the office's journal: what people accept or want tried again."""
        self.rounds.take_fact(entry)
        self.pictures.take_fact(entry)

    def close(self) -> None:
        """Let go of cameras.sqlite; the services must be closed before."""
        self.register.close()


def login_of(settings: Settings, device: Device) -> LoginOf:
    """Reads a device's log-in each time it is asked. The callable raises CredentialError."""

    def read() -> Login | None:
        if device.credential is None:
            return None
        credential = settings.credential(device.credential)
        return Login(credential.user, credential.password())

    return read


def inspector(
    settings: Settings,
    clock: Clock,
    database: Path,
    findings: FindingBoard,
    *,
    period_s: float = 30.0,
    look_every_s: float = 10.0,
    limits: Limits = DEFAULT_LIMITS,
    may_try: Callable[[str], bool] = lambda _device_id: True,
    own_clock_holds: Callable[[], bool] = is_synchronised,
    asked: Asked = lambda _point_id: None,
) -> Inspector:
    """The services that know a campus's devices. `database` is cameras.sqlite; `may_try` tells what other roles found,
    `asked` what a point's stream was set to by us.

    Imports zeep and OpenCV, so only the inspector calls it.
    """
    from camera.onvif.device import OnvifDevice
    from camera.onvif.setting import set_clock
    from camera.picture.health import PictureHealth, WatchedPoint

    def make(address: str, login: Login | None) -> OnvifDevice:
        return OnvifDevice(address, login, clock, limits)

    visitors = [Visitor(device.id, device.address, login_of(settings, device), make) for device in settings.devices]
    due: dict[str, tuple[int, ...]] = {}
    for point in settings.points:
        due[point.device] = (*due.get(point.device, ()), point.source)
    points = {(point.device, point.source): point.id for point in settings.points}
    register = Register(database, clock)
    rounds = CameraRound(
        visitors,
        register,
        findings,
        clock,
        campus_id=settings.campus.id,
        rules=RoundRules(
            period_s=period_s,
            sources_due=due,
            points=points,
            keep_clock=frozenset(device.id for device in settings.devices if device.keep_clock),
        ),
        may_try=may_try,
        set_clock=lambda device: set_clock(device, clock),
        own_clock_holds=own_clock_holds,
        asked=asked,
    )
    events = CameraEvents(visitors, register, findings, clock, is_well=rounds.is_well, points=points)
    watched = [
        WatchedPoint(point.id, point.device, point.source, login_of(settings, settings.device(point.device)))
        for point in settings.points
    ]
    pictures = PictureHealth(
        watched,
        register,
        findings,
        clock,
        campus_id=settings.campus.id,
        is_well=rounds.is_well,
        every_s=look_every_s,
    )
    streams = StreamWatch(settings.points, register, findings, clock)
    held = HeldWatch(visitors, register, findings, clock, is_well=rounds.is_well)
    return Inspector((rounds, events, pictures, held), register, rounds, events, pictures, streams)
