"""Small servers that misbehave: each answers every connection with what a test wrote for it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from camera.http_call import Limits

ROOMY = Limits(connect_s=10, call_s=20, answer_bytes=200_000)
"""Where a device answers: a busy test machine is no slow device."""
Script = Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Listens on 127.0.0.1; runs the script on a thread per connection until the test is over."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    def _accept(self) -> None:
        while not self.ending.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            try:
                self._script(peer, self.ending)
            except OSError:
                return  # the client has hung up, as it should

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._listener.close()


def read_request(peer: socket.socket) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers in lower case, body."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = peer.recv(65_536)
        if not more:
            raise OSError("the client went away")
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (entry.partition(":") for entry in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += peer.recv(65_536)
    return line, headers, body


def http_answer(body: bytes, *, status: str = "200 OK", headers: str = "", kind: str = "application/soap+xml") -> bytes:
    """A whole HTTP answer."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n{headers}\r\n"
    ).encode() + body


def saying(body: bytes, *, status: str = "200 OK", headers: str = "", kind: str = "application/soap+xml") -> Script:
    """A server that gives everybody the same answer."""

    def script(peer: socket.socket, ending: threading.Event) -> None:
        read_request(peer)
        peer.sendall(http_answer(body, status=status, headers=headers, kind=kind))

    return script


def mute(peer: socket.socket, ending: threading.Event) -> None:
    """Accepts and never says a word."""
    ending.wait(30)


def dripping(peer: socket.socket, ending: threading.Event) -> None:
    """A byte every 50 ms, for ever: no single read ever times out."""
    read_request(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n")
    while not ending.wait(0.05):
        peer.sendall(b" ")


def dripping_head(peer: socket.socket, ending: threading.Event) -> None:
    """The same in the middle of a header line."""
    read_request(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not ending.wait(0.05):
        peer.sendall(b"x")


def endless(peer: socket.socket, ending: threading.Event) -> None:
    """As fast as it can, without end."""
    read_request(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n<Envelope>")
    block = b"<a>" * 20_000
    while not ending.is_set():
        peer.sendall(block)


def envelope(content: str) -> bytes:
    """A SOAP 1.2 envelope with declared ONVIF prefixes."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
        'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:ter="http://www.onvif.org/ver10/error">'
        f"<s:Body>{content}</s:Body></s:Envelope>"
    ).encode()


def fault(*codes: str, reason: str = "no") -> bytes:
    """A SOAP fault with nested subcodes."""
    nested = ""
    for code in reversed(codes):
        nested = f"<s:Subcode><s:Value>ter:{code}</s:Value>{nested}</s:Subcode>"
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{nested}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )


def time_answer(text: str = "2024-05-06T07:08:09", kind: str = "Manual") -> bytes:
    """GetSystemDateAndTimeResponse."""
    day, _, clock = text.partition("T")
    year, month, date = day.split("-")
    hour, minute, second = clock.split(":")
    return envelope(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        f"<tt:DateTimeType>{kind}</tt:DateTimeType><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{date}</tt:Day></tt:Date>"
        "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )
