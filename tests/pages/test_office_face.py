"""Every page of the office in a browser, both ways up: one navigation, nothing beside the screen, axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from edge_agent.pages.navigation import GATE, GROUPS, navigation
from tests.pages.conftest import Pictures
from tests.pages.whole_office import WholeOffice, whole_office
from tests.support.browser import watched
from tests.support.page_check import violations
from tests.support.waiting import wait_until
from web.duty import Duty

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 800, "height": 1280}
LEVELS = [entry for group in (*GROUPS, GATE) for entry in group]
FURTHER = ("/stations", "/incidents/new", "/faults/new", "/faults/rules", "/password", "/footage/gate", "/cameras/gate",
           "/pictures/gate", "/gate/patrol/codes")  # fmt: skip
OFFERED = {"/alarms": r"/alarms/[0-9a-f-]{36}", "/faults": r"/faults/[0-9a-f-]{36}",
           "/incidents": r"/incidents/[0-9a-f-]{36}", "/gate/book": r"/gate/book/visit/[0-9a-f-]{36}"}  # fmt: skip
"""Pages whose address only another page knows."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, h264_clip: Path) -> Iterator[WholeOffice]:
    with whole_office(tmp_path_factory.mktemp("office"), h264_clip) as served:
        yield served


def _linked(client: httpx.Client, path: str, inside: str) -> str:
    found = re.search(inside, client.get(path).text)
    return found[0] if found else ""


