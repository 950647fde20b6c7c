"""A campus on a laptop: cameras that can fail, in one process, on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from foundation.clock import Clock, SystemClock
from foundation.service import Ending
from simulator.camera import Addresses, CameraSpec, Channel, SimulatedCamera, variant_of
from simulator.control import Control
from simulator.discovery import Discoverable, Responder
from simulator.faults import PREPARED, VARIANT_OF, Fault
from simulator.http_server import HttpServer
from simulator.library import Library, Progress, Stopped, default_directory
from simulator.listener import Listener
from simulator.login import Account
from simulator.loop import Codec, LoopSpec
from simulator.onvif.identity import Identity
from simulator.rtsp.stream import Reels
from simulator.wall_clock import WallClock

DEMO_ACCOUNT = Account("campus", "Campus-2024")
"""The log-in of all simulated cameras unless another is given."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The main stream's figures; the defaults are light enough for a laptop that also runs the agent."""

    width: int = 1280
    height: int = 720
    fps: int = 15
    bitrate_bps: int = 1_000_000
    gop_s: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SubQuality(Quality):
    """The sub stream's figures."""

    width: int = 640
    height: int = 360
    fps: int = 5
    bitrate_bps: int = 256_000


def demo_cameras(count: int = 2, main: Quality = Quality(), sub: Quality = SubQuality()) -> tuple[CameraSpec, ...]:
    """``gate`` (H.264), ``corridor`` (H.265), then ``gate-2``, ``corridor-2`` and so on, each with a serial number."""
    return tuple(_demo_camera(index, main, sub) for index in range(count))


def _demo_camera(index: int, main: Quality, sub: Quality) -> CameraSpec:
    scene, codec = (("gate", Codec.H264), ("corridor", Codec.H265))[index % 2]
    name = scene if index < 2 else f"{scene}-{index // 2 + 1}"
    return CameraSpec(
        id=name,
        main=_loop(scene, codec, main),
        sub=_loop(scene, Codec.H264, sub),
        identity=Identity(
            name=name,
            hardware="SIM-1-" + codec,
            serial=f"SIM{index + 1:06d}",
            # 02: locally administered, so no vendor's address is borrowed
            mac=f"02:00:5e:10:{(index + 1) >> 8:02x}:{(index + 1) & 0xFF:02x}",
            location=scene,
        ),
    )


def demo_recorder(channels: int = 3, main: Quality = Quality(), sub: Quality = SubQuality()) -> CameraSpec:
    """``nvr``: one device with so many cameras behind it, gates and corridors by turns, all in H.264."""
    seen = [("gate", "corridor")[number % 2] for number in range(channels)]
    first, *more = [Channel(main=_loop(scene, Codec.H264, main), sub=_loop(scene, Codec.H264, sub)) for scene in seen]
    identity = Identity(name="nvr", hardware="SIM-NVR", serial="SIMNVR0001", mac="02:00:5e:10:ff:01", model="SIM-NVR")
    return CameraSpec(id="nvr", main=first.main, sub=first.sub, identity=identity, more=tuple(more))


def _loop(scene: str, codec: Codec, quality: Quality) -> LoopSpec:
    return LoopSpec(
        scene=scene,
        codec=codec,
        width=quality.width,
        height=quality.height,
        fps=quality.fps,
        bitrate_bps=quality.bitrate_bps,
        gop_s=quality.gop_s,
    )


