"""RTSP over TCP (RFC 2326): one connection, log-in, interleaved packets, a watchdog in the same thread."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from camera.stream import (
    CONNECT_TIMEOUT_S,
    RESPONSE_TIMEOUT_S,
    STALL_S,
    AudioFormat,
    AudioFrame,
    Codec,
    Frame,
    StreamBusy,
    StreamEnded,
    StreamLoginRefused,
    StreamLost,
    StreamNameUnknown,
    StreamSource,
    StreamStalled,
    StreamUnreachable,
    StreamUnsupported,
)
from camera.stream_login import Login, best_challenge
from camera.stream_rtp import AacDepacketizer, VideoDepacketizer
from camera.stream_sdp import Description, Media, control_url, parse_sdp
from foundation.clock import NS_PER_S, Clock

_BUFFER_BYTES: Final = 128 * 1024  # holds the largest interleaved packet (64 KiB) twice
_MOST_AT_ONCE: Final = 64
_LONGEST_MESSAGE: Final = 64 * 1024
_RTCP_BYE: Final = 203
_WAKE_S: Final = 0.5
"""How often a silent connection is looked at, so that closing and the watchdog are prompt."""
_CODECS: Final = {"H264": Codec.H264, "H265": Codec.H265, "HEVC": Codec.H265}
_AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    reason: str
    headers: dict[str, list[str]] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        found = self.headers.get(name)
        return found[0] if found else ""


class RtspStream:
    """An open stream: `read` gives frames until it raises a StreamError with the named cause.

    One thread reads; `interrupt` may be called from any other and ends a blocked read at once.
    """

    def __init__(
        self,
        source: StreamSource,
        clock: Clock,
        *,
        audio: bool = False,
        stall_s: float = STALL_S,
        ending: threading.Event | None = None,
    ) -> None:
        """Connect, log in and start; `ending` gives a mute camera up. Raises StreamError; nothing stays open then."""
        self.source = source
        self.dropped_audio: str | None = None
        """Coding of an audio track that was asked for but cannot be recorded as it is."""
        self._clock = clock
        self._stall_ns = round(stall_s * NS_PER_S)
        self._ending = ending or threading.Event()
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._frames: deque[Frame | AudioFrame] = deque()
        self._responses: deque[_Response] = deque(maxlen=4)  # nobody reads answers to keep-alives
        self._sequence = 0
        self._session = ""
        self._keep_alive_ns = 30 * NS_PER_S
        self._keep_alive_method = "OPTIONS"
        self._login = Login(source.user, source.password)
        self._closed = False
        self._said_bye = False
        self._video: VideoDepacketizer | None = None
        self._audio: AacDepacketizer | None = None
        self._url = _without_login(source.url)
        self._socket = _connect(self._url)
        try:
            self._play(audio)
        except BaseException:
            self._socket.close()
            raise
        self.opened_running_ns = clock.running_ns()
        self._last_frame_ns = self._last_keep_alive_ns = self.opened_running_ns

    @property
    def packets_lost(self) -> int:
        """Video packets that the camera numbered but never sent."""
        return self._video.clock.lost if self._video else 0

    def read(self) -> Sequence[Frame | AudioFrame]:
        """Frames that have come; waits up to half a second for some, then gives none. Raises StreamError."""
        if not self._frames:
            more = self._receive(_WAKE_S)
            while more and len(self._frames) < _MOST_AT_ONCE:  # the kernel held more than the buffer
                more = self._receive(0)
        now_ns = self._clock.running_ns()
        if self._frames:
            frames = list(self._frames)
            self._frames.clear()
            if any(isinstance(frame, Frame) for frame in frames):
                self._last_frame_ns = now_ns
        else:
            frames = []
            if self._said_bye:
                raise StreamEnded(f"{self._url} ended the stream")
        if now_ns - self._last_frame_ns >= self._stall_ns:
            raise StreamStalled(f"no frame for {self._stall_ns / NS_PER_S:g} s from {self._url}")
        if now_ns - self._last_keep_alive_ns >= self._keep_alive_ns:
            self._last_keep_alive_ns = now_ns
            self._send(self._keep_alive_method, self._url)
        return frames

    def interrupt(self) -> None:
        """End a blocked read at once; from any thread."""
        self._closed = True
        with contextlib.suppress(OSError):  # it may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; may be called twice, by the thread that reads."""
        self.interrupt()
        self._socket.close()

    # ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _play(self, audio: bool) -> None:
        options = self._request("OPTIONS", self._url)
        if "GET_PARAMETER" in options.header("public").upper():
            self._keep_alive_method = "GET_PARAMETER"
        described = self._request("DESCRIBE", self._url, {"Accept": "application/sdp"})
        description = parse_sdp(described.body.decode("utf-8", "replace"))
        base = described.header("content-base") or described.header("content-location") or self._url
        base = _without_login(base.strip())
        self._set_up_video(description, base)
        if audio:
            self._set_up_audio(description, base)
        self._request("PLAY", control_url(base, description.control), {"Range": "npt=0.000-"})

    def _set_up_video(self, description: Description, base: str) -> None:
        videos = [media for media in description.media if media.kind == "video"]
        media = next((media for media in videos if media.coding in _CODECS), None)
        if media is None:
            offered = ", ".join(media.coding or "unknown" for media in videos) or "no video"
            raise StreamUnsupported(f"{self._url} offers {offered}; set the camera's main stream to H.264 or H.265")
        codec = _CODECS[media.coding]
        self._video = VideoDepacketizer(codec, media.payload_type, media.parameter_sets(), self._frames.append)
        self._set_up(media, base, channel=0)

    def _set_up_audio(self, description: Description, base: str) -> None:
        media = next((media for media in description.media if media.kind == "audio"), None)
        if media is None:
            return
        format_ = _aac_format(media)
        if format_ is None:
            self.dropped_audio = media.coding or "unknown"
            return
        self._set_up(media, base, channel=2)
        self._audio = AacDepacketizer(format_, media.payload_type, self._frames.append)

    def _set_up(self, media: Media, base: str, channel: int) -> None:
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        answer = self._request("SETUP", control_url(base, media.control), {"Transport": transport})
        session, _, rest = answer.header("session").partition(";")
        self._session = session.strip()
        timeout = re.search(r"timeout\s*=\s*(\d+)", rest)
        if timeout:
            self._keep_alive_ns = max(1, int(timeout[1])) * NS_PER_S // 2

    # ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _request(self, method: str, url: str, headers: dict[str, str] | None = None) -> _Response:
        answer = self._ask(method, url, headers)
        if answer.status == 401:
            challenge = best_challenge(answer.headers.get("www-authenticate", []))
            before = self._login.challenge
            if challenge is None:
                raise StreamUnsupported(f"{self._url} asks for a log-in of a kind we do not speak")
            if not self._login.user or (before is not None and not challenge.stale):
                raise self._refused()
            self._login.challenge = challenge
            answer = self._ask(method, url, headers)
        if answer.status in (401, 403):
            raise self._refused()
        if answer.status in (453, 503):
            raise StreamBusy(f"{self._url} serves no further viewer ({answer.status} {answer.reason})")
        if answer.status != 200:
            raise StreamUnsupported(f"{self._url} answers {method} with {answer.status} {answer.reason}")
        return answer

    def _refused(self) -> StreamLoginRefused:
        return StreamLoginRefused(f"{self._url} refuses the log-in; mend the credential of device {self.source.device}")

    def _ask(self, method: str, url: str, headers: dict[str, str] | None) -> _Response:
        self._responses.clear()
        self._send(method, url, headers)
        deadline_ns = self._clock.running_ns() + round(RESPONSE_TIMEOUT_S * NS_PER_S)
        while not self._responses:
            if self._ending.is_set():
                raise self._lost(None)
            if self._clock.running_ns() >= deadline_ns:
                raise StreamStalled(f"{self._url} does not answer {method} within {RESPONSE_TIMEOUT_S:g} s")
            self._receive(_WAKE_S)
        return self._responses.popleft()

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> None:
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", "User-Agent: campus-edge-agent"]
        authorization = self._login.header(method, url)
        if authorization:
            lines.append(f"Authorization: {authorization}")
        if self._session:
            lines.append(f"Session: {self._session}")
        lines.extend(f"{name}: {value}" for name, value in (headers or {}).items())
        try:
            self._socket.settimeout(RESPONSE_TIMEOUT_S)
            self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        except TimeoutError as error:
            raise StreamStalled(f"{self._url} takes no requests any more") from error
        except OSError as error:
            raise self._lost(error) from error

    # ── receiving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self, timeout_s: float) -> bool:
        space = len(self._buffer) - self._filled
        try:
            self._socket.settimeout(timeout_s)
            count = self._socket.recv_into(self._view[self._filled :])
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            raise self._lost(error) from error
        if count == 0:
            if self._video is not None:
                self._video.end()
            if not self._frames:
                raise self._lost(None)
            return False  # the last picture first
        self._filled += count
        self._parse()
        return count == space

    def _lost(self, error: OSError | None) -> StreamEnded | StreamLost:
        if error is None or self._closed:
            return StreamEnded(f"{self._url} ended the stream")
        return StreamLost(f"the connection to {self._url} broke ({error.strerror or error})")

    def _parse(self) -> None:
        buffer, filled, at = self._buffer, self._filled, 0
        received = self._view[:filled]
        now_ns = self._clock.running_ns()
        while filled - at >= 4:
            if buffer[at] == 0x24:  # '$': an interleaved packet
                end = at + 4 + (buffer[at + 2] << 8 | buffer[at + 3])
                if end > filled:
                    break
                channel = buffer[at + 1]
                if channel == 0 and self._video is not None:
                    self._video.packet(buffer, at + 4, end, now_ns)
                    end = self._video.carry_on(received, at, end)
                elif channel == 1:
                    self._take_rtcp(at + 4, end)
                elif channel == 2 and self._audio is not None:
                    self._audio.packet(buffer, at + 4, end, now_ns)
                at = end
                continue
            end = self._parse_message(at)
            if end == at:
                break
            at = end
        if at:
            buffer[: filled - at] = buffer[at:filled]
            self._filled = filled - at
        elif filled == len(buffer):
            raise StreamUnsupported(f"{self._url} sends something that is not RTSP")

    def _take_rtcp(self, at: int, end: int) -> None:
        # Some servers say goodbye (RFC 3550, 6.6) and keep the connection open.
        while at + 4 <= end:
            if self._buffer[at + 1] == _RTCP_BYE:
                self._said_bye = True
            at += 4 + 4 * (self._buffer[at + 2] << 8 | self._buffer[at + 3])

    def _parse_message(self, at: int) -> int:
        head_end = self._buffer.find(b"\r\n\r\n", at, self._filled)
        if head_end < 0:
            if self._filled - at > _LONGEST_MESSAGE or not self._buffer[at : at + 1].isalpha():
                raise StreamUnsupported(f"{self._url} sends something that is not RTSP")
            return at
        lines = self._buffer[at:head_end].decode("utf-8", "replace").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        length = headers.get("content-length", ["0"])[0]
        size = int(length) if length.isdigit() else 0
        if size > _LONGEST_MESSAGE:
            raise StreamUnsupported(f"{self._url} sends an answer of {size} bytes")
        end = head_end + 4 + size
        if end > self._filled:
            return at
        words = lines[0].split(" ", 2)
        if words[0].startswith("RTSP/") and len(words) >= 2 and words[1].isdigit():
            body = bytes(self._buffer[head_end + 4 : end])
            self._responses.append(_Response(int(words[1]), words[2] if len(words) > 2 else "", headers, body))
        return end


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme != "rtsp" or not parts.hostname:
        raise StreamUnsupported(f"{url} is not an rtsp:// address")
    try:
        connection = socket.create_connection((parts.hostname, parts.port or 554), timeout=CONNECT_TIMEOUT_S)
    except socket.gaierror as error:
        raise StreamNameUnknown(f"the name {parts.hostname} is not known here") from error
    except OSError as error:
        where = f"{parts.hostname}:{parts.port or 554}"
        raise StreamUnreachable(f"nobody answers at {where} ({error.strerror or error})") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _aac_format(media: Media) -> AudioFormat | None:
    if media.coding != "MPEG4-GENERIC" or media.parameters.get("sizelength", "13") != "13":
        return None
    try:
        config = bytes.fromhex(media.parameters.get("config", ""))
    except ValueError:
        return None
    if len(config) < 2:
        return None
    rate_index = (config[0] & 7) << 1 | config[1] >> 7
    if rate_index >= len(_AAC_RATES):
        return None
    return AudioFormat(config, _AAC_RATES[rate_index], (config[1] >> 3) & 15)
