"""The gate's daily pages in a real browser, as a guard would touch them: large, few touches, undo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from foundation.ids import new_id
from gate.class_size import ClassSize
from gate.handover import read_handovers
from gate.hours import DayKind, OpenSpan
from gate.meeting import read_attendance
from gate.policy import PolicyKind
from gate.query import inside_now
from gate.roll_call import read_roll_calls
from gate.staff import staff_inside
from tests.pages.school_gate import HOUR, MEETING, PASSWORD, PINS, TEN, School, morning, school
from tests.support.browser import watched
from tests.support.page_check import cut_texts, small_targets, violations

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("CAMPUS_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.fixture
def campus(tmp_path: Path, accounts: Path) -> Iterator[School]:
    shutil.copy(accounts, tmp_path)
    with school(tmp_path, TEN) as served:
        morning(served)
        yield served


LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)


@pytest.fixture(params=[LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
def page(request: pytest.FixtureRequest, browser: Browser, campus: School) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    watch = watched(opened, campus.gate_url)
    opened.goto(campus.gate_url)
    yield opened
    assert watch.outside == [], "a request left the box"
    assert watch.errors == [], "the page broke its own content policy or its scripts failed"
    context.close()


def test_every_daily_page_is_large_whole_and_has_the_alarm_where_it_always_is(page: Page, campus: School) -> None:
    places = []
    for path in [
        "",
        "staff",
        "pupils",
        "pupils/without",
        f"meetings/{MEETING}",
        "expected",
        "duty/today",
        "handover",
        "roll",
    ]:
        page.goto(campus.gate_url + path)
        places.append(page.locator("#alarm").bounding_box())
        assert small_targets(page, 64) == [], path
        small = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && [...e.childNodes]"
            ".some(n => n.nodeType === 3 && n.textContent.trim()) && parseFloat(getComputedStyle(e).fontSize) < 24)"
            ".map(e => e.textContent.trim().slice(0, 20))"
        )
        assert small == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert all(place == places[0] for place in places)


@pytest.mark.parametrize("page", [LANDSCAPE], indirect=True)
def test_a_morning_at_the_gate_takes_few_touches(page: Page, campus: School) -> None:
    # A teacher comes in: tile, name.
    page.get_by_role("link", name="教职工进出").click()
    page.get_by_role("button", name="李芳").click()
    expect(page.get_by_role("status")).to_contain_text("李芳 已进校")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_have_count(0)
    assert staff_inside(campus.book.path) == {}
    page.locator("#filter").fill("wq")
    expect(page.locator("#names button:visible")).to_have_count(1)
    page.keyboard.press("Enter")  # one name left: Enter touches it
    expect(page.get_by_role("status")).to_contain_text("王强 已进校")

    # A parent comes to the meeting, found by the pupil's initials.
    page.goto(campus.gate_url)
    page.get_by_role("link", name="家长会").click()
    page.locator("#filter").fill("xm")
    expect(page.locator("#names button:visible")).to_have_count(1)
    page.locator("#names button:visible").click()
    expect(page.get_by_role("status")).to_contain_text("家长7 已签到")
    assert len(read_attendance(campus.book.path, MEETING).ticks) == 1

    # A pupil is fetched: tile, tab, slip.
    page.goto(campus.gate_url)
    page.get_by_role("link", name="离校").click()
    page.get_by_role("link", name="学生").click()
    page.get_by_role("button", name="小红").click()
    expect(page.get_by_role("status")).to_contain_text("学生已登记离校")

    # The fire drill.
    page.goto(campus.gate_url)
    page.get_by_role("link", name="在校名单").click()
    page.get_by_role("button", name="演练点名").click()
    for left in (3, 2, 1):  # a teacher, a parent, a visitor
        expect(page.locator(".people button")).to_have_count(left)
        page.locator(".people button").first.click()
    expect(page.locator("#calling")).to_contain_text("全部找到")
    page.get_by_role("button", name="结束点名").click()
    expect(page.get_by_role("button", name="结束点名")).to_have_count(0)
    assert [len(call.people) for call in read_roll_calls(campus.book.path)] == [3]

    # The shift ends: both sign.
    page.goto(campus.gate_url + "duty/today")
    page.get_by_role("link", name="交接班").click()
    following = page.get_by_role("button", name="下一步")
    expect(following).to_be_visible()
    page.locator("#note").fill("钥匙在抽屉")
    following.click()
    page.locator("label", has_text="在，马上签").click()
    for digit in PINS["王师傅"]:
        page.locator("[data-keypad=from_pin]").get_by_role("button", name=digit, exact=True).click()
    following.click()
    page.locator("label", has_text="李师傅").click()
    for digit in PINS["李师傅"]:
        page.locator("[data-keypad=to_pin]").get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="签好").click()
    expect(page.get_by_text("王师傅 → 李师傅")).to_be_visible()
    (signed,) = read_handovers(campus.book.path)
    assert (signed.from_signed, signed.note) == (True, "钥匙在抽屉")


@pytest.mark.parametrize("page", [PORTRAIT], indirect=True)
def test_a_known_visitor_is_asked_what_holds_now_before_the_last_step(page: Page, campus: School) -> None:
    visit = inside_now(campus.book.path)[0]
    campus.book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="王师傅")
    campus.orders.hours.lay_down({DayKind.SCHOOL_DAY: [OpenSpan(420, 540)]}, stay_minutes=60, by="王校长")
    campus.orders.policies.switch_on(
        policy_id=new_id(),
        kind=PolicyKind.TEMPERATURE,
        begins_utc_ns=TEN,
        until_utc_ns=TEN + HOUR,
        by="王",
        note="通知",
    )
    page.goto(campus.gate_url)
    expect(page.locator("#next")).to_contain_text("现在不在开放时间")
    page.get_by_role("link", name="来访").first.click()
    page.get_by_role("link", name="张三").click()
    following = page.get_by_role("button", name="下一步")
    expect(following).to_be_visible()  # before its styles a field counts as visible, and is hidden while it is typed in
    expect(page.locator("#temperature")).to_be_focused()
    page.locator("#temperature").fill("36.5")
    page.locator("label", has_text="赵校长").click()
    page.locator("#approved_reason").fill("送药")
    following.click()
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_role("status")).to_contain_text("已登记进校")


def test_a_phone_on_the_round_needs_no_more_than_a_pin_and_a_touch(browser: Browser, campus: School) -> None:
    from gate.patrol import read_points

    context = browser.new_context(viewport={"width": 390, "height": 780})
    phone = context.new_page()
    watch = watched(phone, campus.gate_url)
    phone.goto(f"{campus.gate_url}patrol/{read_points(campus.orders.path)[0].code}")
    phone.locator("#person").select_option(label="王师傅")
    phone.locator("#pin").fill(PINS["王师傅"])
    phone.get_by_role("button", name="我在这里").click()
    expect(phone.locator("h1")).to_contain_text("已记录")
    picture(phone, "phone-patrol")
    assert cut_texts(phone) == []
    assert watch.errors == []
    context.close()


@pytest.mark.parametrize("page", [PORTRAIT], indirect=True)
def test_a_title_offers_who_is_meant_and_who_came_along_stands_in_the_roll_call(page: Page, campus: School) -> None:
    campus.orders.class_sizes.replace([ClassSize(class_name="一1班", pupils=42)], by="王")
    page.goto(f"{campus.gate_url.rstrip('/')}/visits/form")
    following = page.get_by_role("button", name="下一步")
    page.locator("#name").fill("孙工")
    following.click()
    page.locator("label", has_text="没带证件").click()
    expect(page.locator("#phone")).to_be_visible()  # a choice goes on by itself
    following.click()
    page.locator("#host").fill("李老师")
    page.locator("[data-host-choices] button", has_text="李芳").click()
    expect(page.locator("#host")).to_have_value("李芳")
    expect(page.locator("[data-host-choices]")).to_be_hidden()
    following.click()
    page.locator("label", has_text="送货").click()
    following.click()
    page.locator("#companion_names").fill("李四 11010519491231002X，阿依古丽·买买提")
    page.get_by_role("button", name="登记进校").click()
    expect(page.get_by_role("status")).to_contain_text("已登记进校")
    (visit,) = [one for one in inside_now(campus.book.path) if one.visitor and one.visitor.name == "孙工"]
    assert visit.visitor is not None
    assert (visit.visitor.host, visit.visitor.companions) == ("李芳", 2)
    page.goto(f"{campus.gate_url.rstrip('/')}/roll")
    roll = page.locator("#roll")
    for words in ("李四", "与 孙工 同来", "阿依古丽·买买提", "一1班", "应在校 42 人"):
        expect(roll).to_contain_text(words)
    expect(roll).not_to_contain_text("11010519491231002X")


@pytest.mark.parametrize("page", [LANDSCAPE], indirect=True)
def test_a_host_answers_on_a_phone_and_the_guard_sees_it_by_itself(
    page: Page, browser: Browser, campus: School
) -> None:
    page.goto(f"{campus.gate_url.rstrip('/')}/visits/form")
    following = page.get_by_role("button", name="下一步")
    page.locator("#name").fill("孙工")
    following.click()
    page.locator("label", has_text="没带证件").click()
    expect(page.locator("#phone")).to_be_visible()  # a choice goes on by itself
    following.click()
    page.locator("#host").fill("陈老师")
    following.click()
    page.locator("label", has_text="送货").click()
    following.click()
    page.get_by_role("button", name="问被访人").click()
    answer = page.locator("#host-answer")
    expect(answer).to_contain_text("已问 陈老师，等回答")
    picture(page, "host-asked")

    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(f"{campus.office_url}")
    phone.locator("input[name=login]").fill("teacher")
    phone.locator("input[name=password]").fill(PASSWORD)
    picture(phone, "phone-login")
    phone.locator("button[type=submit]").last.click()
    asking = phone.locator(".panel", has_text="孙工")
    expect(asking).to_be_visible()
    phone.wait_for_load_state()  # it can be seen before its styles have come
    picture(phone, "phone-host")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert cut_texts(phone) == []
    assert violations(phone) == []
    asking.get_by_role("button", name="可以", exact=True).tap()
    expect(asking).to_contain_text("陈老师 说可以")
    context.close()

    expect(answer).to_contain_text("陈老师 说可以")
    expect(page.get_by_text("没有问", exact=True)).to_be_hidden()
    picture(page, "host-answered")
    assert violations(page) == []
