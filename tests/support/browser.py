"""Debian's Chromium, headless, made not to speak to anybody but the page under test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, Playwright, Request, expect

from tests.support.programs import require_program
from tests.support.waiting import WAIT_AT_MOST_S

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium; a visible skip without one (in CI a failure)."""
    program = require_program("chromium")
    expect.set_options(timeout=WAIT_AT_MOST_S * 1000)  # five seconds otherwise; a click may wait as long already
    browser = playwright.chromium.launch(executable_path=str(program), args=list(QUIET))
    try:
        yield browser
    finally:
        browser.close()


@dataclass(slots=True)
class Watch:
    """What a page did that it must not: errors in its console (blocked content too) and requests that left the host."""

    host: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request))  # noqa: PLW0108 - playwright marks what it is given

    def _request(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if f"//{self.host}" not in request.url:
            self.outside.append(request.url)


def watched(page: Page, url: str) -> Watch:
    """Watch a page that will be opened at `url`."""
    watch = Watch(url.split("//", 1)[1].split("/", 1)[0].split(":")[0])
    watch.on(page)
    return watch
