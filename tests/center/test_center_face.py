"""Every page of the center in a browser, both ways up, with an alarm and troubles: whole, readable, in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from foundation.clock import rfc3339
from tests.center.desk_side import served
from tests.support.browser import watched
from tests.support.page_check import violations
from uplink.messages.point_health import Health, Trouble
from web.duty import Duty
from web.finding_words import described_kinds, words_of
from web.language import Language, catalogue
from web.people import NewPerson
from web.scope import WHOLE

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 800, "height": 1280}
PASSWORD = "correct-horse-7-battery"
ENGLISH = catalogue(Language.ENGLISH, ("web", "center"))


def test_every_kind_of_finding_is_called_at_the_center_what_the_school_calls_it(tmp_path: Path) -> None:
    kinds = sorted(described_kinds())
    with served(tmp_path) as desk:
        now = rfc3339(desk.school.clock.utc_ns())
        for kind in kinds:
            told = desk.school.point(
                f"p-{kind.replace('.', '-').replace('_', '-')}", troubles=(Trouble(kind=kind, since=now),)
            )
            desk.take(told)
        desk.take(desk.school.point("p-new", troubles=(Trouble(kind="camera.of_another_maker", since=now),)))
        chinese, english = desk.get("/campuses").text, desk.get("/campuses?lang=en").text
    assert [kind for kind in kinds if words_of(kind).what not in chinese or kind in chinese] == []
    assert [kind for kind in kinds if ENGLISH(words_of(kind).what) not in english] == []
    assert "camera.of_another_maker" in chinese, "what has no words is shown as it came"


@pytest.mark.browser
def test_every_page_is_whole_readable_and_asks_nobody_outside(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path) as desk:
        desk.people.add(
            [NewPerson(login="ouyang", name="欧阳警官", duty=Duty.DESK, password=PASSWORD, scope=WHOLE)], by="test"
        )
        now = rfc3339(desk.school.clock.utc_ns())
        troubles = tuple(Trouble(kind=kind, since=now) for kind in ("camera.unreachable", "storage.volume_missing"))
        desk.take(desk.school.birth())
        desk.take(desk.school.heartbeat())
        desk.take(desk.school.point(name="东门人行通道与机动车道之间", camera=Health.FAILING, troubles=troubles))
        alarm = desk.school.alarm(place="东门门卫室与接待大厅之间的走廊")
        desk.take(alarm)
        desk.intake.take([desk.school.letter(desk.school.alarm(), payload=b'{"not": "signed"}')])
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        watch = watched(page, desk.server.url)
        wrong: dict[str, list[str]] = {}

        def look(path: str) -> None:
            page.set_viewport_size(WIDE)
            page.goto(desk.server.url.rstrip("/") + path, wait_until="load")
            wrong[path] = violations(page)
            for size in (WIDE, NARROW):
                page.set_viewport_size(size)
                aside = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                wrong[path] += [f"{size['width']}: sideways by {aside} px"] if aside > 0 else []
                small = page.locator("header a, header button").evaluate_all(
                    "all => all.filter((e) => e.checkVisibility() && e.offsetHeight < 40).map((e) => e.innerText)"
                )
                wrong[path] += [f"{size['width']}: a small target: {one}" for one in small]

        look("/login")
        page.get_by_label("账号").fill("ouyang")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("button", name="退出").wait_for()
        for path in (f"/?alarm={alarm.alarm_id}", "/campuses", "/refused", "/password"):
            look(path)
        page.goto(f"{desk.server.url}?alarm={alarm.alarm_id}")
        page.get_by_role("button", name="确认", exact=True).click()
        page.get_by_text("人工已确认").wait_for()
        look(f"/?alarm={alarm.alarm_id}&taken=yes")
        assert {path: found for path, found in wrong.items() if found} == {}
        assert (watch.errors, watch.outside) == ([], [])
        context.close()
