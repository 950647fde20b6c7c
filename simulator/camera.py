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
from simulator.onvif.held import HeldFootage, SearchService
from simulator.onvif.identity import Identity
from simulator.onvif.media import MediaService
from simulator.onvif.media2 import Media2Service
from simulator.onvif.obedience import Obedience
from simulator.onvif.profiles import SNAPSHOT_PATH, Profile, snapshot_path
from simulator.onvif.terminals import DeviceIoService, Terminals
from simulator.rtsp.server import RtspServer
from simulator.rtsp.stream import Reels, Stream
from simulator.scenes.variant import Variant
from simulator.snapshot import Snapshots
from simulator.wall_clock import WallClock

MAIN_PATH, SUB_PATH = "/main", "/sub"
WRONG_BY_S = 600.0
LOSES_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One video source: a lens, or a camera behind a recorder."""

    main: LoopSpec
    sub: LoopSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """What device to simulate: a camera, or with ``more`` channels a recorder (NVR) with cameras behind it."""

    id: str
    main: LoopSpec
    sub: LoopSpec
    identity: Identity
    more: tuple[Channel, ...] = ()
    """Channels beside the first."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (Channel(main=self.main, sub=self.sub), *self.more)

    @property
    def loops(self) -> tuple[LoopSpec, ...]:
        return tuple(loop for channel in self.channels for loop in (channel.main, channel.sub))

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
        self._profiles = _profiles(spec)
        self._specs = {profile.path: profile.spec for profile in self._profiles}
        # What is wrong with the device's clock is not wrong with its pictures: RTP runs on by its own crystal.
        steady = WallClock(clock.clock)
        self._clock = clock
        self._streams = {path: Stream(reels.reel(loop), steady) for path, loop in self._specs.items()}
        self._variant = Variant.CLEAR
        self._showing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        rtsp = RtspServer(self._streams, self._door, spec.identity.name, self._answering.wait)
        self._rtsp = Listener(host, rtsp_port, rtsp.serve)
        self._without_signal: set[int] = set()
        sources = len(spec.channels)
        self._events = EventService(clock, sources)
        self._obedience = Obedience()
        self.terminals = Terminals(self._events, self._obedience)
        self._device = DeviceService(spec.identity, clock, self._obedience)
        self._held = HeldFootage(clock)
        services: dict[str, list[Service]] = {
            "tds": [self._device, self.terminals],
            "tmd": [DeviceIoService(sources), self.terminals],
            "trt": [MediaService(self._profiles, self._rtsp.port, self.set_encoder)],
            "tr2": [Media2Service(self._profiles, self._rtsp.port, self.set_encoder)],
            "tse": [SearchService(self._held)],
            "tev": [self._events],
            "wsnt": [self._events],
        }
        stills = {
            snapshot_path(source): Snapshots(self._streams[_path(MAIN_PATH, source)], steady).now
            for source in range(sources)
        }
        endpoint = Endpoint(services, self._door, clock, stills, self._answering.wait)
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

    @property
    def identity(self) -> Identity:
        """Who it says it is now."""
        return self._device.identity

    async def open(self) -> None:
        await self._rtsp.open()
        await self._http.open()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for stream in self._streams.values():
            stream.close()
        await self._rtsp.close()
        await self._http.close()

    def set_encoder(self, token: str, wanted: LoopSpec) -> None:
        """What a client sets through Media or Media2; the stream follows as soon as it is encoded (seconds)."""
        if not self._obedience.obeys:
            return
        self._announce(next(profile for profile in self._profiles if profile.encoder_token == token).path, wanted)
        if self._obedience.honest:
            task = asyncio.get_running_loop().create_task(self._show())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _announce(self, path: str, spec: LoopSpec) -> None:
        self._profiles[:] = [
            replace(profile, spec=spec) if profile.path == path else profile for profile in self._profiles
        ]
        if self._obedience.honest:
            self._specs[path] = spec

    async def _show(self) -> None:
        """Has the streams show what is set up now; another codec or rate cuts viewers off, as a real encoder does."""
        async with self._showing:
            for path, stream in self._streams.items():
                spec = variant_of(self._specs[path], self._variant)
                reel = await asyncio.to_thread(self._reels.reel, spec)
                if _alike(stream.reel.loop.spec, spec):
                    stream.show(reel)
                    continue
                stream.replace(reel)
                await self._rtsp.shut()
                if self.fault is not Fault.DOWN:
                    await self._rtsp.open()

    def lose_signal(self, source: int, is_lost: bool) -> None:
        """The camera behind a channel goes, or comes back: its streams stop, and the device says so by an event."""
        if not 0 <= source < len(self.spec.channels) or len(self.spec.channels) == 1:
            raise ValueError(f"{self.spec.id} has no channel {source} with a cable to lose")
        (self._without_signal.add if is_lost else self._without_signal.discard)(source)
        self._let_flow()
        self._events.signal_lost(source, is_lost)

    def _let_flow(self) -> None:
        stands = self.fault in (Fault.STALL, Fault.MUTE)
        for profile in self._profiles:
            self._streams[profile.path].flowing = not stands and profile.source not in self._without_signal

    async def set_fault(self, fault: Fault | None) -> None:
        """Brings a fault about, instead of the one there was; None mends the camera."""
        before, self.fault = self.fault, fault
        self._variant = Variant.CLEAR if fault is None else VARIANT_OF.get(fault, Variant.CLEAR)
        self._door.locked = fault is Fault.REFUSES_LOGIN
        self._obedience.obeys = fault is not Fault.IGNORES_SET
        self._obedience.honest = fault is not Fault.LIES_ABOUT_SET
        self._held.lies = fault is Fault.LIES_ABOUT_FOOTAGE
        self._held.stop(fault is Fault.CARD_STOPPED)
        self._device.identity = _another(self.spec.identity) if fault is Fault.NEW_IDENTITY else self.spec.identity
        if fault is Fault.CLOCK_WRONG:
            self._clock.wrong_by_s, self._clock.by_ntp = WRONG_BY_S, False
        elif before is Fault.CLOCK_WRONG:
            self._clock.server = ""
            self._clock.follow_server()
        if fault is Fault.CODEC_CHANGED:
            main = self._specs[MAIN_PATH]
            self._announce(MAIN_PATH, replace(main, codec=Codec.H265 if main.codec is Codec.H264 else Codec.H264))
        elif before in (Fault.CODEC_CHANGED, Fault.LIES_ABOUT_SET):
            for profile in _profiles(self.spec):
                self._announce(profile.path, profile.spec)
        await self._show()
        if fault is Fault.MUTE:
            self._answering.clear()
        else:
            self._answering.set()
        for stream in self._streams.values():
            stream.loses_every = LOSES_EVERY if fault is Fault.LOSES_PACKETS else 0
        self._let_flow()
        self._events.tampered(fault is Fault.COVERED)
        if fault is Fault.DOWN:
            await self._rtsp.shut()
            await self._http.shut()
            self._events.forget()
        else:
            await self.open()


