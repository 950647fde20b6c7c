"""A second door for presses (一键报警备用通道): plain threads and sockets, so that an asyncio that hangs cannot hold an
alarm up. The gate page knocks at this door and at the pages' own at once, with the same press id.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from typing import Final
from urllib.parse import urlsplit

import structlog

from edge_agent.pages.screen.station import COOKIE
from foundation.ids import is_id
from foundation.service import Service
from web.listener import bind
from web.server import TlsFiles, tls_context

_log = structlog.get_logger("press-door")

PATH: Final = "/press"
MOST_CALLERS: Final = 32
MOST_PER_ADDRESS: Final = 8
"""So that one machine that keeps connections open leaves room for the gate's own screens."""
_QUIET_S: Final = 3.0
_LONGEST_BODY_BYTES: Final = 1_000


class PressDoor(Service):
    """Serves POST /press until closed; binds when made, so that the page can be told the port.

    `press(press_id, input_id)` gives the alarm's id; `input_of(token)` the alarm input of an enrolled screen's button,
    None for anybody else. Raises ServerAddressError when made.
    """

    def __init__(
        self,
        press: Callable[[str, str], str],
        *,
        input_of: Callable[[str | None], str | None],
        host: str,
        port: int = 0,
        tls: TlsFiles | None = None,
    ) -> None:
        super().__init__("press-door")
        self.press = press
        self.input_of = input_of
        self._listener = bind(host, port)
        self._tls = tls_context(tls) if tls else None
        self._callers: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port served at."""
        port: int = self._listener.getsockname()[1]
        return port

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                caller, address = self._listener.accept()
            except OSError as error:
                if not self.stopping.is_set():
                    _log.warning("a caller could not be taken", error=str(error))
                    self.stopping.wait(0.1)  # out of descriptors: let others go first
                continue
            if not self._enter(address[0]):
                caller.close()
                continue
            threading.Thread(target=self._serve, args=(caller, address), name="press", daemon=True).start()

    def _enter(self, address: str) -> bool:
        with self._lock:
            if self._callers.total() >= MOST_CALLERS or self._callers[address] >= MOST_PER_ADDRESS:
                return False
            self._callers[address] += 1
            return True

    def _serve(self, caller: socket.socket, address: tuple[str, int]) -> None:
        try:
            caller.settimeout(_QUIET_S)
            channel = self._tls.wrap_socket(caller, server_side=True) if self._tls else caller
            with channel:
                _PressHandler(channel, address, self)
        except (OSError, ssl.SSLError) as error:
            _log.info("a caller went away", address=address[0], error=str(error))
        finally:
            caller.close()
            with self._lock:
                self._callers[address[0]] -= 1

    def close(self) -> None:
        """Stop taking callers; those being served finish by themselves within seconds."""
        self.stopping.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # only this wakes an accept() that another thread is in
        except OSError:
            _log.debug("the door was closed already")
        super().close()
        self._listener.close()


class _PressHandler(BaseHTTPRequestHandler):
    """One request; the class is the standard library's shape of a handler."""

    server_version = "press"
    sys_version = ""
    protocol_version = "HTTP/1.0"  # one press a connection: nothing is kept open for a second one

    def __init__(self, channel: socket.socket, address: tuple[str, int], door: PressDoor) -> None:
        self._door = door
        super().__init__(channel, address, None)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        origin = self.headers.get("Origin")
        input_id = self._door.input_of(self._cookie())
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, {})
        elif not self._own_page(origin) or input_id is None:
            self._answer(HTTPStatus.FORBIDDEN, {})
        else:
            press_id = self._press_id()
            if press_id is None:
                self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {}, origin)
                return
            alarm_id = self._door.press(press_id, input_id)
            self._answer(HTTPStatus.ACCEPTED, {"alarm_id": alarm_id}, origin)

    def _press_id(self) -> str | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY_BYTES:
            return None
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        press_id = body.get("id") if isinstance(body, dict) else None
        return press_id if isinstance(press_id, str) and is_id(press_id) else None

    def _own_page(self, origin: str | None) -> bool:
        # The page stands on the same host under another port; another site's page may not press.
        own = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        return origin is not None and own is not None and urlsplit(origin).hostname == own

    def _cookie(self) -> str | None:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return None
        return cookies[COOKIE].value if COOKIE in cookies else None

    def _answer(self, status: HTTPStatus, body: dict[str, str], origin: str | None = None) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Cache-Control", "no-store")
        if origin is not None:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.send_header("Cross-Origin-Resource-Policy", "same-site")
        self.send_header("Vary", "Origin")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        _log.info("asked", address=self.client_address[0], line=format % args)
