"""Alarms by HTTP (报警接口), on a server apart from all pages: panels press, programs ask what `edge-agent alarm` asks.

POST /press/INPUT              {"press_id": "…", "person": "…"}      a panel's token
GET  /alarms?limit=50          GET /alarms/ID                        the caller's token; a panel sees its own alarms
POST /alarms/ID/cancel         {"person": "…", "reason": "…", "pin": "…"}
POST /alarms/ID/acknowledge    {"person": "…"}
POST /drills                   {"input": "…", "person": "…"}
GET  /paths                    GET /paths?wait_s=12: a test, over when the center has answered on each path, or then;
                               a path whose echo_age_ms is more than that took has given no answer
"""

from __future__ import annotations

import hmac
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import structlog
from pydantic import ValidationError

from alarms.amendment import NotStoredError
from alarms.inputs.answer import Answers
from alarms.inputs.call import CALL, ListCall, PathsCall, PressCall, Reply, ShowCall
from alarms.line import NoSuchAlarmError
from alarms.press import PressError
from foundation.service import RefusedError, Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("alarms")

LONGEST_BODY: Final = 8_192
QUIET_S: Final = 5.0
MOST_WAITED_S: Final = 60
LOOK_EVERY_S: Final = 0.25
MOST_CALLERS: Final = 32
MOST_OPEN: Final = 96
MOST_PER_ADDRESS: Final = 32
"""Connections, whether they say anything or not: one machine that opens thousands leaves room for others."""


class PanelAddressError(RefusedError):
    """The panels' address cannot be listened at; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PanelDoor:
    """What a request needs: tokens by input, the token of programs, and who answers."""

    tokens: Mapping[str, str]
    caller_token: str | None
    answers: Answers
    callers: threading.BoundedSemaphore
    stopping: threading.Event


class PanelServer(Service):
    """Answers 200 with a Reply once it is done, 401 without the right token, 404 for what is not there, 400 for
    nonsense, 503 when it could not be stored or too many ask at once."""

    def __init__(
        self,
        answers: Answers,
        tokens: Mapping[str, str],
        *,
        host: str,
        port: int,
        caller_token: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tokens` of panels by input; `caller_token` of programs, who may do everything but press without a panel."""
        super().__init__("alarm-panels")
        self._address = (host, port)
        callers = threading.BoundedSemaphore(MOST_CALLERS)
        self._door = PanelDoor(dict(tokens), caller_token, answers, callers, self.stopping)
        self._tls = tls
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
        self._server.tls = self._tls
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
    request_queue_size = 128  # with five, the sixth of a crowd knocks again only after a second
    door: PanelDoor
    tls: ssl.SSLContext | None

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more from there; otherwise the line is closed unheard."""
        address = client_address[0]
        with self._lock:
            if self._open.total() >= MOST_OPEN or self._open[address] >= MOST_PER_ADDRESS:
                return False
            self._open[address] += 1
            return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """On the caller's own thread, until it is gone."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open -= Counter((client_address[0],))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """On the caller's own thread, so that one who never says hello holds up nobody."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(QUIET_S)
        try:
            with self.tls.wrap_socket(request, server_side=True) as channel:
                super().finish_request(channel, client_address)
        except OSError as error:  # ssl.SSLError too
            _log.info("a caller went away", address=client_address[0], error=str(error))


