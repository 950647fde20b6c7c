"""Gate screens (门卫终端) and nobody else: the alarm and the gate book answer only to an enrolled screen.

The screen on the box itself is given its token when it first asks, others by a one-time code; a pupil's phone on the
network has neither.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gate.stations import BOX, Station
from web.language import mark
from web.nearby import on_the_box
from web.page import page
from web.problem import Words, answer

COOKIE: Final = "station"
_COOKIE_AGE_S: Final = 400 * 24 * 3600
_OPEN_PATHS: Final = ("/static/", "/enrol", "/authority.crt", "/patrol/")

NOT_A_STATION: Final = Words(
    mark("这台设备没有登记为门卫终端"),
    mark("请到门卫室的屏幕上操作；要登记新的终端，请找技术人员。紧急情况请直接拨打 110。"),
)

OfToken = Callable[[str], Station | None]


class Doorkeeper:
    """Knows the box's own screen by its token and the others by the register."""

    def __init__(self, *, box_token: str, box_gate_id: str, of_token: OfToken) -> None:
        self.box_token = box_token
        self.box = Station(id=BOX, name="本机屏幕", gate_id=box_gate_id)
        self._of_token = of_token

    def station(self, token: str | None) -> Station | None:
        """The screen that holds a token; needs no disk."""
        if not token:
            return None
        if is_token(token, self.box_token):
            return self.box
        return self._of_token(token)


def station_token(file: Path) -> str:
    """The token of this box's own screen, made at the first start. Raises OSError."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        token = secrets.token_urlsafe(32)
        target.write(token + "\n")
        target.flush()
        os.fsync(target.fileno())
    return token


class StationsOnly:
    """Lets enrolled screens pass and puts `station` into the request; gives the token to a browser on the box itself;
    refuses everybody else."""

    def __init__(self, app: ASGIApp, *, doorkeeper: Doorkeeper) -> None:
        self._app = app
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(_OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        station = self._doorkeeper.station(request.cookies.get(COOKIE))
        given = send
        if station is None and on_the_box(request):
            station, given = self._doorkeeper.box, self._giving_token(request, send)
        if station is None:
            await _refusal(request)(scope, receive, send)
            return
        scope.setdefault("state", {})["station"] = station
        await self._app(scope, receive, given)

    def _giving_token(self, request: Request, send: Send) -> Send:
        async def send_with_token(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", token_cookie(request, self._doorkeeper.box_token))
            await send(message)

        return send_with_token


def _refusal(request: Request) -> ASGIApp:
    if request.method == "GET" and request.url.path == "/" and "text/html" in request.headers.get("accept", ""):
        return page(
            request, "screen/enrol.html", status=403, what=NOT_A_STATION.what, to_do=NOT_A_STATION.to_do, error=""
        )
    return answer(request, 403, NOT_A_STATION)


def station_of(request: Request) -> Station:
    """The screen that asks."""
    station = getattr(request.state, "station", None)
    assert isinstance(station, Station), "StationsOnly stands before every page of the gate"
    return station


def token_cookie(request: Request, token: str) -> str:
    """The Set-Cookie line that makes a browser a screen."""
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={_COOKIE_AGE_S}; HttpOnly; SameSite=Strict{secure}"


def is_token(given: str | None, token: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return given is not None and hmac.compare_digest(given.encode("utf-8"), token.encode("utf-8"))
