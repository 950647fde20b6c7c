"""A bare RTSP client for the tests: it sees what PyAV hides, such as sequence numbers and sender reports."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Packet:
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


@dataclass
class Report:
    ntp_unix_s: float
    timestamp: int


@dataclass
class RtspClient:
    url: str
    user: str
    password: str
    _count: int = 0
    _session: str | None = None
    _challenge: dict[str, str] = field(default_factory=dict)
    _buffer: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        at = urlsplit(self.url)
        self._socket = socket.create_connection((at.hostname, at.port), timeout=30)

    def __enter__(self) -> RtspClient:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def ask(self, method: str, url: str | None = None, **headers: str) -> Answer:
        """Sends a request, logs in if asked to, and skips what is streamed in between."""
        answer = self._ask_once(method, url or self.url, headers)
        if answer.status == 401:
            pairs = re.findall(r'(\w+)="([^"]*)"', answer.headers["www-authenticate"])
            self._challenge = dict(pairs)
            answer = self._ask_once(method, url or self.url, headers)
        return answer

    def play(self, channel: int = 0) -> dict[str, str]:
        """DESCRIBE, SETUP and PLAY; the headers of the last answer."""
        assert self.ask("DESCRIBE", Accept="application/sdp").status == 200
        track = self.url + "/track1"
        answer = self.ask("SETUP", track, Transport=f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}")
        assert answer.status == 200
        self._session = answer.headers["session"].split(";")[0]
        played = self.ask("PLAY")
        assert played.status == 200
        return played.headers

    def receive(self, channel: int = 0) -> Packet | Report:
        """The next packet or sender report."""
        self._fill(4)
        self._fill(4 + int.from_bytes(self._buffer[2:4], "big"))
        head = self._read(4)
        assert head[:1] == b"$", head
        data = self._read(int.from_bytes(head[2:], "big"))
        if head[1] == channel + 1:
            _, seconds, fraction, timestamp = struct.unpack_from("!4xIIII", data)
            return Report(seconds - 2_208_988_800 + fraction / 2**32, timestamp)
        assert head[1] == channel
        _, kind, sequence, timestamp = struct.unpack_from("!BBHI", data)
        return Packet(sequence, timestamp, bool(kind & 0x80), data[12:])

    def is_silent_for(self, seconds: float) -> bool:
        """Whether no packet and no report comes for so long."""
        self._socket.settimeout(seconds)
        try:
            self.receive()
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(30)
        return False

    def drain(self) -> None:
        """Reads what was on its way, until nothing more comes."""
        while not self.is_silent_for(0.4):
            pass

    def _read(self, count: int) -> bytes:
        """So many bytes; a time-out loses none of those that came."""
        self._fill(count)
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self, count: int) -> None:
        while len(self._buffer) < count:
            got = self._socket.recv(65536)
            if not got:
                raise ConnectionError("closed")
            self._buffer += got

    def _read_line(self) -> str:
        line = b""
        while not line.endswith(b"\r\n"):
            line += self._read(1)
        return line.decode().strip()

    def _ask_once(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        self._count += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._count}", *(f"{k}: {v}" for k, v in headers.items())]
        if self._session:
            lines.append(f"Session: {self._session}")
        if self._challenge:
            lines.append(f"Authorization: {self._authorization(method, url)}")
        self._socket.sendall("\r\n".join((*lines, "", "")).encode())
        while (first := self._read(1)) == b"$":
            head = self._read(3)
            self._read(int.from_bytes(head[1:], "big"))
        assert first == b"R", first
        status = int(self._read_line().split()[1])
        found: dict[str, str] = {}
        while line := self._read_line():
            key, _, value = line.partition(":")
            found[key.lower()] = value.strip()
        return Answer(status, found, self._read(int(found.get("content-length", "0"))))

    def _authorization(self, method: str, url: str) -> str:
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]
        secret = _md5(f"{self.user}:{realm}:{self.password}")
        response = _md5(f"{secret}:{nonce}:{_md5(f'{method}:{url}')}")
        return f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
