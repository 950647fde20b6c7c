"""Live pages in a real browser: what changed shows at the next beat, and a page that is refused says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import APIRouter, Request
from playwright.sync_api import Browser, Page, Route, expect
from starlette.responses import HTMLResponse, Response

from foundation.clock import SystemClock
from web.app import make_app
from web.page import Theme
from web.server import PageServer
from web.stream import live

pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Counted:
    """A page that shows a count; its version is the count, said in the page or not."""

    server: PageServer | None = None
    count: int = 0
    says_version: bool = True
    drawings: int = 0
    failures: int = 0

    def drawn(self) -> Response:
        """The page."""
        self.drawings += 1
        if self.drawings > 1 and self.failures > 0:
            self.failures -= 1
            return Response(status_code=503)
        version = f' data-live-version="{self.count}"' if self.says_version else ""
        return HTMLResponse(
            f'<!doctype html><body data-live-url="/beats"{version}><p id="count" data-live>counted {self.count}</p>'
            '<script type="module" src="/static/web/live.js"></script></body>'
        )


@pytest.fixture
def counted() -> Iterator[Counted]:
    """Served, beating five times a second."""
    shown = Counted()
    routes = APIRouter()

    @routes.get("/")
    def home() -> Response:
        return shown.drawn()

    @routes.get("/beats")
    async def beats(request: Request) -> Response:
        return live(request, lambda: str(shown.count), every_s=0.2)

    app = make_app(title="试验", theme=Theme.OFFICE, clock=SystemClock(), routers=(routes,))
    shown.server = PageServer("live-pages", app, host="127.0.0.1", port=0)
    shown.server.start()
    yield shown
    shown.server.close()


@pytest.fixture
def timeless(browser: Browser) -> Iterator[Page]:
    """A page on which nothing ever grows old: only another version renews it."""
    page = browser.new_page()
    page.clock.install()
    page.clock.pause_at("2030-01-01")
    yield page
    page.close()


@pytest.mark.parametrize("says_version", [True, False])
def test_a_change_between_the_drawing_and_the_first_beat_shows_at_that_beat(
    counted: Counted, timeless: Page, says_version: bool
) -> None:
    assert counted.server is not None
    counted.says_version = says_version

    def change_first(route: Route) -> None:
        counted.count = 7
        route.continue_()

    timeless.route("**/beats", change_first)
    timeless.goto(counted.server.url)
    expect(timeless.get_by_text("counted 7")).to_be_visible()


def test_a_page_that_says_its_version_is_not_drawn_twice(counted: Counted, timeless: Page) -> None:
    assert counted.server is not None
    with timeless.expect_response("**/beats"):
        timeless.goto(counted.server.url)
    for count in (1, 2):
        counted.count = count
        expect(timeless.get_by_text(f"counted {count}")).to_be_visible()
    assert counted.drawings == 3


def test_a_renewal_that_fails_is_tried_again_at_the_next_beat(counted: Counted, timeless: Page) -> None:
    assert counted.server is not None
    counted.failures = 2
    timeless.goto(counted.server.url)
    expect(timeless.get_by_text("counted 0")).to_be_visible()
    counted.count = 3
    expect(timeless.get_by_text("counted 3")).to_be_visible()
    assert counted.drawings == 4
