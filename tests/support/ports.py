"""Whether a port has a server."""

from __future__ import annotations

import socket


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
