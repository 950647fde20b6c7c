"""The center's pages: what a person at the desk sees and does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from foundation.clock import NS_PER_S, SystemClock, rfc3339
from foundation.ids import new_id
from tests.center.desk_side import Desk, served
from tests.support.browser import watched
from uplink.certificate import Certificate
from uplink.messages.alarm import AlarmUpdate, DrillArmed, Purpose, UpdateKind
from uplink.session import SessionState


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Before the first account."""
    with served(tmp_path) as opened:
        yield opened


def test_names_told_by_a_school_stay_text(desk: Desk) -> None:
    hostile = "<script>alert(1)</script>"
    desk.take(desk.school.alarm(place=hostile, campus_name=hostile, address=hostile))
    desk.take(desk.school.point(name=hostile))
    desk.take(desk.school.heartbeat())
    for path in ("/", "/campuses", "/refused"):
        page = desk.get(path)
        assert page.status_code == 200
        assert hostile not in page.text
    assert "&lt;script&gt;" in desk.get("/").text


def test_the_schools_name_is_the_registers_not_the_messages(desk: Desk) -> None:
    desk.take(desk.school.alarm(campus_name="别的学校"))
    assert "第一小学" in desk.get("/").text
    assert "别的学校" not in desk.get("/").text


def test_an_acknowledgement_needs_a_name(desk: Desk) -> None:
    alarm = desk.school.alarm()
    desk.take(alarm)
    for name in ("", " 李 ", "长" * 41):
        asked_again = desk.acknowledge(alarm.alarm_id, name)
        assert asked_again.headers["location"].endswith("wrong=person")
    assert "等待人工确认" in desk.get("/").text
    desk.acknowledge(alarm.alarm_id, " 李  警官\0 ")
    assert "李 警官" in desk.get(f"/?alarm={alarm.alarm_id}").text


def test_another_sites_page_cannot_acknowledge(desk: Desk) -> None:
    alarm = desk.school.alarm()
    desk.take(alarm)
    assert desk.acknowledge(alarm.alarm_id, "李警官", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert "等待人工确认" in desk.get("/").text


def test_an_alarm_that_is_not_there_is_said_in_words(desk: Desk) -> None:
    assert desk.acknowledge(new_id(), "李警官").status_code == 404
    for wrong in (new_id(), "%27%20OR%201=1", "x" * 2000):
        page = desk.get(f"/?alarm={wrong}")
        assert page.status_code == 404
        assert "没有这条警情" in page.text


def test_a_desk_cut_off_from_every_broker_does_not_look_calm(desk: Desk) -> None:
    assert "没有等待确认的警情" in desk.get("/").text
    desk.session.state = SessionState(
        connected=False, protocol=None, since_running_ns=0, last_error="refused", connections=1
    )
    assert "没有等待确认的警情" not in desk.get("/").text
    assert "与消息服务器断开" in desk.get("/").text


@pytest.mark.parametrize(("days", "words"), [(9, "证书还有 9 天到期"), (-1, "证书已过期")])
def test_a_lines_certificate_that_ends_is_told_on_every_page(desk: Desk, days: int, words: str) -> None:
    ends_utc_ns = SystemClock().utc_ns() + round((days + 0.5) * 86_400) * NS_PER_S
    desk.ending["primary"] = Certificate("center.crt", ends_utc_ns)
    for path in ("/", "/campuses", "/refused"):
        assert words in desk.get(path).text
    assert desk.get("/api/status").json()["brokers"][0]["certificate_days_left"] == days


def test_the_desk_sees_the_points_near_the_button_and_who_pressed_it(desk: Desk) -> None:
    desk.take(desk.school.point("gate-east"))
    desk.take(desk.school.alarm(nearest_points=("gate-east", "corridor-1f"), pressed_by="王师傅"))
    shown = desk.get("/").text.split("附近点位", 1)[1]
    assert "东门" in shown
    assert "corridor-1f" in shown, "a point that the school has not told of yet is shown by its id"
    assert "王师傅" in desk.get("/").text
    (told,) = desk.get("/api/status").json()["alarms"]
    assert (told["nearest_points"], told["pressed_by"]) == (["gate-east", "corridor-1f"], "王师傅")


def test_a_silent_alarm_says_not_to_call_back(desk: Desk) -> None:
    desk.take(desk.school.alarm(silent=True))
    assert "静默报警：不要回拨学校电话" in desk.get("/").text


def test_status_as_json_tells_receipt_times_and_points(desk: Desk) -> None:
    desk.take(desk.school.heartbeat())
    desk.take(desk.school.point())
    alarm = desk.school.alarm()
    desk.take(alarm)
    status = desk.get("/api/status").json()
    (shown,) = status["alarms"]
    assert shown["id"] == alarm.alarm_id
    assert shown["received_at"].endswith("Z")
    assert shown["receipted_at"] is None
    (campus,) = status["campuses"]
    assert (campus["state"], campus["points"][0]["state"]) == ("ok", "ok")


@pytest.mark.browser
def test_a_calm_desk_opens_an_alarm_by_itself_and_a_person_confirms_it(desk: Desk, browser: Browser) -> None:
    page = browser.new_page()
    watch = watched(page, desk.server.url)
    page.goto(desk.server.url)
    expect(page.get_by_text("没有等待确认的警情")).to_be_visible()
    desk.take(desk.school.alarm())
    expect(page.get_by_role("heading", name="第一小学").first).to_be_visible()
    page.get_by_label("确认人姓名").fill("李警官")
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_text("人工已确认")).to_be_visible()
    page.get_by_label("已处置").check()
    expect(page.get_by_label("结案人姓名")).to_have_value("李警官")
    page.get_by_label("处置情况").fill("到场处置")
    page.get_by_role("button", name="结案").click()
    expect(page.get_by_role("cell", name="到场处置")).to_be_visible()
    assert (watch.errors, watch.outside) == ([], [])
    page.close()


