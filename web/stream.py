"""Live pages: server-sent events that beat every second, so that a page knows when it is stale."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from web.page import pages_of

BEAT_S: Final = 1.0
"""A page calls itself stale after 3 s without a beat; see static/live.js."""
MAX_STREAMS: Final = 64
"""Open streams per app: more screens than a school has, fewer than would hurt the box."""

_NS_PER_MS: Final = 1_000_000


def ends_with(request: Request, goes_on: Callable[[], bool]) -> None:
    """Let a stream that answers this request end as soon as `goes_on` (on a worker thread) says no."""
    request.state.stream_goes_on = goes_on


class Streams:
    """The open streams of one app; `close` ends them so that the server can stop at once."""

    def __init__(self) -> None:
        self.open = 0
        self.closing = False


def streams_of(app: FastAPI) -> Streams:
    """The streams of an app."""
    streams = getattr(app.state, "streams", None)
    if not isinstance(streams, Streams):
        streams = Streams()
        app.state.streams = streams
    return streams


def live(request: Request, version: Callable[[], str], *, every_s: float = BEAT_S) -> StreamingResponse:
    """A stream of beats {"now_ms": …, "version": …}: when the version is another one, the page renews its live parts.

    `version` may read the disk; it runs on a worker thread. `every_s` is shorter where a person waits for a step.
    """
    clock = pages_of(request).clock
    return events(
        request, lambda: json.dumps({"now_ms": clock.utc_ns() // _NS_PER_MS, "version": version()}), every_s=every_s
    )


def events(request: Request, produce: Callable[[], str], *, every_s: float) -> StreamingResponse:
    """A stream of what `produce` makes (one line of JSON), as often as said; `produce` runs on a worker thread."""
    return StreamingResponse(
        _events(request, produce, every_s),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _events(request: Request, produce: Callable[[], str], every_s: float) -> AsyncIterator[str]:
    streams = streams_of(request.app)
    if streams.open >= MAX_STREAMS:
        yield "retry: 10000\n\n"
        return
    streams.open += 1
    goes_on: Callable[[], bool] = getattr(request.state, "stream_goes_on", _always)
    try:
        yield "retry: 1000\n\n"
        while not streams.closing and not await request.is_disconnected() and await run_in_threadpool(goes_on):
            yield f"data: {await run_in_threadpool(produce)}\n\n"
            await _wait(streams, every_s)
    finally:
        streams.open -= 1


def _always() -> bool:
    return True


async def _wait(streams: Streams, seconds: float) -> None:
    # In short steps: a closing server must not wait for a sleeping stream.
    left_s = seconds
    while left_s > 0 and not streams.closing:
        await asyncio.sleep(min(0.2, left_s))
        left_s -= 0.2
