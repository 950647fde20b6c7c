"""A time server that answers SNTP, as wrong as a test wants it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EPOCH_S = 2_208_988_800


@contextmanager
def time_server(*, ahead_s: float = 0.0, knows: bool = True) -> Iterator[int]:
    """Its port on 127.0.0.1; one that does not know the time answers so, as a server without a source does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    question, asker = channel.recvfrom(512)
                except OSError:
                    return
                if len(question) != 48:
                    return
                now_s = time.time() + ahead_s + EPOCH_S
                moment = struct.pack(">II", int(now_s), int(now_s % 1 * 2**32))
                head = bytes([0x24, 1]) if knows else bytes([0xE4, 0])
                channel.sendto(head + bytes(22) + question[40:48] + moment + moment, asker)

        server = threading.Thread(target=serve, name="sntp", daemon=True)
        server.start()
        port = int(channel.getsockname()[1])
        yield port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", ("127.0.0.1", port))
        server.join(5)
