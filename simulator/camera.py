"""One simulated camera: its streams, its ONVIF device, and what is wrong with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from simulator.faults import VARIANT_OF, Fault
from simulator.http_server import HttpServer
from simulator.listener import Listener
from simulator.login import Account, Door
from simulator.loop import Codec, LoopSpec
from simulator.onvif import device
from simulator.onvif.device import DeviceService
from simulator.onvif.endpoint import Endpoint, Service
from simulator.onvif.events import EventService
from simulator.onvif.identity import Identity
from simulator.onvif.media import SNAPSHOT_PATH, MediaService
from simulator.onvif.media2 import Media2Service
from simulator.onvif.obedience import Obedience
from simulator.onvif.profiles import Profile
from simulator.onvif.terminals import DeviceIoService, Terminals
from simulator.rtsp.server import RtspServer
from simulator.rtsp.stream import Reels, Stream
from simulator.scenes.variant import Variant
from simulator.snapshot import Snapshots
from simulator.wall_clock import WallClock

MAIN_PATH, SUB_PATH = "/main", "/sub"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """What camera to simulate."""

    id: str
    main: LoopSpec
    sub: LoopSpec
    identity: Identity

    @property
    def codec(self) -> Codec:
        return self.main.codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How to reach a camera."""

    onvif_url: str
    rtsp_main_url: str
    rtsp_sub_url: str
    snapshot_url: str


class SimulatedCamera:
    """A camera on two ports. All methods belong to the campus's event loop."""

    def __init__(
        self,
        spec: CameraSpec,
        reels: Reels,
        clock: WallClock,
        account: Account,
        host: str,
        onvif_port: int,
        rtsp_port: int,
    ) -> None:
        self.spec, self._reels = spec, reels
        self.fault: Fault | None = None
        self._door = Door(account)
        self._answering = asyncio.Event()
        self._answering.set()
        self._specs = {MAIN_PATH: spec.main, SUB_PATH: spec.sub}
        self._streams = {path: Stream(reels.reel(loop), clock) for path, loop in self._specs.items()}
        rtsp = RtspServer(self._streams, self._door, spec.identity.name, self._answering.wait)
        self._rtsp = Listener(host, rtsp_port, rtsp.serve)
        profiles = (
            Profile("Profile_1", "mainStream", MAIN_PATH, spec.main),
            Profile("Profile_2", "subStream", SUB_PATH, spec.sub),
        )
        self._events = EventService(clock)
        self._obedience = Obedience()
        self.terminals = Terminals(self._events, self._obedience)
        services: dict[str, list[Service]] = {
            "tds": [DeviceService(spec.identity, clock), self.terminals],
            "tmd": [DeviceIoService(), self.terminals],
            "trt": [MediaService(profiles, self._rtsp.port)],
            "tr2": [Media2Service(profiles, self._rtsp.port)],
            "tev": [self._events],
            "wsnt": [self._events],
        }
        snapshots = Snapshots(self._streams[MAIN_PATH], clock)
        endpoint = Endpoint(services, self._door, clock, snapshots.now, self._answering.wait)
        self._http = Listener(host, onvif_port, HttpServer(endpoint.handle).serve)
        at = f"{host}:{self._http.port}"
        self.addresses = Addresses(
            onvif_url=f"http://{at}{device.PATH}",
            rtsp_main_url=f"rtsp://{host}:{self._rtsp.port}{MAIN_PATH}",
            rtsp_sub_url=f"rtsp://{host}:{self._rtsp.port}{SUB_PATH}",
            snapshot_url=f"http://{at}{SNAPSHOT_PATH}",
        )

    @property
    def viewers(self) -> int:
        return sum(stream.viewers for stream in self._streams.values())

    async def open(self) -> None:
        await self._rtsp.open()
        await self._http.open()

    async def close(self) -> None:
        for stream in self._streams.values():
            stream.close()
        await self._rtsp.close()
        await self._http.close()

    async def set_fault(self, fault: Fault | None) -> None:
        """Brings a fault about, instead of the one there was; None mends the camera."""
        variant = Variant.CLEAR if fault is None else VARIANT_OF.get(fault, Variant.CLEAR)
        shown = {
            path: await asyncio.to_thread(self._reels.reel, variant_of(loop, variant))
            for path, loop in self._specs.items()
        }
        self.fault = fault
        self._door.locked = fault is Fault.REFUSES_LOGIN
        self._obedience.obeys = fault is not Fault.IGNORES_SET
        if fault is Fault.MUTE:
            self._answering.clear()
        else:
            self._answering.set()
        for path, stream in self._streams.items():
            stream.flowing = fault not in (Fault.STALL, Fault.MUTE)
            stream.show(shown[path])
        self._events.tampered(fault is Fault.COVERED)
        if fault is Fault.DOWN:
            await self._rtsp.shut()
            await self._http.shut()
            self._events.forget()
        else:
            await self.open()


def variant_of(spec: LoopSpec, variant: Variant) -> LoopSpec:
    """The same stream with something wrong in its picture; rate control spends less where there is little to see."""
    if variant is Variant.CLEAR:
        return spec
    return replace(spec, variant=variant, bitrate_bps=max(64_000, spec.bitrate_bps * 3 // 10))
