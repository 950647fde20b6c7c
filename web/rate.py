"""A limit on how often one address may ask, so that a broken or hostile machine on the network costs the box little."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from foundation.clock import NS_PER_S, Clock
from web.nearby import address_of
from web.problem import TOO_OFTEN, answer

_ADDRESSES: Final = 2_000
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, and so many a second in the long run."""

    burst: float
    per_s: float


READING: Final = Allowance(burst=300, per_s=40)
"""A screen asks about twice a second; opening a page asks for a dozen files."""
CHANGING: Final = Allowance(burst=60, per_s=4)
"""Nobody fills in four forms a second."""


class RateLimit:
    """Token buckets by address, reading and changing apart; `never` begins the paths that are never limited."""

    def __init__(self, app: ASGIApp, *, clock: Clock, never: Sequence[str] = ()) -> None:
        self._app = app
        self._clock = clock
        self._never = tuple(never)
        self._buckets: OrderedDict[tuple[str, bool], tuple[float, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or (self._never and scope["path"].startswith(self._never)):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if self._take(address_of(request), changing=scope["method"] not in _SAFE_METHODS):
            await self._app(scope, receive, send)
            return
        response = answer(request, HTTPStatus.TOO_MANY_REQUESTS, TOO_OFTEN, wait="5 s")
        response.headers["Retry-After"] = "5"
        await response(scope, receive, send)

    def _take(self, address: str, *, changing: bool) -> bool:
        allowance = CHANGING if changing else READING
        now_ns = self._clock.running_ns()
        left, then_ns = self._buckets.pop((address, changing), (allowance.burst, now_ns))
        left = min(allowance.burst, left + (now_ns - then_ns) / NS_PER_S * allowance.per_s)
        allowed = left >= 1
        self._buckets[address, changing] = (left - 1 if allowed else left, now_ns)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return allowed
