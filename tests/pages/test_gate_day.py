"""A whole day of a gate in a real browser, touched with a finger: every act has its number of touches, every page that
is met is judged, and the pictures that README shows are left behind:

    CAMPUS_SCREENS=docs/screens pytest tests/pages/test_gate_day.py
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.gate import fill, person
from foundation.clock import NS_PER_S, ManualClock
from foundation.ids import new_id
from gate.expected import Guest
from gate.handover import read_handovers
from gate.hours import DayKind, OpenSpan, moment_of
from gate.leave_slip import Fetching
from gate.meeting import NewAttendee, read_attendance
from gate.query import inside_now
from gate.roll_call import read_roll_calls
from gate.roster import NewShift, Post
from gate.staff import NewStaff, staff_inside
from gate.vehicle_book import vehicles_inside, vehicles_to_write_up
from gate.visit import Visitor
from gate.watch import Watched
from tests.pages.conftest import Pictures
from tests.pages.school_gate import PINS, School, make_accounts, school
from tests.support.browser import watched
from tests.support.fingers import count_in, needed_s, start_counting, touches
from tests.support.page_check import crowded_targets, cut_texts, small_targets, violations
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

MONDAY = date(2026, 11, 23)
MEETING = new_id()
MINUTE = 60
_DAY_NS = 86_400 * NS_PER_S
_SAME_CLOCK = "constructor(...given) { super(...(given.length ? given : [ms])); } static now() { return ms; }"
"""A press is shown at once with the screen's own time; in the test's day that is the box's."""
TARGET_PX, BETWEEN_PX = 64, 16
PAST = 5_000
"""Visits that the gate book knows already."""
SCREENS = {
    (1280, 800): ("idle", "who", "alarm", "roll-call"),
    (800, 1280): ("idle", "visitor-step", "alarm", "handover"),
}
"""What README shows, by the size of the screen."""
KNOWN = [
    Visitor(
        name="周建国", host="李芳", reason="送货", phone="13910024471", organisation="示范食品公司", plate="京AF3390"
    ),
    Visitor(name="吴秀英", host="王强", reason="家长来访", phone="13720038856"),
    Visitor(name="阿依古丽·买买提", host="赵敏", reason="家长来访", phone="15810047702"),
    Visitor(name="郑大勇", host="孙老师", reason="施工维修", phone="18610055135", organisation="示范电梯维保有限公司"),
    Visitor(name="钱文静", host="陈老师", reason="办事", phone="13610069948", organisation="区教研室"),
]  # fmt: skip


STAFF = [("李芳", "语文组"), ("王强", "数学组"), ("赵敏", "英语组"), ("孙丽华", "总务处"), ("欧阳志远", "体育组")]


