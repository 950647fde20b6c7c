"""Serving an app from a role: one thread with its own event loop, ready when `start` returns."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from foundation.service import RefusedError, Service
from web.stream import streams_of

_READY_WITHIN_S: Final = 10.0
_GRACE_S: Final = 3
"""Open requests may end in this time after SIGTERM; the whole role has ten seconds."""


class ServerAddressError(RefusedError):
    """The pages cannot be served at the address in the settings; the message says what to do."""


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

    def __init__(self, name: str, app: FastAPI, *, host: str, port: int, tls: TlsFiles | None = None) -> None:
        super().__init__(name)
        self._app = app
        self._host = host
        self._port = port
        self._tls = tls
        self._socket: socket.socket | None = None
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
        self._socket = bind(self._host, self._port)
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
