"""Panels on the school's network: POST /press/INPUT with the panel's token, to a server apart from all pages."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, cast

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alarms.line import AlarmLine
from alarms.press import PressError, PressRequest, StoredAlarm
from foundation.service import RefusedError, Service

_log = structlog.get_logger("alarms")

LONGEST_BODY: Final = 4_096
QUIET_S: Final = 5.0
MOST_CALLERS: Final = 32
_PREFIX: Final = "/press/"


class PanelAddressError(RefusedError):
    """The panels' address cannot be listened at; the message says what to do."""


class PanelPress(BaseModel):
    """What a panel sends; it repeats the same press_id until it gets 200."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    press_id: str = Field(min_length=1, max_length=64)
    person: str | None = Field(default=None, max_length=200)


@dataclass(frozen=True, slots=True)
class PanelDoor:
    """What a request needs: tokens by input, and where presses go."""

    tokens: Mapping[str, str]
    press: Callable[[PressRequest], StoredAlarm]
    callers: threading.BoundedSemaphore


class PanelServer(Service):
    """Answers 200 once the alarm is on its way, 401 without the token, 404 for an unknown input, 400 for nonsense."""

    def __init__(self, line: AlarmLine, tokens: Mapping[str, str], *, host: str, port: int) -> None:
        super().__init__("alarm-panels")
        self._address = (host, port)
        self._door = PanelDoor(dict(tokens), line.press, threading.BoundedSemaphore(MOST_CALLERS))
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        assert self._server is not None
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen, then begin. Raises PanelAddressError."""
        try:
            self._server = _Server(self._address, _Request)
        except OSError as error:
            host, port = self._address
            raise PanelAddressError(
                f"alarm panels cannot be listened to at {host}:{port} ({error.strerror}): "
                "end what uses it or choose another alarm_panels.port"
            ) from error
        self._server.door = self._door
        super().start()

    def close(self) -> None:
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
        super().close()
        if self._server is not None:
            self._server.server_close()

    def _loop(self) -> None:
        assert self._server is not None
        self._server.serve_forever(poll_interval=0.2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    door: PanelDoor


class _Request(BaseHTTPRequestHandler):
    timeout = QUIET_S
    server_version = "campus"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        door = cast(_Server, self.server).door
        if not door.callers.acquire(blocking=False):
            self._answer(503, {"error": "too many panels at once; press again"})
            return
        try:
            self._press(door)
        finally:
            door.callers.release()

    def _press(self, door: PanelDoor) -> None:
        self.close_connection = True
        input_id = self.path.removeprefix(_PREFIX)
        token = door.tokens.get(input_id)
        if not self.path.startswith(_PREFIX) or token is None:
            self._answer(404, {"error": "no such alarm input"})
            return
        shown = self.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            _log.warning("a panel's token was refused", input=input_id, address=self.client_address[0])
            self._answer(401, {"error": "the token is not that of this input"})
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self._answer(400, {"error": f"a body of at most {LONGEST_BODY} bytes with Content-Length is needed"})
            return
        try:
            said = PanelPress.model_validate_json(self.rfile.read(int(length)))
            alarm = door.press(PressRequest(press_id=said.press_id, input_id=input_id, person=said.person))
        except ValidationError:
            self._answer(400, {"error": 'send {"press_id": "…"}, the same until it is answered'})
        except PressError as error:
            self._answer(400, {"error": str(error)})
        else:
            self._answer(200, {"alarm_id": alarm.alarm_id, "stored": alarm.stored, "repeated": alarm.repeated})

    def _answer(self, status: int, body: Mapping[str, object]) -> None:
        payload = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        _log.debug("a panel", address=self.client_address[0], line=format % args)
