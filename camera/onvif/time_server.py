"""The time server that a device follows (校时服务器): read, and set on request, always read back."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from camera.onvif.device import OnvifDevice
from camera.onvif.setting import CHINA_POSIX_TZ, SetHadNoEffect
from camera.onvif.xml_tree import children, text, truth

_NAMED: Final = ("IPv4Address", "IPv6Address", "DNSname")


@dataclass(frozen=True, slots=True)
class TimeServers:
    """Whom a device asks for the time when it follows a time server."""

    from_dhcp: bool
    addresses: tuple[str, ...]
    """Addresses and names set by hand; those of DHCP only it knows."""


def read_time_servers(device: OnvifDevice) -> TimeServers:
    """GetNTP. Raises DeviceError."""
    body = device.call("devicemgmt", "GetNTP")
    found = next(children(body, "NTPInformation"), body)
    told = [text(server, part) for server in children(found, "NTPManual") for part in _NAMED]
    return TimeServers(truth(text(found, "FromDHCP")) or False, tuple(address for address in told if address))


def follow_time_server(device: OnvifDevice, server: str, *, time_zone: str = CHINA_POSIX_TZ) -> None:
    """Have a device follow one time server, by address or name, at port 123 (ONVIF knows no other); an explicit act.

    It takes a device seconds to minutes to ask it; whether its clock came right shows only afterwards. Raises
    SetHadNoEffect and the other DeviceErrors.
    """
    device.call("devicemgmt", "SetNTP", FromDHCP=False, NTPManual=[_host(server)])
    told = read_time_servers(device)
    if told.from_dhcp or told.addresses != (server,):
        now = "DHCP" if told.from_dhcp else ", ".join(told.addresses) or "none"
        raise SetHadNoEffect(f"asked for {server}, the device has {now}")
    device.call(
        "devicemgmt",
        "SetSystemDateAndTime",
        DateTimeType="NTP",
        DaylightSavings=False,
        TimeZone={"TZ": time_zone},
    )
    device.forget()
    if not device.time().by_ntp:
        raise SetHadNoEffect("asked for NTP, the device has Manual")


def _host(server: str) -> dict[str, Any]:
    try:
        address = ip_address(server)
    except ValueError:
        return {"Type": "DNS", "DNSname": server}
    return {"Type": f"IPv{address.version}", f"IPv{address.version}Address": server}
