"""The RTSP side of one camera: requests, log-in, sessions (RFC 2326)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import urlsplit

from simulator.login import Door
from simulator.rtsp.rtp import FramePackets, sender_report
from simulator.rtsp.sdp import describe
from simulator.rtsp.stream import Stream

SESSION_TIMEOUT_S = 60
_BACKLOG_BYTES = 8 << 20
"""A client that lets this much pile up has stopped reading; it is dropped, as a camera with little memory does."""

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}
_LOGIN_NEEDED = frozenset({"DESCRIBE", "SETUP", "PLAY"})


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path.rstrip("/").removesuffix("/track1")


class RtspServer:
    """Answers for the streams of one camera, by path."""

    def __init__(
        self, streams: Mapping[str, Stream], door: Door, name: str, answering: Callable[[], Awaitable[object]]
    ) -> None:
        """``answering`` returns at once, or waits as long as the camera is mute."""
        self.streams, self.door, self.name, self.answering = streams, door, name, answering

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        try:
            await connection.run()
        finally:
            connection.stop()


class _Connection:
    """One client. It has at most one session, with the one track there is."""

    def __init__(self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._session: str | None = None
        self._stream: Stream | None = None
        self._channel = 0

    async def run(self) -> None:
        while (request := await self._read()) is not None:
            await self._server.answering()
            self._answer(request)
            await self._writer.drain()
            if request.method == "TEARDOWN":
                return

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.remove(self)

    # what a stream asks of a viewer

    def deliver(self, packets: FramePackets, stamped: bytearray) -> None:
        if self._writer.transport.get_write_buffer_size() > _BACKLOG_BYTES:
            self.stop()
            self._writer.transport.abort()
            return
        self._writer.write(stamped if self._channel == 0 else packets.on_channel(stamped, self._channel))

    def report(self, ssrc: int, unix_s: float, packets: int, octets: int) -> None:
        self._writer.write(sender_report(ssrc, unix_s, packets, octets, self._channel + 1))

    # requests

    async def _read(self) -> _Request | None:
        """The next request; RTCP that the client sends in between is skipped. None at the end."""
        while (first := await self._reader.read(1)) == b"$":
            head = await self._reader.readexactly(3)
            await self._reader.readexactly(int.from_bytes(head[1:], "big"))
        if not first:
            return None
        text = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace").strip()
        start, *lines = text.split("\r\n")
        parts = start.split(" ")
        headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        length = headers.get("content-length", "0")
        await self._reader.readexactly(int(length) if length.isdecimal() else 0)
        return _Request(parts[0], parts[1] if len(parts) > 2 else "", headers)

    def _answer(self, request: _Request) -> None:
        door = self._server.door
        if request.method in _LOGIN_NEEDED and not door.admits(request.method, request.headers.get("authorization")):
            return self._reply(request, 401, {"WWW-Authenticate": door.rtsp_challenge()})
        match request.method:
            case "OPTIONS":
                self._reply(request, 200, {"Public": _METHODS})
            case "DESCRIBE":
                self._describe(request)
            case "SETUP":
                self._setup(request)
            case "PLAY":
                self._play(request)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._reply(request, 200)
            case "TEARDOWN":
                self.stop()
                self._reply(request, 200)
            case _:
                self._reply(request, 501, {"Public": _METHODS})

    def _describe(self, request: _Request) -> None:
        stream = self._server.streams.get(request.path)
        if stream is None:
            return self._reply(request, 404)
        host = self._writer.get_extra_info("sockname")[0]
        body = describe(stream.reel.loop, host, stream.reel.ssrc, self._server.name)
        base = request.url.rstrip("/") + "/"
        self._reply(request, 200, {"Content-Base": base, "Content-Type": "application/sdp"}, body.encode())

    def _setup(self, request: _Request) -> None:
        stream = self._server.streams.get(request.path)
        if stream is None:
            return self._reply(request, 404)
        offers = request.headers.get("transport", "").split(",")
        offer = next((text for text in offers if "RTP/AVP/TCP" in text.upper()), None)
        if offer is None:
            return self._reply(request, 461)
        self.stop()
        wanted = re.search(r"interleaved=(\d{1,3})", offer)
        self._channel = min(int(wanted[1]), 254) if wanted else 0
        self._session, self._stream = self._session or token_hex(8), stream
        transport = f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1};ssrc={stream.reel.ssrc:08X}"
        self._reply(request, 200, {"Transport": transport})

    def _play(self, request: _Request) -> None:
        if self._stream is None:
            return self._reply(request, 455)
        if request.headers.get("session", "").split(";")[0] != self._session:
            return self._reply(request, 454)
        url = request.url.rstrip("/")
        info = f"url={url if url.endswith('track1') else url + '/track1'};rtptime={self._stream.first_timestamp()}"
        self._stream.add(self)  # at the moment told; nothing is sent before the answer is written
        self._reply(request, 200, {"Range": "npt=now-", "RTP-Info": info})

    def _reply(
        self, request: _Request, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
        if self._session:
            lines.append(f"Session: {self._session};timeout={SESSION_TIMEOUT_S}")
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._writer.write("\r\n".join((*lines, "", "")).encode() + body)
