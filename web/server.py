"""Serving an app from a role: one thread with its own event loop, ready when `start` returns."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from foundation.service import Service
from web.listener import ServerAddressError, bind
from web.stream import streams_of

_READY_WITHIN_S: Final = 10.0
_GRACE_S: Final = 3
"""Open requests may end in this time after SIGTERM; the whole role has ten seconds."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate chain and private key in PEM."""

    certificate: Path
    key: Path


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """For a server that is no PageServer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


class PageServer(Service):
    """Serves one app at one address until closed."""

    def __init__(
        self,
        name: str,
        app: FastAPI,
        *,
        host: str,
        port: int,
        tls: TlsFiles | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        """`listener`: the address's own, if it was taken already."""
        super().__init__(name)
        self._app = app
        self._host = host
        self._port = port
        self._tls = tls
        self._socket = listener
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()

    @property
    def port(self) -> int:
        """The port served at; the one the system chose where the settings say 0."""
        assert self._socket is not None, "start first"
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where a person on this box finds the pages."""
        host = "127.0.0.1" if self._host in {"0.0.0.0", "::"} else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}/"

    def start(self) -> None:
        """Bind and serve; returns when pages can be asked for. Raises ServerAddressError."""
        self._socket = self._socket or bind(self._host, self._port)
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,  # nobody stands before us, so a client may not say where it comes from
            timeout_graceful_shutdown=_GRACE_S,
            timeout_keep_alive=30,
            ws="none",
            ssl_certfile=self._tls.certificate if self._tls else None,
            ssl_keyfile=self._tls.key if self._tls else None,
        )
        self._server = uvicorn.Server(config)
        super().start()
        if not self._ready.wait(_READY_WITHIN_S) or self.failure is not None:
            self.close()
            raise ServerAddressError(f"the pages at {self._host}:{self._port} did not start: {self.failure}")

    def _loop(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        assert self._server is not None
        assert self._socket is not None
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not serving.done():
            if self._server.started:
                self._ready.set()
            if self.stopping.is_set():
                streams_of(self._app).closing = True
                self._server.should_exit = True
            await asyncio.sleep(0.02 if not self._ready.is_set() else 0.1)
        await serving

    def close(self) -> None:
        """End open streams, let requests finish, let go of the port."""
        super().close()
        if self._socket is not None:
            self._socket.close()
