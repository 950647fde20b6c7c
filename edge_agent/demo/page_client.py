"""Asks the pages over HTTP, as a browser on this machine would."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

_TIMEOUT_S: Final = 5.0


class PageError(Exception):
    """A page did not answer, or refused."""


class _Stay(HTTPRedirectHandler):
    # A form's answer is "see other": what matters is that it was taken, not the page it leads to.
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER: Final = build_opener(ProxyHandler({}), _Stay())  # never through a proxy: it is on this machine


def get(url: str) -> bytes:
    """The body of a page. Raises PageError."""
    return _send(Request(url))  # noqa: S310 - our own address


def post_json(url: str, body: bytes) -> bytes:
    """Send JSON as our own page does. Raises PageError."""
    return _send(Request(url, body, {"Content-Type": "application/json", "Origin": _origin(url)}))  # noqa: S310


def post_form(url: str, fields: dict[str, str]) -> None:
    """Send a form as our own page does. Raises PageError."""
    _send(Request(url, urlencode(fields).encode(), {"Origin": _origin(url)}))  # noqa: S310


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _send(request: Request) -> bytes:
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        if error.code == HTTPStatus.SEE_OTHER:
            return b""
        raise PageError(f"{request.full_url} answered {error.code}") from error
    except (URLError, OSError) as error:
        raise PageError(f"{request.full_url} did not answer ({error})") from error
