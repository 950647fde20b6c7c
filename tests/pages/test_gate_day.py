"""A whole day of a gate in a real browser, touched with a finger: every act has its number of touches, every page that
is met is judged, and the pictures that README shows are left behind:

    CAMPUS_SCREENS=docs/screens pytest tests/pages/test_gate_day.py
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.gate import fill, person
from foundation.clock import NS_PER_S, ManualClock
from foundation.ids import new_id
from gate.expected import Guest
from gate.handover import read_handovers
from gate.meeting import read_attendance
from gate.query import inside_now
from gate.roll_call import read_roll_calls
from gate.staff import staff_inside
from gate.vehicle_book import vehicles_inside, vehicles_to_write_up
from tests.pages.conftest import Pictures
from tests.pages.gate_day import DAY_NS, KNOWN, MEETING, MINUTE, SCREENS, Day, at, lay_down
from tests.pages.school_gate import PINS, School, school
from tests.support.browser import watched
from tests.support.fingers import count_in, needed_s
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

_SAME_CLOCK = "constructor(...given) { super(...(given.length ? given : [ms])); } static now() { return ms; }"
"""A press is shown at once with the screen's own time; in the test's day that is the box's."""
PAST = 500
"""Visits that the gate book knows already."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, accounts: Path) -> Path:
    """A state directory with accounts and a book of many who came and went; made once, since it takes long."""
    folder = tmp_path_factory.mktemp("before")
    shutil.copy(accounts, folder)
    fill(folder / "gate.sqlite", PAST, ManualClock(now_utc_ns=at(6, 50) - 4 * DAY_NS))
    return folder


@pytest.fixture
def campus(tmp_path: Path, before: Path) -> Iterator[School]:
    """Monday before seven: visitors of other days are known, the office has laid the day down."""
    shutil.copytree(before, tmp_path, dirs_exist_ok=True)
    with school(tmp_path, at(6, 50) - 3 * DAY_NS) as served:
        for visitor in KNOWN:
            visit = served.book.sign_in(visit_id=new_id(), gate_id="east", guard="李师傅", visitor=visitor)
            served.clock.advance(seconds=20 * MINUTE)
            served.book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="李师傅")
        served.clock.advance(seconds=(at(6, 50) - served.clock.utc_ns()) / NS_PER_S)
        lay_down(served)
        yield served


@pytest.fixture(params=list(SCREENS), ids=["1280x800", "800x1280"])
def day(request: pytest.FixtureRequest, browser: Browser, campus: School, pictures: Pictures) -> Iterator[Day]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
    count_in(context)
    page = context.new_page()
    watch = watched(page, campus.gate_url)
    yield Day(page, campus, pictures, wide=width > height)
    assert watch.outside == [], "a request left the box"
    assert watch.errors == [], "the page broke its own content policy or its scripts failed"
    context.close()


def test_a_whole_day_at_the_gate(day: Day) -> None:
    begin_of_duty(day)
    visitors_come(day)
    vehicles_come(day)
    expected_come(day)
    pupils_and_staff(day)
    not_everybody_is_let_in(day)
    everybody_is_counted(day)
    the_alarm_was_none(day)
    end_of_duty(day)
    assert day.faults == [], "\n".join(day.faults)


def begin_of_duty(day: Day) -> None:
    page = day.page
    day.to(6, 50)
    with day.touches(9):  # three and six digits
        day.link("未签到")
        day.sound("duty", "谁来值班")
        day.link("李师傅")
        day.sound("duty-pin", "6 位口令")
        day.keys("pin", PINS["李师傅"])
        day.button("签到")
        expect(page.locator("#top-state")).to_contain_text("值班 李师傅")
    day.to(7, 0)
    day.hand_over("李师傅", "王师傅")
    assert [(one.from_name, one.to_name) for one in read_handovers(day.campus.book.path)] == [("李师傅", "王师傅")]
    day.to(7, 20)
    page.goto(day.campus.gate_url + "duty/today")
    day.sound("duty-today", "护学岗")
    with day.touches(1):
        day.button("到岗")
        day.says("已到岗")


def visitors_come(day: Day) -> None:
    page = day.page
    day.to(7, 30)
    with day.touches(3):  # somebody who came before, without a keyboard
        day.link("来访")
        day.sound("who", "谁来了")
        day.link("吴秀英")
        day.sound("visitor-last-step", "吴秀英")
        day.button("登记进校")
        day.sound("visitor-in", "已登记进校")
    of_many = person(33)
    for minute, typed, name in [(33, of_many.phone[-4:], of_many.name), (35, "F3390", "周建国")]:
        day.to(7, minute)
        with day.touches(2):  # the last four digits of the telephone, or a plate, from the first page
            day.typed(typed)
            day.link(name)
            day.button("登记进校")
            day.says("已登记进校")
    with day.touches(1):
        day.button("撤销")
        day.sound("visitor-undone", "已撤销登记")
    day.to(7, 36)
    day.link("来访")
    with day.touches(3):  # initials on the screen's own letters
        day.keys("q", "QW")
        expect(page.locator(".person b").first).to_have_text("钱文静")
        day.sound("who-initials", "钱文静")
        day.link("钱文静")
    day.to(7, 38)
    with day.touches(6):  # somebody new: what is typed needs no touch
        day.link("来访")
        day.link("第一次来")
        expect(page.locator("#name")).to_be_focused()
        day.typed("冯国强")
        day.sound("visitor-document", "看了哪种证件")
        day.label("身份证")
        expect(page.locator("#document_number")).to_be_focused()
        page.keyboard.type("110105194912310")
        day.sound("visitor-step", "证件号码")
        day.typed("02X")
        day.typed("")
        day.typed("孙丽华")
        day.sound("visitor-reason", "来做什么")
        day.label("办事")
        day.button("下一步")
        day.sound("visitor-summary", "冯国强")
        day.button("登记进校")
        day.says("冯国强")
        assert needed_s(page, characters=len("冯国强孙丽华")) <= 30
    day.link("打印胸牌")
    day.sound("badge", "请交还")
    day.printed(".badge-card", "冯国强")
    assert len(inside_now(day.campus.book.path)) == 3


def vehicles_come(day: Day) -> None:
    day.to(7, 40)
    with day.touches(1):
        day.button("应急车放行")
        day.sound("vehicle-passed", "应急车已放行")
    day.to(7, 45)
    with day.touches(11):  # seven of them the plate
        day.link("车辆")
        day.sound("vehicles", "来过的车")
        day.link("新登记")
        day.label("送货车")
        expect(day.page.locator("#plate")).to_be_visible()
        day.sound("vehicle-provinces", "车牌号")
        day.keys("plate", "京")
        day.sound("vehicle-plate", "车牌号")
        day.keys("plate", "AF3390")
        for words in ("", "周建国", ""):
            day.typed(words)
        day.button("登记进校")
        day.sound("vehicle-in", "京AF3390")
    assert len(vehicles_inside(day.campus.book.path)) == 2
    assert len(vehicles_to_write_up(day.campus.book.path)) == 1


def expected_come(day: Day) -> None:
    orders = day.campus.orders
    guest = Guest(name="陈思源", host="李芳", reason="办事", organisation="区教研室")
    day.to(8, 0)
    code = orders.expected.invite(
        expected_id=new_id(), guest=guest, begins_utc_ns=at(8, 0), until_utc_ns=at(9, 0), by_person="c", by="李芳"
    )
    page = day.page
    page.goto(day.campus.gate_url + "expected")
    day.sound("expected", "陈思源")
    day.to(8, 1)
    with day.touches(1):
        day.typed(code)
        day.sound("expected-step", "李芳 已预约确认")
        day.button("登记进校")
        day.says("已登记进校")
    day.to(8, 50)
    with day.touches(4):
        day.link("家长会")
        for name in ("何雨桐", "罗子轩", "梁思远"):
            day.touch(page.locator("#names button", has_text=name).first)
            expect(page.get_by_role("status")).to_contain_text(f"{name}家长 已签到")
    day.sound("meeting", "梁思远家长 已签到")
    assert len(read_attendance(day.campus.book.path, MEETING).ticks) == 3


def pupils_and_staff(day: Day) -> None:
    day.to(9, 5)
    with day.touches(3):
        day.link("离校")
        day.sound("leave", "谁要离校")
        day.link("学生")
        day.sound("pupils", "今天的请假条")
        day.button("小红")
        day.sound("pupil-out", "学生已登记离校")
    day.page.goto(day.campus.gate_url + "pupils/without")
    day.sound("pupil-without", "没有请假条")
    day.to(9, 10)
    with day.touches(4):
        day.link("教职工进出")
        for name in ("李芳", "王强", "欧阳志远"):
            day.button(name)
            expect(day.page.get_by_role("status")).to_contain_text(f"{name} 已进校")
    day.sound("staff", "欧阳志远 已进校")
    assert len(staff_inside(day.campus.book.path)) == 3


def not_everybody_is_let_in(day: Day) -> None:
    page, line = day.page, day.campus.line
    day.to(9, 20)
    with day.touches(3):
        day.link("来访")
        day.link("不让进")
        day.sound("refuse", "为什么不让进")
        day.button("不出示证件")
        day.sound("refused", "已登记拒绝入校")
    day.to(9, 25)
    page.goto(day.campus.gate_url + "visits/form")
    page.locator("#name").fill("张三")
    expect(page.locator("[data-watch]")).to_have_text("核对?")
    day.sound("watch-mark", "核对?")
    assert "滋事" not in page.locator("body").inner_text(), "read over the counter the screen says nothing"
    with day.touches(2):
        day.touch(page.locator("[data-watch]"))
        day.sound("watch-check", "曾在校门口滋事")
        day.button("告诉值班室")
    expect(page.locator("#silent-mark")).to_be_visible()
    wait_until(lambda: [input_id for _, input_id, _ in line.presses] == ["gate-east-silent"])
    expect(page.locator("#alarm-overlay")).to_be_hidden()


def everybody_is_counted(day: Day) -> None:
    page, book = day.page, day.campus.book
    day.to(9, 30)
    expect(page.locator("#next")).to_contain_text("4 人超时未离校")
    day.sound("idle", "4 人超时未离校")
    with day.touches(1):
        day.link("4 人超时未离校")
        expect(page.get_by_text("超时", exact=True)).to_have_count(4)
    day.sound("roll", "疏散点名")
    day.printed("#roll", "吴秀英", "欧阳志远", "何雨桐家长", "京AF3390")
    day.to(9, 40)
    with day.touches(2):
        day.link("在校名单")
        day.button("演练点名")
        people = page.locator(".people button")
        everybody = 4 + 3 + 3 + 2  # visitors, staff, parents, vehicles
        expect(people).to_have_count(everybody)
    with day.touches(everybody + 1):
        for left in range(everybody - 1, -1, -1):
            day.campus.clock.advance(seconds=7)
            day.touch(people.first)
            expect(people).to_have_count(left)
            if left == everybody // 2:
                day.sound("roll-call", "已找到 6 / 12")
        day.says("全部找到")
        day.button("结束点名")
        expect(page.get_by_role("button", name="结束点名")).to_have_count(0)
    day.sound("roll-call-over", "全部找到")
    assert [len(call.people) for call in read_roll_calls(book.path)] == [everybody]
    day.to(9, 50)
    with day.touches(0):
        day.typed(book.badge_code(inside_now(book.path)[0]))
        day.sound("visitor-out", "已登记离校")


def the_alarm_was_none(day: Day) -> None:
    page, line = day.page, day.campus.line
    page.add_init_script(f"const ms = {at(15, 0) / 1e6}; Date = class extends Date {{ {_SAME_CLOCK} }}")
    day.to(15, 0)
    with day.touches(1):
        day.touch(page.locator("#alarm"))
        expect(page.locator("[data-step=stored_utc].reached")).to_be_visible()
    for step in ("sent", "received"):
        line.take(step)
        expect(page.locator(f"[data-step={step}_utc].reached")).to_be_visible()
    day.sound("alarm", "接警中心已收到")
    line.take("acknowledged")
    expect(page.locator("[data-step=acknowledged_utc].reached")).to_be_visible()
    with day.touches(9):  # three and six digits
        day.link("误报")
        day.sound("false-why", "为什么是误报")
        day.button("学生误按")
        day.sound("false-pin", "6 位口令")
        day.keys("pin", PINS["王师傅"])
        day.button("确认误报")
        day.sound("false-told", "已告知接警中心是误报")
    assert [(person, reason) for _, person, reason, _ in line.called_off] == [("王师傅", "学生误按")]


def end_of_duty(day: Day) -> None:
    day.to(17, 50)
    day.hand_over("王师傅", "李师傅", look="handover")
    handover = read_handovers(day.campus.book.path)[0]
    assert handover.from_signed
    assert any("超时" in line for line in handover.lines)
    assert any("先放行的车" in line for line in handover.lines)
    day.sound("handover-signed", "王师傅 → 李师傅")
