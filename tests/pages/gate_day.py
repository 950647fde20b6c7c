"""A guard's day at a gate: what the office laid down for it, and one finger on one screen that judges what it meets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from foundation.clock import NS_PER_S
from foundation.ids import new_id
from gate.hours import DayKind, OpenSpan, moment_of
from gate.leave_slip import Fetching
from gate.meeting import NewAttendee
from gate.roster import NewShift, Post
from gate.staff import NewStaff
from gate.visit import Visitor
from gate.watch import Watched
from tests.pages.conftest import Pictures
from tests.pages.school_gate import MONDAY, PINS, School
from tests.support.fingers import start_counting, touches
from tests.support.page_check import crowded_targets, cut_texts, small_targets, violations

MEETING = new_id()
MINUTE = 60
DAY_NS = 86_400 * NS_PER_S
TARGET_PX, BETWEEN_PX = 64, 16
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
        expect(self.page.locator("#q")).to_be_focused()  # what is typed now is looked for

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
        self.page.wait_for_load_state()
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

    def hand_over(self, leaving: str, coming: str, *, look: str = "") -> None:
        """Both sign; the one who leaves is on duty."""
        with self.touches(19):  # seven and twice six digits
            self.link("值班 ")
            self.link("交接班")
            if look:
                self.sound(look, "未了事项")
            self.button("下一步")
            self.label("在，马上签")
            self.keys("from_pin", PINS[leaving])
            self.button("下一步")
            self.label(coming)
            self.keys("to_pin", PINS[coming])
            self.button("签好")
            self.says(f"{leaving} → {coming}")

    def printed(self, part: str, *words: str) -> None:
        """One touch prints what is shown, without the screen's buttons and alarm."""
        page = self.page
        page.evaluate("window.print = () => { window.printed = true; }")
        with self.touches(1):
            self.button("打印")
        page.wait_for_function("window.printed")
        page.emulate_media(media="print")
        expect(page.locator("#alarm")).to_be_hidden()
        for one in words:
            expect(page.locator(part)).to_contain_text(one)
        page.emulate_media(media="screen")
