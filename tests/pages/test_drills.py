"""Line tests on the office pages: due, armed, running live, filed, printed; never taken for an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from foundation.clock import NS_PER_S, ManualClock, beijing_day_start_ns
from foundation.ids import new_id
from tests.alarms.parts import request
from tests.pages.incident_office import PASSWORD, Office, serve
from tests.support.browser import watched

NOON_NS = beijing_day_start_ns(date(2026, 11, 21)) + 12 * 3_600_000_000_000


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    served = serve(tmp_path, ManualClock(now_utc_ns=NOON_NS, now_running_ns=10**13))
    yield served
    served.close()


def known_since(office: Office, days: int) -> None:
    assert office.alarms.database is not None
    with office.alarms.database.transaction() as transaction:
        for name in ("east", "west"):
            at_s = office.clock.utc_ns() // NS_PER_S - days * 86_400
            transaction.execute("INSERT INTO counter (name, value) VALUES (?, ?)", (f"known_since_s:{name}", at_s))


def drilled(office: Office) -> str:
    assert office.client("li").post("/drills/arm", data={"input": "east"}).status_code == 303
    office.clock.advance(seconds=10)
    alarm_id = office.alarms.line.press(request("east")).alarm_id
    office.reach(alarm_id, "broker_accepted", 0.011)
    office.reach(alarm_id, "center_received", 0.034)
    office.reach(alarm_id, "acknowledged", 23.4, "周某 (示范区教育局)")
    return alarm_id


def test_a_drill_goes_from_due_over_armed_to_filed_with_each_step_timed(office: Office) -> None:
    known_since(office, 80)
    client = office.client("li")
    page = client.get("/drills").text
    assert page.count("漏演") == 2
    assert "断线不可知" in page
    assert "每月到现场手按一次" in page
    drilled(office)
    page = client.get("/drills").text
    for text in ("本期已验证", "合格", "11 毫秒", "34 毫秒", "23.4 秒", "周某 (示范区教育局)", "李老师（li）"):
        assert text in page
    program = office.client("li", "application/json").get("/drills").json()
    assert [row["standing"] for row in program["plan"]] == ["done", "missed"]
    (filed,) = program["filed"]
    assert [step["after_ms"] for step in filed["steps"]] == [None, None, 0, 0, 11, 34, 23_400, None]
    one = client.get(f"/drills/{filed['id']}")
    assert one.status_code == 200
    assert "接警中心已收到" in one.text


def test_only_one_drill_is_armed_and_a_second_person_is_told_whose_it_is(office: Office) -> None:
    for _ in range(2):  # a double click
        assert office.client("li").post("/drills/arm", data={"input": "east"}).status_code == 303
    refused = office.client("zhao").post("/drills/arm", data={"input": "east"})
    assert refused.status_code == 409
    assert "李老师（li） 已给这个按钮布置了演练" in refused.text
    program = office.client("li", "application/json")
    assert len(program.get("/drills").json()["running"]) == 1


def test_who_may_not_arm_sees_the_list_and_no_button(office: Office) -> None:
    guard = office.client("wang")
    assert "布置演练</button>" not in guard.get("/drills").text
    assert guard.post("/drills/arm", data={"input": "east"}).status_code == 403
    assert office.client("li").post("/drills/arm", data={"input": "nowhere"}).status_code == 404


def test_the_sheet_names_each_input_also_those_without_a_drill(office: Office) -> None:
    known_since(office, 80)
    drilled(office)
    client = office.client("li")
    table = client.get("/drills/sheet.csv?month=2026-11").text
    assert '"东门按钮"' in table
    assert '"合格"' in table
    assert '"周某 (示范区教育局)"' in table
    assert '"西门屏幕按钮"' in table
    assert '"本期未演练"' in table
    assert client.get("/drills/sheet.pdf").content.startswith(b"%PDF")
    assert client.get("/drills/sheet.xlsx").content.startswith(b"PK")
    real = office.alarms.line.press(request("west")).alarm_id
    office.reach(real, "center_received", 0.1)
    assert "未演练，真报警已验证线路" in client.get("/drills/sheet.csv").text
    earlier = client.get("/drills/sheet.csv?month=2026-10").text
    assert "合格" not in earlier


@pytest.mark.parametrize("address", ["?month=2026-13", "?month=../..", "/sheet.csv?month=1", "/sheet.exe"])
def test_a_month_that_is_none_is_refused(office: Office, address: str) -> None:
    assert office.client("li").get(f"/drills{address}").status_code in (400, 404)


def test_a_drill_that_is_not_there_is_not_found(office: Office) -> None:
    for name in (new_id(), "nonsense"):
        assert office.client("li").get(f"/drills/{name}").status_code == 404


@pytest.mark.browser
def test_in_a_browser_a_drill_is_armed_and_its_steps_tick_without_a_reload(office: Office, browser: Browser) -> None:
    known_since(office, 10)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    watch = watched(page, office.url)
    page.goto(f"{office.url}/login?next=/drills")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.locator("#drill-plan button").first.click()
    running = page.locator("#drill-running")
    expect(running).to_contain_text("请现在按下按钮")
    expect(running.locator("[data-due-ms]")).to_contain_text("0:0")
    alarm_id = office.alarms.line.press(request("east")).alarm_id
    expect(running).to_contain_text("已按下，等待回执")
    office.reach(alarm_id, "center_received", 0.4)
    expect(page.locator("#drill-filed")).to_contain_text("400 毫秒")
    expect(running).not_to_contain_text("演练")
    assert (watch.errors, watch.outside) == ([], [])
    page.close()