class _Refused(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


class _Request(BaseHTTPRequestHandler):
    timeout = QUIET_S
    server_version = "campus"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._handle(self._posted)

    def do_GET(self) -> None:
        self._handle(self._asked)

    def _handle(self, made: Callable[[PanelDoor, list[str]], Reply]) -> None:
        self.close_connection = True
        door = cast(_Server, self.server).door
        if not door.callers.acquire(blocking=False):
            self._answer(503, Reply(ok=False, error="too many callers at once; ask again"))
            return
        try:
            self._answer(200, made(door, urlsplit(self.path).path.strip("/").split("/")))
        except _Refused as refused:
            self._answer(refused.status, Reply(ok=False, error=str(refused)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            self._answer(400, Reply(ok=False, error=f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))
        except PressError as error:
            self._answer(400, Reply(ok=False, error=str(error)))
        except NoSuchAlarmError as error:
            self._answer(404, Reply(ok=False, error=str(error)))
        except (NotStoredError, DatabaseError) as error:
            self._answer(503, Reply(ok=False, error=str(error)))
        finally:
            door.callers.release()

    def _posted(self, door: PanelDoor, path: list[str]) -> Reply:
        match path:
            case ["press", input_id]:
                token = door.tokens.get(input_id)
                if token is None:
                    raise _Refused(404, "no such alarm input")
                self._check(token)
                said = self._body()
                call = PressCall.model_validate({**said, "input": input_id})
            case ["alarms", alarm_id, ("cancel" | "acknowledge") as what]:
                self._check(door.caller_token)
                return door.answers.to(CALL.validate_python({**self._body(), "do": what, "alarm_id": alarm_id}))
            case ["drills"]:
                self._check(door.caller_token)
                return door.answers.to(CALL.validate_python({**self._body(), "do": "arm_drill"}))
            case _:
                raise _Refused(404, "there is nothing here")
        return door.answers.to(call)

    def _asked(self, door: PanelDoor, path: list[str]) -> Reply:
        match path:
            case ["alarms"]:
                self._check(door.caller_token)
                limit = parse_qs(urlsplit(self.path).query).get("limit", ["50"])[0]
                return door.answers.to(ListCall(limit=int(limit) if limit.isdecimal() else 0))
            case ["alarms", alarm_id]:
                return self._shown(door, alarm_id)
            case ["paths"]:
                self._check(door.caller_token)
                return self._paths(door)
            case _:
                raise _Refused(404, "there is nothing here")

    def _shown(self, door: PanelDoor, alarm_id: str) -> Reply:
        # The token is looked at first: nobody without one learns which alarms there are.
        inputs = [input_id for input_id, token in door.tokens.items() if self._has(token)]
        if not inputs:
            self._check(door.caller_token)
        reply = door.answers.to(ShowCall(alarm_id=alarm_id))
        if inputs and (reply.alarm is None or reply.alarm.input not in inputs):
            raise _Refused(404, f"there is no alarm {alarm_id}")
        return reply

    def _paths(self, door: PanelDoor) -> Reply:
        asked = parse_qs(urlsplit(self.path).query).get("wait_s", ["0"])[0]
        looks = round(min(int(asked), MOST_WAITED_S) / LOOK_EVERY_S) if asked.isdecimal() else 0
        for look in range(looks):
            reply = door.answers.to(PathsCall())
            waited_ms = look * LOOK_EVERY_S * 1_000
            if all(path.answered_within(waited_ms) for path in reply.paths if path.connected):
                return reply
            if door.stopping.wait(LOOK_EVERY_S):
                break
        return door.answers.to(PathsCall())

    def _check(self, token: str | None) -> None:
        if token is None or not self._has(token):
            _log.warning("a token was refused", path=self.path[:80], address=self.client_address[0])
            raise _Refused(401, "the token is not the right one for this")

    def _has(self, token: str) -> bool:
        shown = self.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), f"Bearer {token}".encode())

    def _body(self) -> dict[str, object]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            raise _Refused(400, f"a body of at most {LONGEST_BODY} bytes with Content-Length is needed")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise _Refused(400, 'send JSON, e.g. {"press_id": "…"}, the same until it is answered') from error
        if not isinstance(said, dict):
            raise _Refused(400, 'send a JSON object, e.g. {"press_id": "…"}, the same until it is answered')
        return said

    def _answer(self, status: int, reply: Reply) -> None:
        payload = reply.model_dump_json(exclude_unset=True).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        _log.debug("a caller", address=self.client_address[0], line=format % args)
