"""The port that pages are asked at, taken before anything is loaded that serves them."""

from __future__ import annotations

import errno
import socket

from foundation.service import RefusedError


class ServerAddressError(RefusedError):
    """The pages cannot be served at the address in the settings; the message says what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or ServerAddressError with a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP in so many words: only on such a socket asyncio sends at once (TCP_NODELAY); otherwise an answer
    # in two parts, head and body, waits 40 ms for the browser to acknowledge the first.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerAddressError(_sentence(error, host, port)) from error
    return listener


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program: stop that program "
            f"(ss -ltnp 'sport = :{port}' shows it) or write another port under pages in the settings"
        )
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this user: write a port from 1024 up under pages in the settings"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this box has no address {host}: write one of its own addresses under pages in the settings"
    return f"the pages cannot be served at {host}:{port} ({error.strerror})"
