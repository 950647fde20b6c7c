"""Asks a time server as a camera does: one SNTP question (RFC 4330)."""

from __future__ import annotations

import socket
import struct
from typing import Final

PORT: Final = 123
_EPOCH_S: Final = 2_208_988_800  # from 1900 to 1970
_QUESTION: Final = b"\x23" + bytes(47)  # version 4, a client
_NOT_KNOWN: Final = 3
"""Leap indicator of a server that has no time itself."""


def ask_time(host: str, *, port: int = PORT, within_s: float = 1.0) -> float | None:
    """Unix time as the server told it; None if it does not answer, or has no time itself."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.settimeout(within_s)
            channel.connect((host, port))
            channel.send(_QUESTION)
            answer = channel.recv(512)
    except OSError:
        return None
    if len(answer) < 48 or answer[0] >> 6 == _NOT_KNOWN or answer[1] == 0:
        return None
    whole, part = struct.unpack_from(">II", answer, 40)
    return float(whole - _EPOCH_S + part / 2**32)
