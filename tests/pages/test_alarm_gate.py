"""The alarm at the gate after the press: 误报 by name and PIN, other screens that are called, silence kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge_agent.pages.gatehouse import gatehouse_app
from foundation.clock import SystemClock
from foundation.ids import new_id
from tests.pages.conftest import Pictures
from tests.pages.gate_screen import DURESS_PIN, INPUT, TOKEN, FakeAlarmLine, Gatehouse, gatehouse_deps
from tests.support.browser import watched
from tests.support.waiting import wait_until
from web.server import PageServer

PIN = "739104"
LANDSCAPE = (1280, 800)
PORTRAIT = (800, 1280)


@pytest.fixture
def client(gatehouse: Gatehouse) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gatehouse.url, cookies={"station": TOKEN}) as client:
        yield client


def pressed(client: httpx.Client) -> str:
    return str(client.post("/api/alarm/press", json={"id": new_id()}).json()["alarm_id"])


def call_off(client: httpx.Client, alarm_id: str, person: str, pin: str, reason: str = "误碰按钮") -> httpx.Response:
    return client.post(f"/alarm/{alarm_id}/false", data={"person": person, "pin": pin, "reason": reason})


# ── 误报 ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_calling_off_needs_a_reason_a_name_and_that_persons_pin(
    client: httpx.Client, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    alarm_id = pressed(client)
    for person, pin, reason, status in [
        (guards["wang"], "111111", "误碰按钮", 403),
        (guards["li"], PIN, "误碰按钮", 403),
        (guards["wang"], PIN, "  ", 422),
        (new_id(), PIN, "误碰按钮", 422),
        ("", PIN, "误碰按钮", 422),
    ]:
        assert call_off(client, alarm_id, person, pin, reason).status_code == status
    assert gatehouse.line.called_off == []
    assert call_off(client, new_id(), guards["wang"], PIN).status_code == 404
    done = call_off(client, alarm_id, guards["wang"], PIN)
    assert (done.status_code, done.headers["location"]) == (303, f"/alarm/{alarm_id}")
    assert gatehouse.line.called_off == [(alarm_id, "王师傅", "误碰按钮", "")]
    assert "已告知接警中心是误报" in client.get(f"/alarm/{alarm_id}").text


def test_the_duress_pin_is_answered_as_the_right_pin_is_and_is_passed_on(
    client: httpx.Client, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    seen = []
    for pin in (PIN, DURESS_PIN):
        alarm_id = pressed(client)
        answer = call_off(client, alarm_id, guards["wang"], pin)
        shown = client.get(answer.headers["location"]).text
        same = re.sub(r"[0-9a-f-]{36}|\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d", "*", shown)
        seen.append((answer.status_code, sorted(answer.headers), same))
    assert seen[0] == seen[1]
    assert [pin for _, _, _, pin in gatehouse.line.called_off] == ["", DURESS_PIN]


def test_a_forced_guard_is_heard_even_while_the_screen_makes_guessers_wait(
    client: httpx.Client, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    alarm_id = pressed(client)
    while call_off(client, alarm_id, guards["wang"], "000000").status_code != 429:
        assert gatehouse.line.called_off == []
    assert call_off(client, alarm_id, guards["wang"], PIN).status_code == 429
    assert gatehouse.line.called_off == []
    assert call_off(client, alarm_id, guards["wang"], DURESS_PIN).status_code == 429
    assert [pin for _, _, _, pin in gatehouse.line.called_off] == [DURESS_PIN]


# ── in the browser ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(params=[LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
def page(request: pytest.FixtureRequest, browser: Browser, gatehouse: Gatehouse) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    watch = watched(page, gatehouse.url)
    page.goto(gatehouse.url)
    yield page
    assert watch.outside == []
    assert watch.errors == []
    context.close()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.browser
def test_the_guard_on_duty_says_false_alarm_with_touches_only(
    page: Page, gatehouse: Gatehouse, guards: dict[str, str], pictures: Pictures
) -> None:
    gatehouse.book.duty.sign_on(station_id="box", person_id=guards["wang"], name="王师傅")
    page.locator("#alarm").click()
    page.locator("[data-false]").click()
    page.wait_for_url("**/false")  # loaded, its styles too
    pictures(page, "false-why")
    boxes = [button.bounding_box() for button in page.locator(".reasons button").all()]
    assert boxes
    assert all(box and box["height"] >= 64 for box in boxes)
    page.get_by_role("button", name="学生误按").click()
    expect(page.locator("h1", has_text="王师傅")).to_be_visible()
    for digit in PIN:
        page.locator(f"[data-key='{digit}']").click()
    pictures(page, "false-pin")
    assert fits(page)
    page.get_by_role("button", name="确认误报").click()
    expect(page.get_by_text("已告知接警中心是误报，由民警核实")).to_be_visible()
    pictures(page, "false-done")
    (alarm_id, *said) = gatehouse.line.called_off[0]
    assert said == ["王师傅", "学生误按", ""]
    gatehouse.line.take("received")
    expect(page.locator("#steps")).not_to_contain_text("请拨打 110")
    assert gatehouse.line.alarms[alarm_id].received_utc_ns, "the sending went on"


@pytest.mark.browser
def test_an_alarm_pressed_elsewhere_takes_this_screen_with_sound_until_somebody_confirms_by_name(
    page: Page, gatehouse: Gatehouse, guards: dict[str, str], pictures: Pictures
) -> None:
    gatehouse.book.duty.sign_on(station_id="box", person_id=guards["wang"], name="王师傅")
    page.reload()
    alarm_id = gatehouse.line.call()
    overlay = page.locator("#alarm-overlay")
    expect(overlay).to_be_visible()
    expect(overlay).to_contain_text("西门岗亭")
    expect(page.locator("html")).to_have_attribute("data-sound", "calling")
    pictures(page, "elsewhere")
    page.locator("[data-close]").click()
    expect(overlay).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-sound", "")
    gatehouse.line.call(louder=True, call_police=True)  # a minute later nobody has confirmed, and no receipt is here
    expect(overlay).to_be_visible()
    expect(page.locator("[data-louder]")).to_be_visible()
    expect(page.locator("[data-phone]")).to_contain_text("示范市学府路 1 号")
    expect(page.locator("html")).to_have_attribute("data-sound", "louder")
    pictures(page, "elsewhere-110")
    page.get_by_role("button", name="王师傅 确认知道").click()
    expect(page.locator("#steps")).to_contain_text("校内已确认 王师傅")
    expect(page.locator("html")).not_to_have_attribute("data-sound", "louder")
    assert gatehouse.line.alarms[alarm_id].known_by == "王师傅"
    page.goto(gatehouse.url)
    expect(overlay).to_be_hidden()


@pytest.mark.browser
def test_fifteen_seconds_without_a_receipt_fill_the_page_with_the_number_address_and_place(
    page: Page, pictures: Pictures
) -> None:
    page.clock.install()
    page.reload()
    page.locator("#alarm").click()
    expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    page.clock.fast_forward(15_500)
    phone = page.locator("[data-phone]")
    for text in ("请拨打 110", "示范小学", "示范市学府路 1 号", "东门门卫室", "010-5550 0101"):
        expect(phone).to_contain_text(text)
    size = page.viewport_size
    assert size is not None
    pictures(page, "call-110")
    assert page.locator("#alarm-overlay").evaluate("e => e.scrollHeight <= innerHeight"), "seen without scrolling"


def same_to_the_eye(one: bytes, other: bytes) -> bool:
    """No pixel differs by more than a drawing's rounding does: on a busy machine one of a million did, by 4 of 255."""
    drawn = [cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) for picture in (one, other)]
    assert drawn[0] is not None
    assert drawn[1] is not None
    return drawn[0].shape == drawn[1].shape and int(cv2.absdiff(drawn[0], drawn[1]).max()) <= 8


