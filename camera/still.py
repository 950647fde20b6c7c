"""A still of a point, for whoever needs to see it now (the gate book, a page)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from camera.device_error import Garbled, LoginRefused, Unreachable
from camera.http_call import Limits
from camera.http_digest import DigestHttp
from camera.login import Login
from foundation.clock import Clock

STILL_LIMITS: Final = Limits(connect_s=2.0, call_s=4.0, answer_bytes=8 * 1024**2)
"""A 4K still is about 2 MB; a guard is waiting."""

_JPEG_START: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG picture as the camera sent it."""

    jpeg: bytes
    taken_utc_ns: int
    """This box's wall time when it was asked for."""


def take_still(snapshot_uri: str, login: Login | None, clock: Clock, limits: Limits = STILL_LIMITS) -> Still:
    """Ask a camera for a still (`StreamSource.snapshot_uri`), by HTTP Digest where it wants a log-in.

    Raises Unreachable, LoginRefused, Garbled. Tries a refused log-in only once: ask `may_try` before.
    """
    asked_utc_ns = clock.utc_ns()
    answer = DigestHttp(login, clock).send("GET", snapshot_uri, limits=limits)
    if answer.status in (401, 403):
        raise LoginRefused(f"the camera answered HTTP {answer.status} to the request for a still")
    if answer.status != 200:
        raise Unreachable(f"the camera answered HTTP {answer.status} to the request for a still")
    picture = answer.body.rstrip(b"\0\r\n")
    if not picture.startswith(_JPEG_START) or not picture.endswith(_JPEG_END):
        raise Garbled("the camera's still is not a whole JPEG picture")
    return Still(picture, asked_utc_ns)
