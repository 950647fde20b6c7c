"""The gate page in a real browser, at both sizes, as a guard would touch it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge_agent.pages.alarm.press_door import PressDoor
from edge_agent.pages.gatehouse import gatehouse_app
from foundation.clock import SystemClock
from foundation.ids import new_id
from gate.query import inside_now
from gate.visit import DocumentKind, Visitor
from tests.pages.gate_screen import INPUT, TOKEN, FakeAlarmLine, Gatehouse, gatehouse_deps
from tests.support.browser import Watch, watched
from tests.support.page_check import cut_texts, small_targets
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from web.server import PageServer

pytestmark = pytest.mark.browser

LANDSCAPE = (1280, 800)
PORTRAIT = (800, 1280)


@pytest.fixture(params=[LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
def screen(request: pytest.FixtureRequest, browser: Browser, gatehouse: Gatehouse) -> Iterator[tuple[Page, Watch]]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    watch = watched(page, gatehouse.url)
    page.goto(gatehouse.url)
    yield page, watch
    assert watch.outside == [], "a request left the box"
    context.close()


@pytest.fixture
def page(screen: tuple[Page, Watch]) -> Iterator[Page]:
    page, watch = screen
    yield page
    assert watch.errors == [], "the page broke its own content policy or its scripts failed"


def test_every_target_is_large_and_the_alarm_a_quarter_of_the_screen_in_the_same_place_on_every_page(
    page: Page, gatehouse: Gatehouse
) -> None:
    size = page.viewport_size
    assert size is not None
    places = []
    for path in ["", "visits/new", "visits/form", "visits/leave", "visits/refuse", "vehicles", "vehicles/form"]:
        page.goto(gatehouse.url + path)
        places.append(page.locator("#alarm").bounding_box())
        area = page.locator("#alarm-form").bounding_box()
        assert area is not None
        assert area["width"] * area["height"] >= 0.22 * size["width"] * size["height"]
        assert small_targets(page, 64) == [], path
        sizes = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.childNodes.length && e.checkVisibility() && "
            "[...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))"
            ".map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent.trim().slice(0, 20)])"
        )
        assert [text for size, text in sizes if size < 24] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert all(place == places[0] for place in places)


def test_the_press_fills_the_next_frame_of_the_screen_and_ticks_each_step(page: Page, gatehouse: Gatehouse) -> None:
    page.evaluate(
        "document.getElementById('alarm').addEventListener('pointerdown', () => requestAnimationFrame(() => {"
        "const box = document.getElementById('alarm-overlay').getBoundingClientRect();"
        "window.filled = box.width >= innerWidth && box.height >= innerHeight; }), {capture: true})"
    )
    page.locator("#alarm").click()
    page.wait_for_function("() => window.filled !== undefined")
    assert page.evaluate("window.filled")
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    expect(page.locator("[data-step=received_utc].reached")).to_have_count(0)
    for step, mark in [("sent", "sent_utc"), ("received", "received_utc"), ("acknowledged", "acknowledged_utc")]:
        gatehouse.line.take(step)
        expect(page.locator(f"[data-step={mark}].reached")).to_be_visible()
    assert len({alarm for _, _, alarm in gatehouse.line.presses}) == 1
    page.locator("[data-close]").click()
    expect(page.locator("#alarm-overlay")).to_be_hidden()


def test_without_a_receipt_in_15_seconds_a_person_is_told_to_phone(page: Page) -> None:
    page.clock.install()
    page.reload()
    page.locator("#alarm").click()
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    page.clock.fast_forward(5_000)  # the page's clock goes on meanwhile: a busy machine needs seconds for a look
    expect(page.locator("[data-phone]")).to_be_hidden()
    page.clock.fast_forward(10_500)
    phone = page.locator("[data-phone]")
    expect(phone).to_be_visible()
    expect(phone).to_contain_text("110")
    expect(phone).to_contain_text("示范市学府路 1 号")
    size = page.locator(".phone-number").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 96
    page.screenshot()


def test_a_press_while_the_box_is_away_is_repeated_until_it_is_back(
    screen: tuple[Page, Watch], gatehouse: Gatehouse
) -> None:
    page, _ = screen  # refused requests are errors in the console here, rightly
    page.route("**/api/alarm/press", lambda route: route.abort())
    page.locator("#alarm").click()
    expect(page.locator("#alarm-overlay")).to_be_visible()
    expect(page.locator("[data-trouble]")).to_be_visible()
    assert gatehouse.line.presses == []
    page.unroute("**/api/alarm/press")
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    expect(page.locator("[data-trouble]")).to_be_hidden()


def test_a_press_the_box_has_not_answered_outlives_its_page(screen: tuple[Page, Watch], gatehouse: Gatehouse) -> None:
    page, _ = screen  # as above
    sent: list[str] = []

    def away(route: Route) -> None:
        if not sent:
            sent.append(json.loads(route.request.post_data or "")["id"])
        route.abort()

    page.route("**/api/alarm/press", away)  # until the page has gone
    page.locator("#alarm").click()
    expect(page.locator("[data-trouble]")).to_be_visible()
    page.goto("about:blank")
    page.unroute("**/api/alarm/press")
    page.goto(f"{gatehouse.url}visits/form")
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    assert [press for press, _, _ in gatehouse.line.presses] == [sent[0]]
    page.wait_for_function("localStorage.getItem('pending-presses') === '[]'")
    page.reload()
    expect(page.locator("#alarm-overlay")).to_be_hidden()
    assert len(gatehouse.line.presses) == 1, "answered once, it is not sent again"


def test_a_new_visitor_is_signed_in_step_by_step_and_leaves(page: Page, gatehouse: Gatehouse) -> None:
    page.get_by_role("link", name="来访").click()
    page.get_by_role("link", name="第一次来").click()
    expect(page.get_by_role("button", name="下一步")).to_be_visible()  # laid out: words typed before would go nowhere
    page.locator("#name").fill("赵六")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("radio", name="身份证").click()
    number = page.locator("#document_number")
    expect(number).to_be_visible()
    for key in "11010519491231002X":
        page.locator(f"[data-keypad=document_number] [data-key='{key}']").click()
    expect(number).to_have_value("11010519491231002X")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="下一步").click()
    page.locator("#host").fill("陈主任")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("radio", name="送货").click()
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("[data-summary]")).to_contain_text("赵六")
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()
    (visit,) = inside_now(gatehouse.book.path)
    assert visit.visitor is not None
    assert (visit.visitor.name, visit.visitor.host, visit.visitor.reason) == ("赵六", "陈主任", "送货")
    assert visit.visitor.document_number == "11010519491231002X"
    page.get_by_role("link", name="完成").click()
    page.get_by_role("link", name="离校").click()
    page.get_by_role("button", name="赵六").click()
    expect(page.get_by_text("已登记离校")).to_be_visible()
    assert inside_now(gatehouse.book.path) == ()


def test_somebody_who_came_before_is_in_with_three_touches(page: Page, gatehouse: Gatehouse) -> None:
    known = gatehouse.book.sign_in(
        visit_id=new_id(),
        gate_id="east",
        guard="王师傅",
        visitor=Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800000001"),
    )
    gatehouse.book.sign_out(visit_id=known.id, departure_id=new_id(), gate_id="east", guard="王师傅")
    page.reload()
    page.get_by_role("link", name="来访").click()
    page.get_by_role("link", name="张三").click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()
    assert [visit.visitor.name for visit in inside_now(gatehouse.book.path) if visit.visitor] == ["张三"]


def test_a_card_reader_that_types_finds_the_person_from_the_idle_page(page: Page, gatehouse: Gatehouse) -> None:
    known = gatehouse.book.sign_in(
        visit_id=new_id(),
        gate_id="east",
        guard="王师傅",
        visitor=Visitor(
            name="张三",
            host="刘老师",
            reason="家长来访",
            document_kind=DocumentKind.IDENTITY_CARD,
            document_number="11010519491231002X",
        ),
    )
    gatehouse.book.sign_out(visit_id=known.id, departure_id=new_id(), gate_id="east", guard="王师傅")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("11010519491231002X")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="张三").click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()


def test_typing_looks_at_once(page: Page, gatehouse: Gatehouse) -> None:
    for name, phone in [("张三", "13800001234"), ("李四", "13900005678")]:
        visit = gatehouse.book.sign_in(
            visit_id=new_id(),
            gate_id="east",
            guard="王师傅",
            visitor=Visitor(name=name, host="刘老师", reason="办事", phone=phone),
        )
        gatehouse.book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="王师傅")
    page.get_by_role("link", name="来访").click()
    expect(page.locator(".person")).to_have_count(2)  # first: the idle page has a field of the same name
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("ls")
    expect(page.locator(".person")).to_have_count(1)
    expect(page.locator(".person b")).to_have_text("李四")


def test_a_visit_written_elsewhere_appears_without_a_touch(page: Page, gatehouse: Gatehouse) -> None:
    expect(page.locator("#top-state b")).to_have_text("0")
    gatehouse.book.sign_in(
        visit_id=new_id(),
        gate_id="west",
        guard="李师傅",
        visitor=Visitor(name="王五", host="刘老师", reason="办事"),
    )
    expect(page.locator("#top-state b")).to_have_text("1")
    expect(page.locator("#next")).to_contain_text("王五")


@pytest.mark.alone
def test_a_dead_server_is_shown_within_3_seconds_with_what_to_do(
    screen: tuple[Page, Watch], gatehouse: Gatehouse
) -> None:
    page, _ = screen
    page.clock.install()
    page.reload()
    page.evaluate("document.addEventListener('beat', () => { window.beaten = true; })")
    page.wait_for_function("() => window.beaten")
    targets = page.locator("main a:visible, main button:visible")
    aimed_at = [target.bounding_box() for target in targets.all()]
    gatehouse.server.close()
    page.clock.fast_forward(3_000)
    expect(page.locator("#stale")).to_be_visible(timeout=1_000)
    expect(page.locator("#stale")).to_contain_text("110")
    expect(page.locator("#stale .sign")).to_have_css("color", "rgb(255, 255, 255)")
    assert [target.bounding_box() for target in targets.all()] == aimed_at, "a finger was on its way there"
    assert cut_texts(page) == []


def test_english_is_one_touch_away_and_stays(page: Page, gatehouse: Gatehouse) -> None:
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Visitor in")).to_be_visible()
    page.goto(gatehouse.url + "visits/form")
    expect(page.get_by_role("button", name="Next")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("button", name="下一步")).to_be_visible()


def test_the_alarm_works_while_every_page_hangs_and_the_browser_keeps_nothing(browser: Browser, tmp_path: Path) -> None:
    clock = SystemClock()
    line = FakeAlarmLine(clock)
    door = PressDoor(line.press, input_of=lambda token: INPUT.id if token == TOKEN else None, host="127.0.0.1")
    door.start()
    deps = replace(gatehouse_deps(tmp_path, line, clock), press_port=door.port)
    app = gatehouse_app(deps)
    hanging, released = threading.Event(), threading.Event()

    @app.get("/hang")
    async def hang() -> None:
        hanging.set()
        released.wait(WAIT_AT_MOST_S)  # blocks the whole event loop, as a bug or a dying disk would

    server = PageServer("hanging-pages", app, host="127.0.0.1", port=0)
    server.start()
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden'); }})")
    watch = watched(page, server.url)
    page.goto(server.url)
    page.evaluate("void fetch('/hang').catch(() => 0)")
    assert hanging.wait(WAIT_AT_MOST_S)
    page.locator("#alarm").click()
    wait_until(lambda: line.presses, WAIT_AT_MOST_S / 2, what="a press while the page hangs")
    assert len(line.presses) == 1
    assert watch.errors == []
    released.set()
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    assert len({alarm for _, _, alarm in line.presses}) == 1
    page.close()
    server.close()
    door.close()
    deps.book.close()
