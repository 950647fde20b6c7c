"""One HTTP call to a device that may be slow, endless or hostile: bounded in time and bytes, whatever it does.

A connection of its own for each call: cameras drop idle ones, and a dropped one looks like a dead camera.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from camera.device_error import Garbled, OwnLinkDown, Unreachable
from foundation.clock import Clock

_CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a call may cost."""

    connect_s: float = 3.0
    call_s: float = 8.0
    """From the first byte sent to the last received; a long poll asks for more."""
    answer_bytes: int = 2 * 1024**2
    """A recorder with 64 sources describes its profiles in about 0.7 MB."""


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the two running times (ns since boot) bound the moment at which the device answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    sent_running_ns: int
    received_running_ns: int


class _Deadline:
    # A socket's own timeout starts anew with each byte, so a device that drips would hold us for ever.
    ends: float = float("inf")

    def _remaining_s(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the device took too long")
        return left


class _DeadlineSocket(_Deadline, socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self._remaining_s())
        return super().recv_into(*args, **kwargs)


class _DeadlineTlsSocket(_Deadline, ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self._remaining_s())
        return super().recv_into(*args, **kwargs)


def call(
    method: str,
    url: str,
    *,
    clock: Clock,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Answer:
    """Ask once; follows no redirect, uses no proxy, keeps no cookie.

    Raises Unreachable (no connection, or silence) and Garbled (no HTTP, or more bytes than allowed).
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Garbled(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Garbled(f"{url!r} is no http address")
    connection = http.client.HTTPConnection(host, port)
    try:
        connection.sock = _connect(parts, host, port, limits)
        sent_ns = clock.running_ns()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers={"Accept-Encoding": "identity", **(headers or {})})
        response = connection.getresponse()
        received = _read(response, limits)
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            received,
            sent_ns,
            clock.running_ns(),
        )
    except TimeoutError as error:
        raise Unreachable(f"{host}:{port} gave no whole answer within {limits.call_s:g} s") from error
    except OSError as error:
        if error.errno in (errno.ENETUNREACH, errno.ENETDOWN):
            raise OwnLinkDown(f"this box has no network to reach {host}") from error
        raise Unreachable(f"{host}:{port}: {error.strerror or error}") from error
    except (http.client.HTTPException, ValueError) as error:
        raise Garbled(f"{host}:{port} does not speak HTTP as it should ({type(error).__name__})") from error
    finally:
        connection.close()


def _connect(parts: SplitResult, host: str, port: int, limits: Limits) -> _DeadlineSocket | _DeadlineTlsSocket:
    plain = socket.create_connection((host, port), timeout=limits.connect_s)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body are two writes
    ends = time.monotonic() + limits.call_s
    if parts.scheme == "http":
        channel = _DeadlineSocket(fileno=plain.detach())
        channel.settimeout(limits.call_s)
        channel.ends = ends
        return channel
    # Cameras carry certificates they signed themselves; the log-in is a digest, and the network is the school's own.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _DeadlineTlsSocket
    with plain:  # wrap_socket takes the descriptor over; this closes it only if the handshake fails
        plain.settimeout(limits.call_s)
        secure = context.wrap_socket(plain, server_hostname=host)
    assert isinstance(secure, _DeadlineTlsSocket)
    secure.ends = ends
    return secure


def _read(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    received = bytearray()
    while chunk := response.read(_CHUNK_BYTES):
        received += chunk
        if len(received) > limits.answer_bytes:
            raise Garbled(f"an answer of more than {limits.answer_bytes} bytes was cut off")
    if response.length:  # read(amount) ends quietly when the peer closes early
        raise Unreachable("the connection broke in the middle of an answer")
    return bytes(received)