@pytest.mark.browser
def test_a_half_typed_name_survives_the_pages_renewal(desk: Desk, browser: Browser) -> None:
    desk.take(desk.school.alarm())
    page = browser.new_page()
    page.goto(desk.server.url)
    page.get_by_label("确认人姓名").fill("李警")
    second = desk.school.alarm(place="操场")
    desk.take(second)
    expect(page.get_by_text("操场")).to_be_visible()
    expect(page.get_by_label("确认人姓名")).to_have_value("李警")
    expect(page.locator("h1 + .place")).to_contain_text("东门门卫室")
    page.close()


@pytest.mark.browser
def test_when_a_colleague_confirms_the_button_goes_and_comes_back_when_the_guard_was_forced(
    desk: Desk, browser: Browser
) -> None:
    first, second = desk.school.alarm(), desk.school.alarm(place="操场")
    desk.take(first)
    desk.take(second)
    page = browser.new_page()
    page.goto(desk.server.url)
    expect(page.locator("h1 + .place")).to_contain_text("东门门卫室")
    desk.acknowledge(first.alarm_id, "赵警官")
    expect(page.get_by_text("人工已确认")).to_be_visible()
    expect(page.locator("h1 + .place")).to_contain_text("东门门卫室")
    expect(page.get_by_role("button", name="确认", exact=True)).to_have_count(0)
    forced = AlarmUpdate(
        campus=first.campus, alarm_id=first.alarm_id, update=UpdateKind.DURESS,
        at=rfc3339(desk.school.clock.utc_ns()),
    )  # fmt: skip
    desk.take(forced)
    expect(page.get_by_role("button", name="确认", exact=True)).to_be_visible()
    expect(page.locator("h1 + .place")).to_contain_text("东门门卫室")
    expect(page.locator("#alarm")).to_contain_text("胁迫报警")
    page.close()


@pytest.mark.browser
def test_an_announced_drill_does_not_take_the_screen(desk: Desk, browser: Browser) -> None:
    now = desk.school.clock.utc_ns()
    armed = DrillArmed(
        campus=desk.school.campus,
        drill_id=new_id(),
        input="gate-east",
        person="王老师",
        armed_at=rfc3339(now),
        until=rfc3339(now + 60 * NS_PER_S),
    )
    page = browser.new_page()
    page.goto(desk.server.url)
    desk.take(armed)
    desk.take(desk.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id))
    expect(page.locator("#queue").get_by_text("演练").first).to_be_visible()
    expect(page.get_by_text("没有等待确认的警情")).to_be_visible()
    assert page.locator("#history").count() == 0
    page.close()
