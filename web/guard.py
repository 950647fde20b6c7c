"""What every request passes: strict headers, a limit on size, and proof that a form came from our own page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import figures
from web.problem import FORGED, TOO_LARGE, answer

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing inline, nothing from outside the box: a hostile name in a page stays text."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # 'no-referrer' would make browsers send "Origin: null" with our own forms, and SameOrigin could not know them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
DEFAULT_BODY_LIMIT_BYTES: Final = 1_000_000
_READ_AND_DROP_BYTES: Final = 10_000_000
_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(?::\d{1,5})?$")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Adds the strict headers to every answer; nothing but static files may be kept by a browser.

    `connect_ports` are ports of the same host that scripts may talk to as well (the press door).
    """

    def __init__(self, app: ASGIApp, *, connect_ports: Sequence[int] = ()) -> None:
        self._app = app
        self._connect_ports = tuple(connect_ports)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        keep = "no-cache" if scope["path"].startswith("/static/") else "no-store"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy(scope)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", keep)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _policy(self, scope: Scope) -> str:
        host = _HOST.match(Headers(scope=scope).get("host", ""))
        if not self._connect_ports or host is None:
            return CONTENT_SECURITY_POLICY
        doors = " ".join(f"{scope['scheme']}://{host['name']}:{port}" for port in self._connect_ports)
        return CONTENT_SECURITY_POLICY.replace("connect-src 'self'", f"connect-src 'self' {doors}")


class BodyLimit:
    """Refuses bodies that are too large before reading them: a 2 GB upload costs the box nothing."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._by_path = dict(by_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit_bytes = self._by_path.get(scope["path"], self._limit_bytes)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit_bytes:
            response = answer(
                Request(scope, receive),
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                TOO_LARGE,
                limit=figures.size(limit_bytes),
            )
            if not announced.isdecimal() or int(announced) > _READ_AND_DROP_BYTES:
                response.headers["Connection"] = "close"
            else:
                # A browser reads the answer only after it has sent everything; hanging up would show it nothing.
                while (await receive()).get("more_body", False):
                    pass
            await response(scope, receive, send)
            return
        received = 0

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit_bytes:
                # Closing is what stops the sender; otherwise the server would read and drop all that is still to come.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"Connection": "close"})
            return message

        await self._app(scope, counting_receive, send)


class SameOrigin:
    """Refuses changes that another site's page asked a browser for (跨站请求伪造).

    Browsers name the asking site in Sec-Fetch-Site or Origin with every POST and a page cannot change either, so no
    form can forget its token. A program sends neither and carries no cookie that it was not given.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if (
            scope["type"] == "http"
            and scope["method"] not in _SAFE_METHODS
            and not _from_own_page(Headers(scope=scope))
        ):
            response = answer(Request(scope, receive), HTTPStatus.FORBIDDEN, FORGED)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _from_own_page(headers: Headers) -> bool:
    asked_by = headers.get("sec-fetch-site")
    if asked_by is not None:
        return asked_by in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
