"""How soon the gate screen answers: `python -m benchmarks.screen [--quick]`, a real Chromium on a served gatehouse.

press_to_screen_p99_ms: from the finger on the alarm button to the end of the frame that the alarm fills (face.md: 200).
stale_shown_worst_s: from the end of the server to the words that say so (3). press_during_guesses_p50_ms: a press asked
for over HTTP while four clients try PINs as fast as they can. The alarm line behind the page is the tests' one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from benchmarks.alarm_district import percentile, say
from edge_agent.pages.gatehouse import gatehouse_app
from foundation.clock import SystemClock
from foundation.ids import new_id
from foundation.log import configure_log
from tests.pages.gate_screen import TOKEN, FakeAlarmLine, Gatehouse, gatehouse_deps
from tests.support.browser import launched
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer

PRESSES, QUICK_PRESSES = 200, 40
ENDS, QUICK_ENDS = 10, 3
GUESSERS: Final = 4
_FILLED: Final = """() => {
  const overlay = document.getElementById("alarm-overlay");
  document.getElementById("alarm").addEventListener("pointerdown", (event) => {
    const look = () => requestAnimationFrame(() => {
      const box = overlay.getBoundingClientRect();
      if (box.width < innerWidth || box.height < innerHeight) return look();
      const painted = new MessageChannel(); // its message comes after the frame has been made
      painted.port1.onmessage = () => { window.took = performance.now() - event.timeStamp; };
      painted.port2.postMessage(null);
    });
    look();
  }, { capture: true });
}"""


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    configure_log("CRITICAL")
    with sync_playwright() as playwright, launched(playwright) as browser:
        presses = press_to_screen_ms(browser, QUICK_PRESSES if quick else PRESSES)
        stale_s = [stale_shown_s(browser) for _ in range(QUICK_ENDS if quick else ENDS)]
    guessed = press_during_guesses_ms(QUICK_PRESSES if quick else PRESSES)
    figures = {
        "press_to_screen_p50_ms": round(median(presses), 1),
        "press_to_screen_p99_ms": round(percentile(presses, 0.99), 1),
        "stale_shown_worst_s": round(max(stale_s), 2),
        "press_during_guesses_p50_ms": round(median(guessed), 1),
        "press_during_guesses_p99_ms": round(percentile(guessed, 0.99), 1),
    }
    print(json.dumps(figures))


@contextmanager
def served() -> Iterator[Gatehouse]:
    """A gatehouse with one guard who has a PIN."""
    clock = SystemClock()
    line = FakeAlarmLine(clock)
    with tempfile.TemporaryDirectory(prefix="screen-") as folder:
        deps = gatehouse_deps(Path(folder), line, clock)
        server = PageServer("gatehouse-pages", gatehouse_app(deps), host="127.0.0.1", port=0)
        server.start()
        try:
            yield Gatehouse(deps, line, deps.book, server, Path(folder))
        finally:
            server.close()
            deps.book.close()


def press_to_screen_ms(browser: Browser, presses: int) -> list[float]:
    """Each on a page that was opened for it."""
    took = []
    with served() as gatehouse:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for number in range(presses):
            page.goto(gatehouse.url)
            page.evaluate(_FILLED)
            page.locator("#alarm").click()
            page.wait_for_function("() => window.took !== undefined")
            took.append(float(page.evaluate("window.took")))
            if (number + 1) % 50 == 0:
                say(f"{number + 1} presses")
        page.close()
    return took


def stale_shown_s(browser: Browser) -> float:
    """Seconds from the server's end to the words on a page that had just been alive."""
    with served() as gatehouse:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(gatehouse.url)
        page.evaluate("document.addEventListener('beat', () => { window.beats = (window.beats ?? 0) + 1; })")
        page.wait_for_function("() => window.beats >= 2")
        began = time.monotonic()
        gatehouse.server.close()
        page.locator("#stale").wait_for(state="visible")
        took_s = time.monotonic() - began
        page.close()
    return took_s


def press_during_guesses_ms(presses: int) -> list[float]:
    """From the request to the answer, while PINs are guessed."""
    over = threading.Event()
    with served() as gatehouse:
        people = PeopleBook(gatehouse.folder / "people.sqlite", gatehouse.deps.clock)
        (guard,) = people.add([NewPerson(login="wang", name="王师傅", duty=Duty.GUARD)], by="command line")
        people.set_pin(guard.id, "739104", by="command line")
        people.close()
        address, cookie = urlsplit(gatehouse.url).netloc, {"Cookie": f"station={TOKEN}"}
        form = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}

        def guess(first: int) -> None:
            client = HTTPConnection(address, timeout=60)
            number = first
            while not over.is_set():
                client.request("POST", "/duty/on", f"person={guard.id}&pin={number % 700_000:06}", form)
                client.getresponse().read()
                number += GUESSERS
            client.close()

        guessers = [threading.Thread(target=guess, args=(first,)) for first in range(GUESSERS)]
        for guesser in guessers:
            guesser.start()
        took = []
        client = HTTPConnection(address, timeout=60)
        for _ in range(presses):
            began = time.monotonic()
            client.request(
                "POST",
                "/api/alarm/press",
                json.dumps({"id": new_id()}),
                {**cookie, "Content-Type": "application/json"},
            )
            answer = client.getresponse()
            answer.read()
            if answer.status != 202:
                raise RuntimeError(f"a press was answered {answer.status}")
            took.append((time.monotonic() - began) * 1_000)
            over.wait(0.1)
        over.set()
        for guesser in guessers:
            guesser.join()
        client.close()
    return took


if __name__ == "__main__":
    main()