_TRIPS = """() => {
  const seen = (chosen) => [...document.querySelectorAll(chosen)].filter((e) => e.checkVisibility());
  const lines = (e) => e.getBoundingClientRect().height / (1.5 * parseFloat(getComputedStyle(e).fontSize));
  const said = (e) => e.innerText;
  const aside = document.documentElement.scrollWidth - innerWidth;
  const frame = seen(".top a, .top button, nav a");
  return [
    ...(aside > 0 ? [`the page scrolls sideways by ${aside} px`] : []),
    ...frame.concat(seen("button, .button, thead th")).filter((e) => lines(e) > 3).map((e) => `broken: ${said(e)}`),
    ...frame.filter((e) => e.offsetHeight < 40).map((e) => `a small target: ${said(e)}`),
  ];
}"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_page_is_whole_readable_and_asks_nobody_outside(
    browser: Browser, office: WholeOffice, pictures: Pictures
) -> None:
    with office.client("zhao") as client:
        # What was pressed and noticed becomes incidents and faults within half a second of the start.
        offered = [wait_until(partial(_linked, client, *page), what=page[0]) for page in OFFERED.items()]
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    watch = watched(page, office.url)
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    wrong: dict[str, list[str]] = {}
    for path in ["/login", *(entry.path for entry in LEVELS), *FURTHER, *offered]:
        page.set_viewport_size(WIDE)
        page.goto(office.url + path, wait_until="load")
        wrong[path] = violations(page)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            wrong[path] += [f"{size['width']}: {trip}" for trip in page.evaluate(_TRIPS)]
            pictures(page, f"office{path.replace('/', '-')}")
        if path == "/login":
            context.add_cookies([{"name": "session", "value": office.tokens["zhao"], "url": office.url}])
    assert {path: found for path, found in wrong.items() if found} == {}
    assert watch.outside == []
    # No recorder runs here: the alarm's page says in words that there is no picture of the moment.
    assert [url for url in failed if "/stills/" not in url] == []
    assert [error for error in watch.errors if "Failed to load resource" not in error] == []
    context.close()


@pytest.mark.browser
def test_in_a_narrow_window_the_navigation_is_a_drawer_for_hand_and_keyboard_without_script(
    browser: Browser, office: WholeOffice
) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 1280}, java_script_enabled=False)
    context.add_cookies([{"name": "session", "value": office.tokens["zhao"], "url": office.url}])
    page = context.new_page()
    page.goto(f"{office.url}/gate/roster")
    links = page.get_by_role("navigation", name="页面")
    expect(links).to_be_hidden()
    page.get_by_role("button", name="目录").focus()
    page.keyboard.press("Enter")
    expect(links.get_by_role("link", name="校门")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(links).to_be_hidden()
    page.get_by_role("button", name="目录").click()
    links.get_by_role("link", name="隐患台账").click()
    expect(page.locator("main h1")).to_have_text("隐患台账")
    context.close()


@pytest.mark.browser
def test_a_form_that_comes_back_stands_at_its_first_mistake(browser: Browser, office: WholeOffice) -> None:
    context = browser.new_context(viewport=WIDE)
    context.add_cookies([{"name": "session", "value": office.tokens["zhao"], "url": office.url}])
    page = context.new_page()
    page.goto(f"{office.url}/drills/evacuation/new")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator(".field.wrong input, .field.wrong textarea").first).to_be_focused()
    expect(page.locator(".field.wrong .error").first).to_be_in_viewport()
    context.close()


def test_a_page_marks_itself_and_the_section_it_lies_in() -> None:
    for entry in LEVELS:
        shown = navigation(entry.path, lambda _: True)
        assert entry in (shown.here, shown.section_here)
    deep = navigation("/gate/roster/import", lambda _: True)
    assert (deep.here and deep.here.path, deep.section_here and deep.section_here.path) == ("/gate", "/gate/roster")
    assert navigation("/alarmsx", lambda _: True).here is None
    assert navigation("/alarms", lambda _: True).section == ()


@pytest.mark.parametrize("duty", [duty for duty in Duty if duty.at_campus])
def test_rights_decide_which_links_there_are(duty: Duty) -> None:
    shown = navigation("/gate", duty.may)
    assert all(duty.may(entry.right) for group in shown.groups for entry in (*group, *shown.section))
    assert all(shown.groups), "no group without a link"
    if duty is Duty.STAFF:
        assert [entry.path for group in shown.groups for entry in group] == ["/gate"]
        assert [entry.path for entry in shown.section] == ["/gate/expected", "/gate/slips"]


def test_every_link_leads_a_person_who_has_it_to_a_page(office: WholeOffice) -> None:
    for login, duty in (("zhao", Duty.LEADER), ("chen", Duty.STAFF)):
        with office.client(login) as client:
            for entry in LEVELS:
                if duty.may(entry.right):
                    shown = client.get(entry.path, follow_redirects=True)
                    assert shown.status_code == 200, (login, entry.path)
                    assert shown.url.path.startswith(entry.path), "led elsewhere"


def test_each_finding_on_today_has_one_button_that_leads_to_what_mends_it(office: WholeOffice) -> None:
    with office.client("zhao") as client:
        wait_until(lambda: "去处理" in client.get("/").text)
        findings = re.search(r'<section id="findings".*?</section>', client.get("/").text, re.DOTALL)
        assert findings
        buttons = re.findall(r'<a class="button" href="([^"]+)">', findings[0])
        assert len(buttons) == findings[0].count("<li>") >= 4
        assert {"/cameras/gate", "/pictures/gate", "/volumes"} <= set(buttons)
        by_hand = next(path for path in buttons if path.startswith("/faults/of/"))
        wait_until(lambda: client.get(by_hand).headers["location"] != "/faults")
        for path in {*buttons, "/faults/of/nobody-knows"}:
            shown = client.get(path, follow_redirects=True)
            assert shown.status_code == 200, path
            assert "<h1" in shown.text


def test_a_page_that_is_not_there_keeps_the_way_to_all_others(office: WholeOffice) -> None:
    with office.client("zhao") as client:
        for path, status in (("/nothing", 404), ("/faults/nothing", 404), ("/password", 200)):
            answer = client.get(path)
            assert answer.status_code == status
            assert 'id="navigation"' in answer.text, path
    stranger = httpx.post(f"{office.url}/faults/new", headers={"accept": "text/html"}, trust_env=False)
    assert (stranger.status_code, 'id="navigation"' in stranger.text) == (401, False)
