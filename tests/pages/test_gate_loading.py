"""What a finger aims at stays where it is while a gate page loads: with the scripts held back, and after them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from foundation.ids import new_id
from gate.query import inside_now
from gate.visit import Visitor
from tests.pages.school_gate import MEETING, TEN, School, morning, school
from tests.support.browser import watched

pytestmark = pytest.mark.browser

LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCRIPT = re.compile(r"<script [^>]*>")
_PARSED = """() => document.readyState !== "loading"
  && [...document.querySelectorAll("link[rel=stylesheet]")].every((link) => link.sheet)"""
_REMEMBER = """() => {
  const visible = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.matches(":disabled, .skip");
  (window.seen ??= new Map()).set(innerWidth, [...document.querySelectorAll("a, button, input, label")].filter(visible)
    .map((e) => [e, e.getBoundingClientRect()]));
  return window.seen.get(innerWidth).length;
}"""
_MOVED = """() => window.seen.get(innerWidth).filter(([e]) => e.isConnected).map(([e, was]) => {
  const is = e.getBoundingClientRect();
  const by = ["left", "top", "right", "bottom"].map((side) => Math.round(is[side] - was[side]));
  return by.some(Boolean) ? `${(e.innerText || e.id).trim().slice(0, 20)} at ${innerWidth} px by ${by}` : "";
}).filter(Boolean)"""


@dataclass(slots=True)
class HeldScripts:
    """Scripts of a page that come when the test says so."""

    page: Page
    names: str = "**/*.js"
    held: list[Route] = field(default_factory=list)
    holding: bool = False

    def begin(self) -> None:
        """Listen; nothing is held yet."""
        self.page.route(self.names, lambda route: self._route(route))  # noqa: PLW0108 - playwright marks what it is given

    def open(self, url: str) -> None:
        """The page as it stands before its scripts run."""
        self.holding = True
        self.page.goto(url, wait_until="commit")
        self.page.wait_for_function(_PARSED)

    def let_go(self) -> None:
        """The scripts come and run."""
        self.holding = False
        for route in self.held:
            route.continue_()
        self.held.clear()
        self.page.wait_for_load_state()

    def _route(self, route: Route) -> None:
        if self.holding:
            self.held.append(route)
        else:
            route.continue_()


@pytest.fixture
def campus(tmp_path: Path, accounts: Path) -> Iterator[School]:
    shutil.copy(accounts, tmp_path)
    with school(tmp_path, TEN) as served:
        morning(served)
        yield served


@pytest.fixture
def page(browser: Browser, campus: School) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def linked(campus: School, seeds: list[str]) -> list[str]:
    """The seeds, and one address of each kind of page with scripts of its own that links lead to from there."""
    found, seen = list(seeds), set(seeds)
    with httpx.Client(base_url=campus.gate_url, follow_redirects=True, trust_env=False) as client:
        frame = _SCRIPT.findall(client.get("/").text)
        waiting = list(seeds)
        while waiting:
            address = waiting.pop(0)
            answer = client.get(address, headers={"accept": "text/html"})
            assert answer.status_code == 200, answer.url
            if address not in seeds and _SCRIPT.findall(answer.text) != frame:
                found.append(address)
            for link in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text):
                if (kind := _ID.sub("*", link)) not in seen:
                    seen.add(kind)
                    waiting.append(unescape(link))
    return found


def seeds(campus: School) -> list[str]:
    """The first page, and what only an act leads to."""
    book = campus.book
    gone, wrong = new_id(), new_id()
    visitor = Visitor(name="吴秀英", host="李芳", reason="家长来访", phone="13720038856")
    book.sign_in(visit_id=gone, gate_id="east", guard="王师傅", visitor=visitor)
    book.sign_out(visit_id=gone, departure_id=new_id(), gate_id="east", guard="王师傅")
    (inside,) = inside_now(book.path)
    alarm = campus.line.press(new_id(), "gate-east-page")
    with httpx.Client(base_url=campus.gate_url, trust_env=False) as client:
        client.get("/")
        drill = client.post(f"/roll/begin/{new_id()}").headers["location"]
        passed = client.post(f"/vehicles/{new_id()}/pass").headers["location"]
        refused = client.post(f"/visits/{new_id()}/refused/other", data={"words": "吵闹"}).headers["location"]
        asked = client.post(f"/visits/{wrong}/ask", data={"name": "孙工", "host": "李芳", "reason": "送货"})
    false = f"/alarm/{alarm}/false"
    guard = campus.person("王师傅").id
    return [
        "/", f"/visits/{inside.id}/done", f"/visits/{gone}/done", f"/visits/form?again={gone}", "/visits/new?q=nobody",
        f"/visits/{inside.id}/correct", asked.headers["location"], f"/meetings/{MEETING}", drill, passed, refused,
        f"/alarm/{alarm}", false, f"{false}?reason=误碰按钮&person={guard}", f"{false}?reason=误碰按钮&person=other",
        f"/duty?person={guard}", "/pupils/without", "/visits/inside",
    ]  # fmt: skip


def test_nothing_that_can_be_touched_moves_when_the_scripts_of_its_page_run(page: Page, campus: School) -> None:
    page.route("**/api/**", lambda route: route.abort())  # what is told later is no part of the loading
    scripts = HeldScripts(page)
    scripts.begin()
    addresses = linked(campus, seeds(campus))
    assert len(addresses) > 25, addresses
    moved: list[str] = []
    for address in addresses:
        scripts.open(campus.gate_url.rstrip("/") + address)
        for width, height in (LANDSCAPE, PORTRAIT):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(_REMEMBER) >= 3, f"{address}: no way back, language or alarm"
        scripts.let_go()
        for width, height in (PORTRAIT, LANDSCAPE):
            page.set_viewport_size({"width": width, "height": height})
            moved += [f"{address}: {one}" for one in page.evaluate(_MOVED)[:3]]
    assert moved == [], "\n".join(moved)


def test_a_form_is_not_seen_before_its_script_has_laid_it_out_and_the_alarm_is(page: Page, campus: School) -> None:
    watch = watched(page, campus.gate_url)
    scripts = HeldScripts(page, "**/visit_steps.js")
    scripts.begin()
    scripts.open(f"{campus.gate_url}visits/form")
    page.evaluate("document.getAnimations().forEach((one) => one.pause())")  # the script comes in time
    expect(page.locator("#alarm")).to_be_visible()
    expect(page.get_by_role("button", name="登记进校")).to_be_hidden()
    scripts.let_go()
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("[data-progress]")).to_have_text("1 / 7")
    assert watch.errors == []


def test_a_form_whose_script_comes_too_late_stays_as_it_was_shown_and_works(page: Page, campus: School) -> None:
    scripts = HeldScripts(page, "**/visit_steps.js")
    scripts.begin()
    scripts.open(f"{campus.gate_url}visits/form")
    page.evaluate("document.getAnimations().forEach((one) => one.finish())")  # the seconds that it is waited for
    for written, words in (("#name", "赵六"), ("#host", "陈主任")):
        # In the middle of the screen first: a field half below its edge is moved by the browser, now or later.
        page.locator(written).evaluate("(field) => field.scrollIntoView({ block: 'center' })")
        page.locator(written).fill(words)
    page.evaluate(_REMEMBER)
    scripts.let_go()
    assert page.evaluate(_MOVED) == []
    page.locator("label", has_text="没带证件").click()
    page.locator("label", has_text="送货").click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()
    assert "赵六" in {visit.visitor.name for visit in inside_now(campus.book.path) if visit.visitor}
