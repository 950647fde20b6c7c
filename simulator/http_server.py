"""HTTP/1.1 as small as a camera's: one handler, keep-alive, no chunks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

_MAX_BODY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    peer: str

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: object, status: int = 200) -> Response:
        return cls(status, json.dumps(value, ensure_ascii=False).encode() + b"\n", "application/json")


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class HttpServer:
    """Serves the connections of a listener."""

    handle: Handler

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str(writer.get_extra_info("peername")[0])
        while (request := await _read(reader, peer)) is not None:
            response = await self.handle(request)
            keep = request.headers.get("connection", "").lower() != "close"
            _write(writer, response, keep)
            await writer.drain()
            if not keep:
                return


async def _read(reader: asyncio.StreamReader, peer: str) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    start, *lines = head.rstrip().split("\r\n")
    method, _, rest = start.partition(" ")
    headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    size = int(length) if length.isdecimal() else 0
    if size > _MAX_BODY_BYTES:
        return None
    return Request(method, rest.rsplit(" ", 1)[0], headers, await reader.readexactly(size), peer)


def _write(writer: asyncio.StreamWriter, response: Response, keep: bool) -> None:
    lines = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
        *(f"{key}: {value}" for key, value in response.headers.items()),
    ]
    writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + response.body)
