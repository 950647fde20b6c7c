"""One address cannot keep the box busy, and the alarm is never counted."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import APIRouter
from starlette.applications import Starlette

from foundation.clock import ManualClock
from web.app import make_app
from web.page import Theme
from web.rate import CHANGING, READING


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(clock: ManualClock) -> Starlette:
    routes = APIRouter()

    @routes.get("/page")
    def read() -> str:
        return "read"

    @routes.post("/page")
    def change() -> str:
        return "changed"

    @routes.post("/api/alarm/press")
    def press() -> str:
        return "pressed"

    return make_app(title="试验", theme=Theme.GATE, clock=clock, routers=(routes,), never_limited=("/api/alarm/",))


async def asked(app: Starlette, method: str, path: str, times: int, address: str = "10.0.0.9") -> list[int]:
    transport = httpx.ASGITransport(app, client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
        return [(await client.request(method, path)).status_code for _ in range(times)]


def run(app: Starlette, method: str, path: str, times: int, address: str = "10.0.0.9") -> list[int]:
    # On a thread of its own: a browser that another test opened keeps an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked(app, method, path, times, address)).result()


def test_a_flood_of_changes_is_stopped_and_goes_on_slowly(app: Starlette, clock: ManualClock) -> None:
    burst = int(CHANGING.burst)
    assert run(app, "POST", "/page", burst + 20) == [200] * burst + [429] * 20
    clock.advance(seconds=5)
    assert run(app, "POST", "/page", 30).count(200) == int(5 * CHANGING.per_s)


def test_reading_goes_on_while_changes_are_stopped(app: Starlette) -> None:
    run(app, "POST", "/page", int(CHANGING.burst) + 1)
    assert run(app, "GET", "/page", 50) == [200] * 50
    assert run(app, "GET", "/page", int(READING.burst)).count(429) == 50


def test_another_address_is_not_held_up(app: Starlette) -> None:
    run(app, "POST", "/page", int(CHANGING.burst) + 1)
    assert run(app, "POST", "/page", 1, address="10.0.0.1") == [200]


def test_a_press_is_never_counted(app: Starlette) -> None:
    run(app, "POST", "/page", int(CHANGING.burst) + 1)
    assert run(app, "POST", "/api/alarm/press", 300) == [200] * 300
