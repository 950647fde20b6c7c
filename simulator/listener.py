"""A TCP port that can be closed and opened again without losing its number."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class PortTaken(Exception):
    """The port asked for belongs to another program."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} on {host} is in use: stop the program that holds it, or choose another port.")


class Listener:
    """Accepts connections on one port and knows each of them, so that all can be dropped at once."""

    def __init__(self, host: str, port: int, serve: Serve) -> None:
        """``port`` 0 takes a free one, kept for this listener's life."""
        self._host, self._serve = host, serve
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        # bound but not listening: connections are refused, and nobody else is given the number meanwhile
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._reserved.bind((host, port))
        except OSError as error:
            self._reserved.close()
            raise PortTaken(host, port) from error
        self.port: int = self._reserved.getsockname()[1]

    @property
    def host(self) -> str:
        return self._host

    async def open(self) -> None:
        if self._server is None:
            try:
                self._server = await asyncio.start_server(self._accept, self._host, self.port, limit=1 << 20)
            except OSError as error:
                raise PortTaken(self._host, self.port) from error

    async def shut(self) -> None:
        """Refuses new connections and drops those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def close(self) -> None:
        """Shuts, and gives the port back."""
        await self.shut()
        self._reserved.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the other side went away, spoke nonsense, or this camera is taken down
        finally:
            self._connections.discard(task)
            with contextlib.suppress(OSError):
                writer.transport.abort()
