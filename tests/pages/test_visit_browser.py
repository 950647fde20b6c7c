"""What a guard's fingers do with visitors, counted in a real browser; drafts, badges and the silent alarm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from benchmarks.gate import fill, person
from edge_agent.pages.gatehouse import gatehouse_app
from foundation.clock import SystemClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.orders import GateOrders
from gate.query import inside_now
from gate.vehicle_book import vehicles_inside
from gate.visit import Visitor
from gate.watch import Watched
from tests.pages.gate_screen import INPUT, FakeAlarmLine, Gatehouse, gatehouse_deps
from tests.support.browser import watched
from tests.support.fingers import count_in, needed_s, scan, start_counting, touches
from tests.support.waiting import wait_until
from web.server import PageServer

pytestmark = pytest.mark.browser

PAST = 5_000


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    count_in(opened)
    yield opened
    opened.close()


def sign_in(book: GateBook, name: str, phone: str) -> str:
    visitor = Visitor(name=name, host="刘老师", reason="家长来访", phone=phone)
    return book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=visitor).id


@pytest.mark.slow
def test_somebody_of_five_thousand_is_in_with_three_touches_from_the_idle_page(
    context: BrowserContext, tmp_path: Path
) -> None:
    fill(tmp_path / "gate.sqlite", PAST)
    clock = SystemClock()
    deps = gatehouse_deps(tmp_path, FakeAlarmLine(clock), clock)
    server = PageServer("full-gate", gatehouse_app(deps), host="127.0.0.1", port=0)
    server.start()
    page = context.new_page()
    page.goto(server.url)
    try:
        for number, (typed, most) in enumerate((("phone", 3), ("plate", 3), ("keypad", 7))):
            who = person(300 + 3 * number)
            page.goto(server.url)
            start_counting(page)
            if typed == "keypad":  # no keyboard at all: the four digits are touches too
                page.get_by_role("link", name="来访").click()
                for key in who.phone[-4:]:
                    page.locator(f"[data-keypad=q] [data-key='{key}']").click()
            else:
                expect(page.locator("#q")).to_be_focused()
                page.keyboard.type(who.phone[-4:] if typed == "phone" else who.plate[2:])
                page.keyboard.press("Enter")
            page.locator(".person", has_text=who.name).first.click()
            page.get_by_role("button", name="登记进校").click()
            expect(page.get_by_text("已登记进校")).to_be_visible()
            assert touches(page) <= most, typed
            assert who.name in {visit.visitor.name for visit in inside_now(deps.book.path) if visit.visitor}
    finally:
        server.close()
        deps.book.close()


def test_a_new_visitor_takes_less_than_thirty_seconds_of_typing(context: BrowserContext, gatehouse: Gatehouse) -> None:
    page = context.new_page()
    watch = watched(page, gatehouse.url)
    page.goto(gatehouse.url)
    start_counting(page)
    page.get_by_role("link", name="来访").click()
    page.get_by_role("link", name="第一次来").click()
    page.wait_for_load_state()  # the scripts are there
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("赵六六")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="身份证").click()
    expect(page.locator("#document_number")).to_be_focused()
    page.keyboard.type("11010519491231002X")  # by hand; a card reader takes a second
    page.keyboard.press("Enter")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.press("Enter")  # a phone is not asked of somebody whose card was seen
    expect(page.locator("#host")).to_be_focused()
    page.keyboard.type("陈主任")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="送货").click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()
    assert needed_s(page, characters=len("赵六六陈主任")) <= 30
    assert watch.errors == []
    assert watch.outside == []


def test_a_draft_survives_the_browser_and_the_agent(browser: Browser, gatehouse: Gatehouse) -> None:
    first = browser.new_page()
    first.goto(gatehouse.url + "visits/form")
    with first.expect_response("**/draft"):
        first.locator("#name").fill("赵六")
    first.close()
    gatehouse.server.close()
    again = PageServer("again", gatehouse_app(gatehouse.deps), host="127.0.0.1", port=0)
    again.start()
    second = browser.new_page()
    second.goto(again.url)
    second.get_by_role("link", name="没填完").click()
    expect(second.locator("[data-summary]")).to_contain_text("赵六")
    second.get_by_role("button", name="不登记了").click()
    expect(second.get_by_role("link", name="没填完")).to_have_count(0)
    second.close()
    again.close()


def test_a_scanned_badge_signs_out_without_a_touch(context: BrowserContext, gatehouse: Gatehouse) -> None:
    visit_id = sign_in(gatehouse.book, "张三", "13800000001")
    (visit,) = inside_now(gatehouse.book.path)
    page = context.new_page()
    page.goto(gatehouse.url)
    start_counting(page)
    for place in ("", "visits/leave", f"visits/{visit_id}/done"):
        page.goto(gatehouse.url + place)
        if place == "":
            expect(page.locator("#q")).to_be_focused()
            page.keyboard.type(gatehouse.book.badge_code(visit))
            page.keyboard.press("Enter")
        else:
            scan(page, gatehouse.book.badge_code(visit))
        expect(page.get_by_text("已登记离校")).to_be_visible()
        assert inside_now(gatehouse.book.path) == ()
        page.wait_for_load_state()  # nobody scans again before the page has its scripts
        scan(page, gatehouse.book.badge_code(visit))
        expect(page.get_by_text("不能再用")).to_be_visible()
        gatehouse.book.undo_sign_out(visit_id=visit_id, guard="王")
    assert touches(page) == 0


def test_a_possible_match_shows_one_word_and_the_silent_alarm_one_dot(context: BrowserContext, tmp_path: Path) -> None:
    clock = SystemClock()
    orders = GateOrders(tmp_path / "gate_orders.sqlite", clock)
    orders.watch.add([Watched(names=("章三",), reason="曾在校门口滋事", from_day=date(2020, 1, 1))], by="李主任")
    line = FakeAlarmLine(clock)
    silent = INPUT.model_copy(update={"id": "gate-east-silent", "silent": True})
    deps = replace(
        gatehouse_deps(tmp_path, line, clock),
        orders=orders.path,
        silent_button=lambda _: silent,
    )
    server = PageServer("watching-gate", gatehouse_app(deps), host="127.0.0.1", port=0)
    server.start()
    page = context.new_page()
    try:
        page.goto(server.url + "visits/form")
        expect(page.locator("[data-watch]")).to_have_count(0)
        following = page.get_by_role("button", name="下一步")
        aimed_at = following.bounding_box()
        page.locator("#name").fill("张三")
        expect(page.locator("[data-watch]")).to_have_text("核对?")
        assert following.bounding_box() == aimed_at, "a finger was on its way there"
        before = page.locator("body").inner_text()
        for word in ("滋事", "布控", "章三"):
            assert word not in before
        start_counting(page)
        page.get_by_role("button", name="告诉值班室").click()
        wait_until(lambda: len(line.presses) == 1)
        assert touches(page) == 1
        assert line.presses[0][1] == "gate-east-silent"
        expect(page.locator("#silent-mark")).to_be_visible()
        expect(page.locator("#alarm-overlay")).to_be_hidden()
        assert page.locator("#name").input_value() == "张三"
        page.locator("[data-watch]").click()
        expect(page.get_by_text("曾在校门口滋事")).to_be_visible()
    finally:
        server.close()
        deps.book.close()
        orders.close()


def test_a_vehicle_is_written_with_keys_on_the_screen_only(context: BrowserContext, gatehouse: Gatehouse) -> None:
    page = context.new_page()
    page.goto(gatehouse.url)
    page.get_by_role("link", name="车辆").click()
    page.get_by_role("link", name="新登记").click()
    page.wait_for_load_state()  # the scripts are there
    page.get_by_role("radio", name="校车").click()
    expect(page.locator("#plate")).to_be_visible()
    for key in "京AD12345":
        page.locator(f"[data-keypad=plate] [data-key='{key}']:visible").first.click()
    expect(page.locator("#plate")).to_have_value("京AD12345")
    for _ in range(3):
        page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_text("已登记进校")).to_be_visible()
    (entry,) = vehicles_inside(gatehouse.book.path)
    assert entry.vehicle is not None
    assert (entry.vehicle.kind, entry.vehicle.plate) == ("school_bus", "京AD12345")
    start_counting(page)
    page.goto(gatehouse.url)
    page.get_by_role("button", name="应急车放行").click()
    expect(page.get_by_text("应急车已放行")).to_be_visible()
    assert touches(page) == 1
