"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

_LOCAL_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def on_the_box(request: Request) -> bool:
    """Asked from this machine, by one of its own names: a foreign name that was pointed at 127.0.0.1 does not count."""
    if request.client is None:
        return False
    host = Headers(scope=request.scope).get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        return ip_address(request.client.host).is_loopback and name in _LOCAL_NAMES
    except ValueError:
        return False


def address_of(request: Request) -> str:
    """The address that wrong guesses are counted for."""
    return request.client.host if request.client else "unknown"
