"""The device service (ver10): time, identity, capabilities, network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from simulator.onvif.identity import Identity
from simulator.onvif.obedience import Obedience
from simulator.onvif.soap import NAMESPACES, Call, Operation, SoapFault, tag
from simulator.wall_clock import WallClock

PATH = "/onvif/device_service"
SERVICES = {
    "tds": PATH,
    "trt": "/onvif/media_service",
    "tr2": "/onvif/media2_service",
    "tev": "/onvif/event_service",
    "tmd": "/onvif/deviceio_service",
    "tse": "/onvif/search_service",
}
"""Where each service is, by its prefix."""

_VERSIONS = {"tds": (22, 6), "trt": (21, 6), "tr2": (22, 6), "tev": (21, 12), "tmd": (21, 6), "tse": (21, 6)}
CHINA_POSIX_TZ = "CST-8"


class DeviceService:
    def __init__(self, identity: Identity, clock: WallClock, obedience: Obedience) -> None:
        self.identity, self._clock, self._obedience = identity, clock, obedience
        self._time_zone = CHINA_POSIX_TZ

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.GetSystemDateAndTime,
            self.SetSystemDateAndTime,
            self.GetNTP,
            self.SetNTP,
            self.GetServices,
            self.GetServiceCapabilities,
            self.GetCapabilities,
            self.GetDeviceInformation,
            self.GetScopes,
            self.GetNetworkInterfaces,
            self.GetHostname,
        )
        return {answer.__name__: answer for answer in answers}

    # Methods are named as the operations of the WSDL.

    def GetSystemDateAndTime(self, call: Call) -> str:  # noqa: N802
        now = self._clock.now()
        parts = {"UTCDateTime": now, "LocalDateTime": now + timedelta(hours=8)}
        moments = "".join(
            f"<tt:{name}><tt:Time>{tag('tt:Hour', at.hour)}"
            f"{tag('tt:Minute', at.minute)}{tag('tt:Second', at.second)}</tt:Time>"
            f"<tt:Date>{tag('tt:Year', at.year)}{tag('tt:Month', at.month)}"
            f"{tag('tt:Day', at.day)}</tt:Date></tt:{name}>"
            for name, at in parts.items()
        )
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
            f"{tag('tt:DateTimeType', 'NTP' if self._clock.by_ntp else 'Manual')}"
            "<tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:TimeZone>{tag('tt:TZ', self._time_zone)}</tt:TimeZone>{moments}"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def SetSystemDateAndTime(self, call: Call) -> str:  # noqa: N802
        if self._obedience.obeys:
            if call.text("tds:DateTimeType") == "NTP":
                self._clock.follow_server()
            else:
                self._clock.set(_moment(call))
            self._time_zone = call.text("tds:TimeZone/tt:TZ") or self._time_zone
        return "<tds:SetSystemDateAndTimeResponse/>"

    def GetNTP(self, call: Call) -> str:  # noqa: N802
        server = self._clock.server
        sort = "IPv4" if server.replace(".", "").isdigit() else "DNS"
        where = tag("tt:IPv4Address" if sort == "IPv4" else "tt:DNSname", server)
        manual = f"<tt:NTPManual>{tag('tt:Type', sort)}{where}</tt:NTPManual>" if server else ""
        told = f"<tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>{manual}</tds:NTPInformation>"
        return f"<tds:GetNTPResponse>{told}</tds:GetNTPResponse>"

    def SetNTP(self, call: Call) -> str:  # noqa: N802
        if self._obedience.obeys:
            named = (call.text(f"tds:NTPManual/tt:{part}") for part in ("IPv4Address", "DNSname"))
            self._clock.server = next((name for name in named if name), "")
        return "<tds:SetNTPResponse/>"

    def GetServices(self, call: Call) -> str:  # noqa: N802
        services = "".join(
            f"<tds:Service>{tag('tds:Namespace', NAMESPACES[prefix])}{tag('tds:XAddr', call.base_url + path)}"
            f"<tds:Version>{tag('tt:Major', _VERSIONS[prefix][0])}"
            f"{tag('tt:Minor', _VERSIONS[prefix][1])}</tds:Version></tds:Service>"
            for prefix, path in SERVICES.items()
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            "<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network/>"
            '<tds:Security HttpDigest="true" UsernameToken="true"/><tds:System/>'
            "</tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
        )

    def GetCapabilities(self, call: Call) -> str:  # noqa: N802
        base = call.base_url
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            f"<tt:Device>{tag('tt:XAddr', base + SERVICES['tds'])}</tt:Device>"
            f"<tt:Events>{tag('tt:XAddr', base + SERVICES['tev'])}"
            "<tt:WSSubscriptionPolicySupport>true</tt:WSSubscriptionPolicySupport>"
            "<tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
            "<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
            f"<tt:Media>{tag('tt:XAddr', base + SERVICES['trt'])}"
            "<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>"
            "<tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
            "</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def GetDeviceInformation(self, call: Call) -> str:  # noqa: N802
        who = self.identity
        return (
            "<tds:GetDeviceInformationResponse>"
            f"{tag('tds:Manufacturer', who.manufacturer)}{tag('tds:Model', who.model)}"
            f"{tag('tds:FirmwareVersion', who.firmware)}{tag('tds:SerialNumber', who.serial)}"
            f"{tag('tds:HardwareId', who.hardware)}"
            "</tds:GetDeviceInformationResponse>"
        )

    def GetScopes(self, call: Call) -> str:  # noqa: N802
        who, root = self.identity, "onvif://www.onvif.org"
        scopes = (
            f"{root}/type/video_encoder",
            f"{root}/Profile/Streaming",
            f"{root}/name/{quote(who.name)}",
            f"{root}/hardware/{quote(who.hardware)}",
            f"{root}/location/{quote(who.location)}",
        )
        items = "".join(
            f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>{tag('tt:ScopeItem', scope)}</tds:Scopes>" for scope in scopes
        )
        return f"<tds:GetScopesResponse>{items}</tds:GetScopesResponse>"

    def GetNetworkInterfaces(self, call: Call) -> str:  # noqa: N802
        address = urlsplit(call.base_url).hostname or ""
        return (
            '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>'
            f"<tt:Info><tt:Name>eth0</tt:Name>{tag('tt:HwAddress', self.identity.mac)}<tt:MTU>1500</tt:MTU></tt:Info>"
            "<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>"
            f"<tt:Manual>{tag('tt:Address', address)}<tt:PrefixLength>24"
            "</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP>"
            "</tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"
        )

    def GetHostname(self, call: Call) -> str:  # noqa: N802
        name = tag("tt:Name", self.identity.serial.lower())
        return (
            "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
            f"{name}</tds:HostnameInformation></tds:GetHostnameResponse>"
        )


def _moment(call: Call) -> datetime:
    paths = ("Date/tt:Year", "Date/tt:Month", "Date/tt:Day", "Time/tt:Hour", "Time/tt:Minute", "Time/tt:Second")
    try:
        year, month, day, hour, minute, second = (int(call.text(f"tds:UTCDateTime/tt:{path}") or "") for path in paths)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise SoapFault("not a date", subcodes=("ter:InvalidArgVal", "ter:InvalidDateTime")) from error
