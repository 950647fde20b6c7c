"""Who is on the network? WS-Discovery (a question to everybody on one interface), or addresses asked in turn."""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from camera.device_error import DeviceError, LoginRefused
from camera.http_call import Limits
from camera.onvif import xml_tree
from camera.onvif.address import from_here
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Identity, SourceStreams
from foundation.clock import Clock

GROUP: Final = ("239.255.255.250", 3702)
_SIOCGIFADDR: Final = 0x8915
_LONGEST_BYTES: Final = 65_535
_MOST_ANSWERS: Final = 1000
_ASKING_LIMITS: Final = Limits(connect_s=1.0, call_s=2.0)
_PROBE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
    "<w:MessageID>urn:uuid:{number}</w:MessageID>"
    "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>"
    "</e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)
_SCOPE: Final = re.compile(r"^onvif://www\.onvif\.org/(name|hardware|location)/(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered."""

    address: str
    """Its device service, as reached from here."""
    name: str
    hardware: str
    endpoint: str
    """urn:uuid, the same for a device on all its interfaces; empty if it was asked by address."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device told when it was taken in."""

    found: Found
    identity: Identity
    mac: str
    sources: tuple[SourceStreams, ...] = field(repr=False)


def probe(interface: str, *, wait_s: float = 3.0, group: tuple[str, int] = GROUP) -> tuple[Found, ...]:
    """Ask everybody on the interface with this IPv4 address of ours; answers that cannot be read are passed over.

    Raises OSError if there is no such interface.
    """
    found: dict[str, Found] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind((interface, 0))
        channel.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        channel.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        question = _PROBE.format(number=uuid.uuid4()).encode()
        ends = time.monotonic() + wait_s
        ask_again = [time.monotonic(), time.monotonic() + wait_s / 3]  # multicast over Wi-Fi loses one in ten
        while (left := ends - time.monotonic()) > 0 and len(found) < _MOST_ANSWERS:
            if ask_again and time.monotonic() >= ask_again[0]:
                ask_again.pop(0)
                channel.sendto(question, group)
            channel.settimeout(max(0.01, min(left, 0.2)))
            try:
                body, sender = channel.recvfrom(_LONGEST_BYTES)
            except TimeoutError:
                continue
            for one in read_matches(body, sender[0]):
                found.setdefault(one.endpoint or one.address, one)
    return tuple(sorted(found.values(), key=lambda one: one.address))


def read_matches(body: bytes, sender: str) -> tuple[Found, ...]:
    """The devices in an answer that came from `sender`; none if it cannot be read."""
    try:
        root = xml_tree.parse(body)
        return tuple(
            one for match in xml_tree.anywhere(root, "ProbeMatch") if (one := _match(match, sender)) is not None
        )
    except DeviceError:
        return ()


def _match(match: xml_tree.Element, sender: str) -> Found | None:
    addresses = [one for one in (xml_tree.text(match, "XAddrs") or "").split() if one.startswith("http")]
    if not addresses:
        return None
    # A device with several interfaces tells all its addresses; the one it answered from is the one we reach.
    own = next((one for one in addresses if urlsplit(one).hostname == sender), None)
    address = own or from_here(addresses[0], f"http://{sender}:{urlsplit(addresses[0]).port or 80}/")
    told = dict(_scopes(xml_tree.text(match, "Scopes") or ""))
    endpoint = next((xml_tree.text(one) or "" for one in xml_tree.anywhere(match, "Address")), "")
    return Found(address, told.get("name", ""), told.get("hardware", ""), endpoint)


def _scopes(told: str) -> Iterable[tuple[str, str]]:
    for scope in told.split():
        known = _SCOPE.match(scope)
        if known:
            yield known[1].lower(), unquote(known[2])


def interface_address(interface: str) -> str:
    """The IPv4 address of an interface of ours by its name ('eth0'); an address is handed back as it is.

    Raises OSError if there is no such interface or it has no address.
    """
    try:
        return socket.inet_ntoa(socket.inet_aton(interface)) if interface.count(".") == 3 else _address_of(interface)
    except OSError as error:
        known = ", ".join(name for _, name in socket.if_nameindex())
        raise OSError(f"no interface {interface!r} with an IPv4 address; there are {known}") from error


def _address_of(name: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        asked = struct.pack("256s", name.encode()[:15])
        return socket.inet_ntoa(fcntl.ioctl(channel.fileno(), _SIOCGIFADDR, asked)[20:24])


def ask_addresses(hosts: Sequence[str], clock: Clock) -> tuple[Found, ...]:
    """Ask hosts ('192.168.1.64', 'host:port' or a whole URL) for their time, 16 at once; who answers ONVIF is found."""

    def ask(host: str) -> Found | None:
        address = host if "://" in host else f"http://{host}/onvif/device_service"
        try:
            OnvifDevice(address, None, clock, _ASKING_LIMITS).time(may_log_in=False)
        except LoginRefused:
            return Found(address, "", "", "")  # it speaks ONVIF and wants a log-in even for the time
        except DeviceError:
            return None
        return Found(address, "", "", "")

    with ThreadPoolExecutor(max_workers=16, thread_name_prefix="ask") as pool:
        return tuple(found for found in pool.map(ask, hosts) if found is not None)


def enrol(found: Found, device: OnvifDevice) -> Enrolled:
    """Read what the settings and the camera file need. Raises DeviceError."""
    return Enrolled(found, device.identity(), device.mac(), device.streams())
