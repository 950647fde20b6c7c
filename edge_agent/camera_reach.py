"""What the camera commands share: a device of the settings as it may be talked to, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from camera.device_error import DeviceError, LoginRefused
from camera.inspector import login_of
from camera.query import (
    DeviceStatus,
    StreamSource,
    UnknownTopic,
    device_states,
    may_try,
    stream_source,
    unknown_topics,
)
from config.credential import CredentialError
from config.device import Device
from config.settings import Settings
from edge_agent.causes import in_both
from edge_agent.role import Role
from foundation.clock import SystemClock
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory

if TYPE_CHECKING:
    from camera.onvif.device import OnvifDevice
    from camera.onvif.discovery import Enrolled, Found

T = TypeVar("T")
_STATES: Final = {"ok": "● {} 正常 ok", "failing": "▲ {} 异常 failing", "unknown": "○ {} 未知 unknown"}


class Refused(Exception):
    """A device cannot be worked with; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device as the inspector last saw it."""

    id: str
    name: str
    status: DeviceStatus
    sources: tuple[StreamSource, ...]
    topics: tuple[UnknownTopic, ...]

    def lines(self) -> list[str]:
        """For a terminal."""
        status = self.status
        who = " ".join(part for part in (status.manufacturer, status.model) if part) or "尚未读到 not read yet"
        found = [f"{_STATES[status.state.value].format(f'{self.id} {self.name}:')} {status.trouble}".rstrip()]
        found.append(f"   {who}，固件 {status.firmware or '—'}，序列号 {status.serial or '—'}，MAC {status.mac or '—'}")
        if status.message:
            found.append(f"   {in_both(status.message)}")
        if status.clock_offset_ns is not None:
            error_ns = status.clock_error_ns or 0
            found.append(f"   时钟 clock {status.clock_offset_ns / 1e9:+.1f} s ± {error_ns / 1e9:.1f} s")
        for source in self.sources:
            for part, stream in (("主码流 main", source.main), ("子码流 sub", source.sub)):
                if stream is not None:
                    found.append(f"   [{source.source}] {part}: {stream.words}  {stream.uri}")
        found += [f"   未知事件 unknown topic {one.topic} ×{one.seen}: {one.example}" for one in self.topics]
        return found


class CameraReach:
    """Devices of the settings, reached with their log-in unless a role was refused there."""

    def __init__(self, settings: Settings, state: Path) -> None:
        self.settings = settings
        self.state = StateDirectory(state)
        self.cameras = self.state.database("cameras")
        self.clock = SystemClock()
        self._may_try = may_try(self.state.journal(Role.INSPECTOR), self.state.journal(Role.RECORDER))

    def device(self, device_id: str) -> OnvifDevice:
        """A device, ready to be asked. Raises Refused; asking may raise DeviceError (see `asking`)."""
        from camera.onvif.device import OnvifDevice

        device = self._of_settings(device_id)
        self._check_guard(device)
        try:
            login = login_of(self.settings, device)()
        except CredentialError as error:
            raise Refused(in_both(str(error))) from error
        return OnvifDevice(device.address, login, self.clock)

    def enrol(self, found: Found, credential: str | None) -> Enrolled:
        """Log in once and read what the settings need. Raises Refused."""
        from camera.login import Login
        from camera.onvif.device import OnvifDevice
        from camera.onvif.discovery import enrol

        for device in self.settings.devices:
            if device.address == found.address:
                self._check_guard(device)
        login = None
        if credential is not None:
            try:
                known = self.settings.credential(credential)
                login = Login(known.user, known.password())
            except KeyError as error:
                raise Refused(f"设置里没有凭据 {credential} / no such credential in the settings") from error
            except CredentialError as error:
                raise Refused(in_both(str(error))) from error
        return asking(lambda: enrol(found, OnvifDevice(found.address, login, self.clock)))

    def swapped(self, address: str, serial: str) -> str | None:
        """The serial that the inspector last saw at this address, if it was another one."""
        try:
            before = next((one for one in device_states(self.cameras) if one.address == address), None)
        except DatabaseError:  # nothing was seen yet
            return None
        return before.serial if before is not None and before.serial and before.serial != serial else None

    def known(self, device_id: str | None = None) -> list[KnownDevice]:
        """What the inspector wrote down, of one device or all. Raises Refused."""
        if device_id is not None:
            self._of_settings(device_id)
        try:
            states = device_states(self.cameras, now_utc_ns=self.clock.utc_ns())
            topics = unknown_topics(self.cameras)
            return [
                KnownDevice(
                    id=one.id,
                    name=self.settings.device(one.id).name,
                    status=one,
                    sources=tuple(
                        found
                        for number in sorted({p.source for p in self.settings.points if p.device == one.id} or {0})
                        if (found := stream_source(self.cameras, one.id, number)) is not None
                    ),
                    topics=tuple(topic for topic in topics if topic.device_id == one.id),
                )
                for one in states
                if (device_id is None or one.id == device_id) and one.id in {d.id for d in self.settings.devices}
            ]
        except DatabaseError as error:
            raise Refused(f"巡检还没有运行过 / the inspector has not run on this state directory: {error}") from error

    def _of_settings(self, device_id: str) -> Device:
        try:
            return self.settings.device(device_id)
        except KeyError as error:
            known = ", ".join(device.id for device in self.settings.devices)
            raise Refused(f"没有设备 no device {device_id!r}; 有 there are: {known}") from error

    def _check_guard(self, device: Device) -> None:
        if not self._may_try(device.id):
            raise Refused(
                f"{device.id} 拒绝过登录，为免账号被锁不再尝试；改好密码后在值班室页面按“重试登录” / "
                "its log-in was refused and is not tried again: put the password right, then press retry on its page"
            )


def asking(work: Callable[[], T]) -> T:
    """Do something with a device; what it does wrong becomes one sentence. Raises Refused."""
    try:
        return work()
    except LoginRefused as error:
        raise Refused(f"登录被拒绝，不会再试 / log-in refused, not tried again: {error}") from error
    except DeviceError as error:
        raise Refused(in_both(str(error), "设备没有照办", code=error.trouble)) from error
