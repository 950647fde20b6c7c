"""Addresses that devices hand out, made usable from where we stand."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from camera.device_error import Garbled


def from_here(url: str, reached: str) -> str:
    """The URL with the host at which the device was reached, and without any log-in in it.

    Behind NAT a device tells its own LAN address. For http the port is the reached one too, because that is the port
    which was forwarded; for rtsp only the host is known, so its port stays. Raises Garbled if it is no URL.
    """
    try:
        told, known = urlsplit(url.strip()), urlsplit(reached)
        told_host, told_port = told.hostname, told.port
        known_host, known_port = known.hostname or "", known.port
    except ValueError as error:
        raise Garbled(f"the device told an address that is none: {url[:200]!r}") from error
    if not told.scheme or not told_host:
        raise Garbled(f"the device told an address that is none: {url[:200]!r}")
    scheme, host, port = told.scheme, told_host, told_port
    if told_host != known_host:
        host = known_host
        if scheme in ("http", "https"):
            scheme, port = known.scheme, known_port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc += f":{port}"
    return urlunsplit(SplitResult(scheme, netloc, told.path, told.query, ""))


def first_of(addresses: str) -> str:
    """XAddrs may hold several addresses; the first IPv4 http one is what everybody uses."""
    known = [address for address in addresses.split() if address.startswith(("http://", "https://"))]
    if not known:
        raise Garbled(f"the device told no http address: {addresses[:200]!r}")
    return next((address for address in known if "[" not in address), known[0])