def at(hour: int, minute: int) -> int:
    """A moment of the day, in UTC."""
    return moment_of(MONDAY, hour * 60 + minute)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with accounts and a book of many who came and went; made once, since it takes long."""
    folder = tmp_path_factory.mktemp("before")
    make_accounts(folder, at(0, 0))
    fill(folder / "gate.sqlite", PAST, ManualClock(now_utc_ns=at(6, 50) - 4 * _DAY_NS))
    return folder


@pytest.fixture
def campus(tmp_path: Path, before: Path) -> Iterator[School]:
    """Monday before seven: visitors of other days are known, the office has laid the day down."""
    shutil.copytree(before, tmp_path, dirs_exist_ok=True)
    with school(tmp_path, at(6, 50) - 3 * _DAY_NS) as served:
        for visitor in KNOWN:
            visit = served.book.sign_in(visit_id=new_id(), gate_id="east", guard="李师傅", visitor=visitor)
            served.clock.advance(seconds=20 * MINUTE)
            served.book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="李师傅")
        served.clock.advance(seconds=(at(6, 50) - served.clock.utc_ns()) / NS_PER_S)
        lay_down(served)
        yield served


def lay_down(served: School) -> None:
    """What the office has ready for the day."""
    orders = served.orders
    orders.hours.lay_down({DayKind.SCHOOL_DAY: [OpenSpan(7 * 60, 17 * 60 + 30)]}, stay_minutes=60, by="赵校长")
    orders.staff.replace(
        [
            NewStaff(number=name, name=name, department=department)
            for name, department in STAFF
        ],
        by="赵校长",
    )  # fmt: skip
    orders.meetings.call(
        meeting_id=MEETING, title="三年级家长会", place="礼堂", begins_utc_ns=at(9, 0), ends_utc_ns=at(10, 0),
        attendees=[
            NewAttendee(name=f"{name}家长", pupil=name, class_name=f"三{n % 4 + 1}班")
            for n, name in enumerate(["何雨桐", "罗子轩", "梁思远", "谢欣怡", "宋浩宇", "唐一诺", "许嘉琪", "韩俊熙"])
        ],
        by="赵校长",
    )  # fmt: skip
    fetching = Fetching(pupil="小红", class_name="五3班", adult="刘奶奶", relation="爷爷奶奶", reason="看牙")
    orders.slips.write(
        slip_id=new_id(), fetching=fetching, begins_utc_ns=at(9, 0), until_utc_ns=at(11, 30), by_person="c", by="陈老师"
    )
    shifts = [
        (Post.GUARD, "王师傅", at(7, 0), at(18, 0)),
        (Post.GUARD, "李师傅", at(18, 0), at(31, 0)),
        (Post.LEADER, "赵校长", at(7, 0), at(18, 0)),
        (Post.ESCORT, "孙丽华", at(7, 20), at(8, 10)),
    ]
    orders.roster.plan(
        [NewShift(post=post, name=name, begins_utc_ns=begins, ends_utc_ns=ends) for post, name, begins, ends in shifts],
        by="赵校长",
    )
    orders.watch.add([Watched(names=("章三",), reason="曾在校门口滋事", from_day=date(2020, 1, 1))], by="赵校长")


@dataclass(slots=True)
class Day:
    """One guard's finger on one screen."""

    page: Page
    campus: School
    pictures: Pictures
    wide: bool
    faults: list[str] = field(default_factory=list)
    """What was found on the pages, by page."""

    def to(self, hour: int, minute: int) -> None:
        """Time passes, and the screen rests on its first page."""
        moment = at(hour, minute)
        self.campus.clock.advance(seconds=(moment - self.campus.clock.utc_ns()) / NS_PER_S)
        self.page.goto(self.campus.gate_url)

    @contextmanager
    def touches(self, most: int) -> Iterator[None]:
        """An act, and how many touches it may need."""
        start_counting(self.page)
        yield
        self.page.wait_for_load_state()
        assert touches(self.page) <= most

    def touch(self, target: Locator) -> None:
        target.tap()

    def link(self, name: str) -> None:
        with self.page.expect_event("load"):  # nobody goes on before the page has its scripts
            self.touch(self.page.get_by_role("link", name=name).first)

    def button(self, name: str) -> None:
        self.touch(self.page.get_by_role("button", name=name).first)

    def label(self, text: str) -> None:
        self.touch(self.page.locator("label", has_text=text))

    def keys(self, target: str, digits: str) -> None:
        for digit in digits:
            self.touch(self.page.locator(f"[data-keypad={target}] button:visible").get_by_text(digit, exact=True))

    def typed(self, text: str) -> None:
        """By keyboard or scanner, with its Enter."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def says(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    def sound(self, name: str, words: str) -> None:
        """The page that says so is judged, and kept as a picture for who asks for it."""
        page = self.page
        self.says(words)
        page.wait_for_load_state()
        found = cut_texts(page) + [f"small: {one}" for one in small_targets(page, TARGET_PX)]
        found += [f"crowded: {one}" for one in crowded_targets(page, BETWEEN_PX)]
        if self.wide or name in SCREENS[800, 1280]:  # what axe judges is the same at both sizes, but for the layout
            found += violations(page)
        self.faults += [f"{name}: {one}" for one in found]
        self.pictures(page, name)
        self._screen(name)

    def _screen(self, name: str) -> None:
        size = self.page.viewport_size
        assert size is not None
        folder = os.environ.get("CAMPUS_SCREENS")
        if not folder or name not in SCREENS[size["width"], size["height"]]:
            return
        picture = Image.open(BytesIO(self.page.screenshot())).convert("RGB").quantize(64, dither=Image.Dither.NONE)
        side = "landscape" if size["width"] > size["height"] else "portrait"
        Path(folder).mkdir(parents=True, exist_ok=True)
        picture.save(Path(folder) / f"gate-{name}-{side}.png", optimize=True)


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
    hand_over(day, "李师傅", "王师傅")
    assert [(one.from_name, one.to_name) for one in read_handovers(day.campus.book.path)] == [("李师傅", "王师傅")]
    day.to(7, 20)
    page.goto(day.campus.gate_url + "duty/today")
    day.sound("duty-today", "护学岗")
    with day.touches(1):
        day.button("到岗")
        day.says("已到岗")


def hand_over(day: Day, leaving: str, coming: str, *, look: str = "") -> None:
    with day.touches(19):  # seven and twice six digits
        day.link("值班 ")
        day.link("交接班")
        if look:
            day.sound(look, "未了事项")
        day.button("下一步")
        day.label("在，马上签")
        day.keys("from_pin", PINS[leaving])
        day.button("下一步")
        day.label(coming)
        day.keys("to_pin", PINS[coming])
        day.button("签好")
        day.says(f"{leaving} → {coming}")


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
    of_many = person(303)
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
    printed(day, ".badge-card", "冯国强")
    assert len(inside_now(day.campus.book.path)) == 3


def printed(day: Day, part: str, *words: str) -> None:
    """One touch prints what is shown, without the screen's buttons and alarm."""
    page = day.page
    page.evaluate("window.print = () => { window.printed = true; }")
    with day.touches(1):
        day.button("打印")
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(page.locator("#alarm")).to_be_hidden()
    for one in words:
        expect(page.locator(part)).to_contain_text(one)
    page.emulate_media(media="screen")


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
    printed(day, "#roll", "吴秀英", "欧阳志远", "何雨桐家长", "京AF3390")
    day.to(9, 40)
    with day.touches(2):
        day.link("在校名单")
        day.button("演练点名")
        people = page.locator(".people button")
        expect(people.first).to_be_visible()
    everybody = people.count()
    assert everybody == 4 + 3 + 3 + 2  # visitors, staff, parents, vehicles
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
    hand_over(day, "王师傅", "李师傅", look="handover")
    handover = read_handovers(day.campus.book.path)[0]
    assert handover.from_signed
    assert any("超时" in line for line in handover.lines)
    assert any("先放行的车" in line for line in handover.lines)
    day.sound("handover-signed", "王师傅 → 李师傅")
