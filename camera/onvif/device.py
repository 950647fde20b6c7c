"""One ONVIF device, asked in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from camera.device_error import DeviceError, Garbled, LoginRefused, NotOnvif, OnvifFault
from camera.http_call import DEFAULT_LIMITS, Limits
from camera.http_digest import DigestHttp
from camera.login import Login
from camera.onvif import reading
from camera.onvif.address import first_of, from_here
from camera.onvif.model import DeviceTime, Identity, Profile, SourceStreams, Stream
from camera.onvif.pull_point import PullPoint
from camera.onvif.stream_choice import main_and_sub
from camera.onvif.xml_tree import Element, text
from camera.onvif.zeep_camera import NAMESPACES, DeviceTimeToken, DeviceTransport, ZeepCamera, ask
from foundation.clock import NS_PER_S, Clock, utc_ns_of

_HALF_SECOND_NS: Final = NS_PER_S // 2


class OnvifDevice:
    """Asks; holds no connection and keeps no state but the device's clock offset and the addresses of its services.

    Every method raises Unreachable, LoginRefused, NotOnvif, OnvifFault or Garbled, within the limits given. Usable from
    several threads.
    """

    def __init__(self, address: str, login: Login | None, clock: Clock, limits: Limits = DEFAULT_LIMITS) -> None:
        self.address = address
        self._clock = clock
        self._limits = limits
        self._transport = DeviceTransport(DigestHttp(login, clock))
        self._token = DeviceTimeToken(login, clock) if login is not None else None
        self._camera = ZeepCamera(address, self._transport, self._token)
        self._services_known = False
        self._time_known = False

    def time(self, *, may_log_in: bool = True) -> DeviceTime:
        """The device's clock; asked without log-in, as ONVIF demands, so it also works while log-ins are held back.

        Later log-ins are dated by it. A device that wants a log-in even for this is believed by its HTTP Date header.
        """
        service = self._camera.service("devicemgmt", self.address, anonymous=True)
        self._transport.within(self._limits, log_in=False)
        body: Element | None = None
        try:
            body = ask(service, "GetSystemDateAndTime")
        except LoginRefused:
            if self._shown_date() is None and not may_log_in:
                raise
        told = reading.utc_time(body) if body is not None else None
        if told is None:
            told = self._shown_date()
        if told is None and body is None:
            self._time_known = True  # as well as can be: this log-in is dated by our own clock
            body = self._ask("devicemgmt", "GetSystemDateAndTime")
            told = reading.utc_time(body)
        if told is None:
            raise Garbled("the device tells no time")
        found = self._beside_ours(told, body)
        if self._token is not None:
            self._token.offset_ns = found.offset_ns
        self._time_known = True
        return found

    def _shown_date(self) -> datetime | None:
        answer = self._transport.last
        return reading.http_date(answer.headers.get("date")) if answer is not None else None

    def _beside_ours(self, told: datetime, body: Element | None) -> DeviceTime:
        answer = self._transport.last
        assert answer is not None
        asked_utc_ns = self._clock.utc_ns() - (self._clock.running_ns() - answer.sent_running_ns)
        round_trip_ns = answer.received_running_ns - answer.sent_running_ns
        # ONVIF tells whole seconds: the true time lies up to a second later, so its middle is taken.
        device_ns = utc_ns_of(told) + _HALF_SECOND_NS
        kind = text(body, "SystemDateAndTime/DateTimeType") if body is not None else None
        return DeviceTime(
            offset_ns=device_ns - (asked_utc_ns + round_trip_ns // 2),
            error_ns=round_trip_ns // 2 + _HALF_SECOND_NS,
            asked_utc_ns=asked_utc_ns,
            asked_running_ns=answer.sent_running_ns,
            by_ntp=kind == "NTP",
            time_zone=text(body, "SystemDateAndTime/TimeZone/TZ") if body is not None else None,
        )

    def identity(self) -> Identity:
        """Who it is; needs the log-in, so it also proves it."""
        return reading.identity(self._ask("devicemgmt", "GetDeviceInformation"))

    def mac(self) -> str:
        """Hardware address of the first interface that is on; empty if the device does not tell."""
        try:
            return reading.mac(self._ask("devicemgmt", "GetNetworkInterfaces"))
        except (OnvifFault, NotOnvif, Garbled):
            return ""

    def has(self, service: str) -> bool:
        """Whether the device offers a service (media, media2, events, deviceio, recording, search, replay …)."""
        self._learn_services()
        return NAMESPACES[service] in self._camera.xaddrs

    def profiles(self) -> tuple[Profile, ...]:
        """Of Media2 where the device has it (H.265 is only there), else of Media."""
        if self.has("media2"):
            try:
                found = reading.profiles(self._ask("media2", "GetProfiles", Type=["All"]), media2=True)
            except (OnvifFault, NotOnvif, Garbled):  # capabilities lie; Media may still tell the truth
                found = ()
            if any(profile.encoder_token for profile in found):
                return found
        return reading.profiles(self._ask("media", "GetProfiles"), media2=False)

    def stream_uri(self, profile: Profile) -> str:
        """RTSP address of a profile as reached from here, without log-in."""
        if profile.media2:
            body = self._ask("media2", "GetStreamUri", Protocol="RTSP", ProfileToken=profile.token)
        else:
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            body = self._ask("media", "GetStreamUri", StreamSetup=setup, ProfileToken=profile.token)
        return from_here(reading.uri(body), self.address)

    def snapshot_uri(self, profile: Profile) -> str | None:
        """HTTP address of a still of a profile as reached from here; None if the device gives no stills."""
        service = "media2" if profile.media2 else "media"
        try:
            return from_here(
                reading.uri(self._ask(service, "GetSnapshotUri", ProfileToken=profile.token)), self.address
            )
        except (OnvifFault, NotOnvif, Garbled):
            return None

    def streams(self) -> tuple[SourceStreams, ...]:
        """For each source that can be had: main stream, sub-stream, still."""
        profiles = self.profiles()
        found = []
        for source in reading.sources(self._source_tokens(), profiles):
            main, sub = main_and_sub([profile for profile in profiles if profile.source_token == source.token])
            if main is not None:
                found.append(SourceStreams(source, self._stream(main), self._sub(sub), self.snapshot_uri(sub or main)))
        return tuple(found)

    def _stream(self, profile: Profile) -> Stream:
        return Stream(profile, self.stream_uri(profile))

    def _sub(self, profile: Profile | None) -> Stream | None:
        return self._stream(profile) if profile is not None else None

    def _source_tokens(self) -> tuple[str, ...]:
        try:
            return reading.source_tokens(self._ask("media", "GetVideoSources"))
        except (OnvifFault, NotOnvif, Garbled):  # devices with Media2 only; their profiles name the sources too
            return ()

    def subscribe(self, *, keep_s: int = 60) -> PullPoint:
        """A pull point for the device's events; close it (it is a context manager), or the device runs out of them."""
        self._learn_services()
        return PullPoint.open(self._camera, self._transport, self.address, self._limits, keep_s=keep_s)

    def call(self, service: str, operation: str, *, limits: Limits | None = None, **parameters: Any) -> Element:
        """Any other operation, for the modules of this folder."""
        return self._ask(service, operation, limits=limits, **parameters)

    def _ask(self, service: str, operation: str, *, limits: Limits | None = None, **parameters: Any) -> Element:
        if not self._time_known and self._token is not None:
            self.time()
        if service != "devicemgmt":
            self._learn_services()
        address = self._camera.xaddrs.get(NAMESPACES[service])
        if address is None:
            raise OnvifFault("NoSuchService", f"the device has no {service} service")
        self._transport.within(limits or self._limits)
        return ask(self._camera.service(service, address), operation, **parameters)

    def _learn_services(self) -> None:
        if self._services_known:
            return
        try:
            told = reading.service_addresses(self._ask("devicemgmt", "GetServices", IncludeCapability=False))
        except (OnvifFault, Garbled, NotOnvif):
            told = {}
        if not told:
            body = self._ask("devicemgmt", "GetCapabilities", Category="All")
            told = reading.capability_addresses(body, NAMESPACES)
        usable: dict[str, str] = {}
        for namespace, address in told.items():
            try:
                usable[namespace] = from_here(first_of(address), self.address)
            except DeviceError:
                continue  # one service with a mad address; the others are fine
        self._camera.xaddrs = {**usable, NAMESPACES["devicemgmt"]: self.address}
        self._services_known = True

    def forget(self) -> None:
        """The device rebooted or was changed: ask for its clock and its services anew."""
        self._services_known = self._time_known = False
