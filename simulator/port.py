"""Ports for programs that must be told one before they start."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from typing import Final

_BLOCKS: Final = range(10_000, 32_000, 1_000)
"""Below what Linux gives away by itself (from 32768 on): a port that a program is told to take is nobody else's by the
time it takes it."""
_CLAIMS: Final[list[socket.socket]] = []


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that no other process gets from here; bind to port 0 yourself where that is possible."""
    while True:
        port = next(_own_ports())
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port


@cache
def _own_ports() -> Iterator[int]:
    """The block of this process; a name that the kernel lets go of when the process ends tells that it is taken."""
    for first in _BLOCKS:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0campus-ports-{first}")
        except OSError:
            claim.close()
            continue
        _CLAIMS.append(claim)
        return cycle(range(first, first + _BLOCKS.step))
    raise RuntimeError("every block of ports has a process that uses it")
