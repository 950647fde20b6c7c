"""WS-Discovery for simulated cameras: one listener on one interface answers for all of them, each in a message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

from lxml import etree

from simulator.listener import PortTaken
from simulator.onvif.identity import Identity
from simulator.onvif.soap import SOAP

GROUP = ("239.255.255.250", 3702)
_NAMESPACES = {
    "s": SOAP,
    "w": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}
_LONGEST_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Discoverable:
    """What a camera says of itself to everybody."""

    identity: Identity
    onvif_url: str


class Responder(asyncio.DatagramProtocol):
    """Answers probes on the interface of one address of ours."""

    def __init__(self, cameras: Callable[[], Sequence[Discoverable]]) -> None:
        self._cameras = cameras
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str, group: tuple[str, int] = GROUP) -> None:
        """Joins the group on the interface with this address. Raises PortTaken."""
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # other responders may live on this machine
            channel.bind(group)
            member = socket.inet_aton(group[0]) + socket.inet_aton(host)
            channel.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        except OSError as error:
            channel.close()
            raise PortTaken(host, group[1]) from error
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=channel)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        probe = _message_id(data)
        if probe is None or self._transport is None:
            return
        for camera in self._cameras():
            self._transport.sendto(_match(camera, probe), addr)


def _message_id(data: bytes) -> str | None:
    """Of a probe for cameras or for anybody; None for whatever else is said in the group."""
    if len(data) > _LONGEST_BYTES:
        return None
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        return None
    probe = root.find("s:Body/d:Probe", _NAMESPACES)
    if probe is None:
        return None
    types = (probe.findtext("d:Types", "", _NAMESPACES) or "").split()
    wanted = not types or any(kind.endswith(":NetworkVideoTransmitter") for kind in types)
    return root.findtext("s:Header/w:MessageID", "", _NAMESPACES) if wanted else None


def _match(camera: Discoverable, probe: str) -> bytes:
    who, root = camera.identity, "onvif://www.onvif.org"
    scopes = " ".join(
        (
            f"{root}/type/video_encoder",
            f"{root}/name/{quote(who.name)}",
            f"{root}/hardware/{quote(who.hardware)}",
            f"{root}/location/{quote(who.location)}",
        )
    )
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    content = (
        f"<s:Header><w:MessageID>urn:uuid:{uuid4()}</w:MessageID><w:RelatesTo>{_escaped(probe)}</w:RelatesTo>"
        "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></s:Header>"
        "<s:Body><d:ProbeMatches><d:ProbeMatch><w:EndpointReference>"
        f"<w:Address>urn:uuid:{uuid5(NAMESPACE_URL, who.serial)}</w:Address></w:EndpointReference>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{camera.onvif_url}</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body>"
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {spaces} xmlns:dn="http://www.onvif.org/ver10/network/wsdl">{content}</s:Envelope>'.encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