@pytest.mark.browser
def test_a_silent_alarm_shows_one_dot_beside_the_clock_and_nothing_else(browser: Browser, tmp_path: Path) -> None:
    clock = SystemClock()
    line = FakeAlarmLine(clock)
    deps = gatehouse_deps(tmp_path, line, clock, INPUT.model_copy(update={"silent": True}))
    server = PageServer("gatehouse-pages", gatehouse_app(deps), host="127.0.0.1", port=0)
    server.start()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        watch = watched(page, server.url)
        page.goto(server.url)
        expect(page.locator("#q")).to_be_focused()

        pale = page.locator("body.is-stale")  # while a beat is late on a busy machine

        def seen_fresh() -> bytes:
            expect(pale).to_have_count(0)
            picture = page.locator(".gate").screenshot()
            return b"" if pale.count() else picture

        before = wait_until(seen_fresh, what="a picture that is not pale")
        page.locator("#alarm").click()
        wait_until(lambda: line.presses, what="the press")
        expect(page.locator("#silent-mark")).to_be_visible()
        dot, time = page.locator("#silent-mark").bounding_box(), page.locator("[data-clock]").bounding_box()
        assert dot is not None
        assert time is not None
        assert dot["width"] <= 10
        assert abs(dot["x"] - (time["x"] + time["width"])) < 20
        expect(page.locator("#alarm-overlay")).to_be_hidden()
        wait_until(
            lambda: same_to_the_eye(page.locator(".gate").screenshot(), before),
            what="not one other pixel below the top line",
        )
        # without a script the screen goes back to where it was
        without = httpx.post(f"{server.url}alarm/{new_id()}", cookies={"station": TOKEN})
        assert (without.status_code, without.headers["location"]) == (303, "/")
        assert watch.errors == []
    finally:
        context.close()
        server.close()
        deps.book.close()


@pytest.mark.browser
def test_keys_are_dead_and_pale_until_their_script_is_there_and_then_lose_no_digit(
    page: Page, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    alarm_id = gatehouse.line.press(new_id(), INPUT.id)
    held: list[Route] = []
    page.route("**/keypad.js", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks what it is given
    where = f"{gatehouse.url}alarm/{alarm_id}/false?reason=误碰按钮&person={guards['wang']}"
    with page.expect_request("**/keypad.js"):
        page.goto(where, wait_until="commit")
    seven = page.locator("[data-key='7']")
    expect(seven).to_be_visible()
    expect(seven).to_be_disabled()
    expect(seven).to_have_css("opacity", "0.3")
    expect(page.locator("#alarm")).to_be_enabled()
    held[0].continue_()
    for digit in PIN:
        page.locator(f"[data-key='{digit}']").click()
    expect(page.locator("#pin")).to_have_value(PIN)
    page.locator("#pin").evaluate("e => { e.maxLength = 6; }")
    seven.click()  # one touch too many is none
    expect(page.locator("#pin")).to_have_value(PIN)
