"""A pull point: the device keeps its events for us until we fetch them."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from camera.device_error import DeviceError, Garbled
from camera.http_call import Limits
from camera.onvif import reading
from camera.onvif.address import first_of, from_here
from camera.onvif.model import DeviceEvent
from camera.onvif.xml_tree import anywhere, text
from camera.onvif.zeep_camera import NAMESPACES, DeviceTransport, ZeepCamera, ask

_MOST_EVENTS: Final = 100


class PullPoint:
    """Open until closed or until the device forgets it (after `keep_s` without renewal, or a reboot)."""

    def __init__(
        self, camera: ZeepCamera, transport: DeviceTransport, address: str, limits: Limits, keep_s: int
    ) -> None:
        self._camera = camera
        self._transport = transport
        self.address = address
        self._limits = limits
        self._keep_s = keep_s

    @staticmethod
    def open(camera: ZeepCamera, transport: DeviceTransport, reached: str, limits: Limits, *, keep_s: int) -> PullPoint:
        """Ask the device for one. Raises OnvifFault if it has no events, and the other DeviceErrors."""
        events = camera.xaddrs.get(NAMESPACES["events"], reached)
        transport.within(limits)
        body = ask(
            camera.service("events", events), "CreatePullPointSubscription", InitialTerminationTime=_span(keep_s)
        )
        told = next((text(found) for found in anywhere(body, "Address")), None)
        if told is None:
            raise Garbled("the device opened a pull point and did not say where")
        return PullPoint(camera, transport, from_here(first_of(told), reached), limits, keep_s)

    def pull(self, wait_s: int) -> tuple[DeviceEvent, ...]:
        """Wait up to `wait_s` for events; an empty answer is one too.

        A fault here means that the device has forgotten us: open a new one.
        """
        self._transport.within(replace(self._limits, call_s=self._limits.call_s + wait_s))
        service = self._camera.service("pullpoint", self.address)
        return reading.events(ask(service, "PullMessages", Timeout=_span(wait_s), MessageLimit=_MOST_EVENTS))

    def renew(self) -> None:
        """Ask the device to keep it for another `keep_s`."""
        self._transport.within(self._limits)
        ask(self._camera.service("subscription", self.address), "Renew", TerminationTime=_span(self._keep_s))

    def close(self) -> None:
        """Tell the device that it may forget us. Never fails: a device that is gone has forgotten by itself."""
        self._transport.within(self._limits)
        try:
            ask(self._camera.service("subscription", self.address), "Unsubscribe")
        except DeviceError:
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _span(seconds: int) -> str:
    return f"PT{seconds}S"