@dataclass
class Campus:
    """Cameras and their control interface. ``start`` and ``close`` may be called from any thread."""

    cameras: Sequence[CameraSpec] = field(default_factory=demo_cameras)
    host: str = "127.0.0.1"
    port_base: int | None = None
    """Control on this port, then two ports per camera (ONVIF, RTSP); None: free ports."""
    account: Account = DEMO_ACCOUNT
    cache: Path = field(default_factory=default_directory)
    clock: Clock = field(default_factory=SystemClock)
    progress: Progress = logging.getLogger(__name__).info
    stopping: Ending = field(default_factory=Ending)
    """Set it to give up a start that is still encoding; ``start`` then raises ``library.Stopped``."""
    discoverable: bool = False
    """Whether WS-Discovery on the host's interface finds the cameras."""
    prepare_faults: bool = True
    """Whether the loops that picture faults need are made ahead, in the background, after the start."""

    def __post_init__(self) -> None:
        self._library = Library(self.cache, self.progress, self.stopping)
        self._reels = Reels(self._library)
        self._running: dict[str, SimulatedCamera] = {}
        self._control: Listener | None = None
        self._responder = Responder(self._discoverables)
        self._loop = asyncio.new_event_loop()
        self._thread: Thread | None = None
        self._preparing: Thread | None = None

    def start(self) -> None:
        """Encodes what is not in the cache (seconds), then serves. Raises ``PortTaken``."""
        self._library.prepare(loop for camera in self.cameras for loop in camera.loops)
        self._thread = Thread(target=self._loop.run_forever, name="campus", daemon=True)
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self.close()
            raise
        if self.prepare_faults:
            self._preparing = Thread(target=self._prepare_faults, name="faults", daemon=True)
            self._preparing.start()

    def close(self) -> None:
        """Ends all connections and gives the ports back; a second call does nothing."""
        self.stopping.set()
        if self._preparing is not None:
            self._preparing.join()
        if self._thread is None:
            return
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = None

    def __enter__(self) -> Campus:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def control_url(self) -> str:
        assert self._control is not None, "start the campus first"
        return f"http://{self.host}:{self._control.port}"

    def addresses(self, camera: str) -> Addresses:
        """How to reach a camera; the same from start to close."""
        return self._running[camera].addresses

    def set_fault(self, camera: str, fault: Fault | None) -> None:
        """Brings a fault about (or ends it, with None) and returns when it is so."""
        self._call(self._running[camera].set_fault(fault))

    def fault(self, camera: str) -> Fault | None:
        return self._running[camera].fault

    def set_input(self, camera: str, token: str, *, closed: bool) -> None:
        """Closes or opens the circuit of an alarm input (``DI_1``, ``DI_2``)."""
        self._call(self._set_input(camera, token, closed))

    def lose_signal(self, camera: str, source: int, *, lost: bool = True) -> None:
        """Takes a camera behind a recorder away, or brings it back; sources count from 0. Raises ValueError."""
        self._call(self._lose_signal(camera, source, lost))

    async def _lose_signal(self, camera: str, source: int, lost: bool) -> None:
        self._running[camera].lose_signal(source, lost)

    def relays(self, camera: str) -> dict[str, bool]:
        """Whether each relay (``Relay_1``) is active now."""
        return self._running[camera].terminals.relays

    async def _set_input(self, camera: str, token: str, closed: bool) -> None:
        self._running[camera].terminals.set_input(token, closed=closed)

    def description(self) -> dict[str, object]:
        """All addresses, as printed by ``campus-simulator run``."""
        control = Control(self._running, self.account)
        return {"ready": True, "control_url": self.control_url, "cameras": control.listing()}

    async def _open(self) -> None:
        port = self.port_base
        control = Control(self._running, self.account)
        self._control = Listener(self.host, port or 0, HttpServer(control.handle).serve)
        for index, spec in enumerate(self.cameras):
            ports = (port + 1 + 2 * index, port + 2 + 2 * index) if port else (0, 0)
            camera = SimulatedCamera(spec, self._reels, WallClock(self.clock), self.account, self.host, *ports)
            self._running[spec.id] = camera
            await camera.open()
        await self._control.open()
        if self.discoverable:
            await self._responder.open(self.host)

    def _discoverables(self) -> Sequence[Discoverable]:
        return [
            Discoverable(camera.identity, camera.addresses.onvif_url)
            for camera in self._running.values()
            if camera.fault not in (Fault.DOWN, Fault.MUTE)
        ]

    async def _shut(self) -> None:
        self._responder.close()
        if self._control is not None:
            await self._control.close()
        for camera in self._running.values():
            await camera.close()

    def _prepare_faults(self) -> None:
        with contextlib.suppress(Stopped):
            for variant in (VARIANT_OF[fault] for fault in PREPARED):
                for camera in self.cameras:
                    for loop in camera.loops:
                        self._reels.reel(variant_of(loop, variant))

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