def _path(part: str, source: int) -> str:
    return f"{part}-{source + 1}" if source else part


def _profiles(spec: CameraSpec) -> list[Profile]:
    """All main streams and then all sub-streams, as recorders list them; of one camera main, sub."""
    kinds = (("mainStream", MAIN_PATH), ("subStream", SUB_PATH))
    parts = [(name, path, source) for name, path in kinds for source in range(len(spec.channels))]
    return [
        Profile(f"Profile_{number}", name, _path(path, source), _loop_of(spec, path, source), source)
        for number, (name, path, source) in enumerate(parts, 1)
    ]


def _loop_of(spec: CameraSpec, path: str, source: int) -> LoopSpec:
    channel = spec.channels[source]
    return channel.main if path == MAIN_PATH else channel.sub


def _another(identity: Identity) -> Identity:
    """Of the same make, with another number."""
    return replace(identity, serial="X" + identity.serial, mac=identity.mac[:-2] + "ff", firmware="1.0.1")


def _alike(one: LoopSpec, other: LoopSpec) -> bool:
    """Whether a stream can go over from one to the other at a keyframe, without a viewer noticing."""
    return replace(one, variant=other.variant, bitrate_bps=other.bitrate_bps) == other


def variant_of(spec: LoopSpec, variant: Variant) -> LoopSpec:
    """The same stream with something wrong in its picture; what is covered needs less."""
    if variant is Variant.CLEAR:
        return spec
    if variant is not Variant.COVERED:
        return replace(spec, variant=variant)
    return replace(spec, variant=variant, bitrate_bps=max(64_000, spec.bitrate_bps * 3 // 10))
