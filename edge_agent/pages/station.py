"""Gate screens (门卫终端) and nobody else: the alarm and the gate book answer only to an enrolled screen.

A screen on the box itself is given its token when it first asks; a pupil's phone on the network has none.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.language import mark
from web.nearby import on_the_box
from web.problem import Words, answer

COOKIE: Final = "station"
_COOKIE_AGE_S: Final = 400 * 24 * 3600
_OPEN_PATHS: Final = ("/static/",)

NOT_A_STATION: Final = Words(
    mark("这台设备没有登记为门卫终端"),
    mark("请到门卫室的屏幕上操作；要登记新的终端，请找技术人员。紧急情况请直接拨打 110。"),
)


def station_token(file: Path) -> str:
    """The token of this box's gate screens, made at the first start. Raises OSError."""
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
    """Lets enrolled screens pass; gives the token to a browser on the box itself; refuses everybody else."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(_OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if is_token(request.cookies.get(COOKIE), self._token):
            await self._app(scope, receive, send)
            return
        if not on_the_box(request):
            await answer(request, 403, NOT_A_STATION)(scope, receive, send)
            return

        async def send_with_token(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append(
                    "Set-Cookie",
                    f"{COOKIE}={self._token}; Path=/; Max-Age={_COOKIE_AGE_S}; HttpOnly; SameSite=Strict",
                )
            await send(message)

        await self._app(scope, receive, send_with_token)


def is_token(given: str | None, token: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return given is not None and hmac.compare_digest(given.encode("utf-8"), token.encode("utf-8"))
