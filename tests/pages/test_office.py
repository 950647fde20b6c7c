"""The office's one screen: five answers, what needs a person, the rows behind; and the same as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status.answers import five_answers
from edge_agent.pages.status.model import (
    AlarmStatus,
    BlindSpotStatus,
    CampusStatus,
    CenterStatus,
    CoverageStatus,
    DeviceStatus,
    FindingStatus,
    PointStatus,
    RetentionStatus,
    RoleStatus,
    ZoneStatus,
)
from edge_agent.role import Role
from foundation.clock import SystemClock
from tests.support.browser import watched
from web.duty import Duty
from web.language import Language, catalogue
from web.people import NewPerson, PeopleBook
from web.server import PageServer
from web.signs import State

S = 1_000_000_000
CHINESE = catalogue(Language.CHINESE, ("web",))
HOSTILE = "<img src=x onerror=alert(1)>"
_NEVER_STALE = "window.setInterval = () => 0"
"""A page that hears no beat for 2.4 s says so in a line of its own, for which there is no room on a full screen."""


def good_status(now: int) -> CampusStatus:
    now -= now % 1_000  # JSON carries microseconds
    return CampusStatus(
        campus_id="demo-school",
        campus_name="示范小学",
        taken_at_utc_ns=now,
        devices=(
            DeviceStatus(
                id="cam-gate", name="东门枪机", state=State.OK, checked_utc_ns=now - 4 * S, clock_offset_s=-0.2
            ),
        ),
        points=(
            PointStatus(
                id="gate-east",
                name="东门",
                device_id="cam-gate",
                recording=State.OK,
                last_fragment_utc_ns=now - 2 * S,
                bit_per_s=1.9e6,
                health=State.OK,
            ),
        ),
        retention=(
            RetentionStatus(point_id="gate-east", point_name="东门", verdict="met", keep_days=90, kept_days=91.0),
        ),
        coverage=CoverageStatus(
            state=State.OK,
            computed_utc_ns=now - 60 * S,
            zones=(ZoneStatus(id="z", name="校门口", kind="gate", seen_share=1.0),),
        ),
        center=CenterStatus(name="接警中心", state=State.OK, heard_utc_ns=now - 3 * S),
    )


@dataclass(slots=True)
class Office:
    """A served office whose status the test sets."""

    server: PageServer
    status: CampusStatus
    people: PeopleBook


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = SystemClock()
    held: list[Office] = []
    people = PeopleBook(tmp_path / "people.sqlite", clock)
    app = office_app(OfficeDeps(clock=clock, campus_name="示范小学", status=lambda: held[0].status, people=people))
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    held.append(Office(server, good_status(clock.utc_ns()), people))
    server.start()
    yield held[0]
    server.close()
    people.close()


def states(status: CampusStatus) -> dict[str, State]:
    return {answer.id: answer.state for answer in five_answers(status, CHINESE)}


def test_all_is_well_only_when_each_answer_was_measured() -> None:
    now = SystemClock().utc_ns()
    good = good_status(now)
    assert set(states(good).values()) == {State.OK}
    empty = CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=now)
    assert set(states(empty).values()) == {State.UNKNOWN}


def test_one_bad_point_one_short_retention_one_unread_clock_are_each_seen() -> None:
    good = good_status(SystemClock().utc_ns())
    bad_point = good.points[0].model_copy(update={"recording": State.FAILING})
    assert states(good.model_copy(update={"points": (*good.points, bad_point)}))["recording"] is State.FAILING
    short = good.retention[0].model_copy(update={"verdict": "violated"})
    assert states(good.model_copy(update={"retention": (short,)}))["retention"] is State.FAILING
    unread = good.devices[0].model_copy(update={"clock_offset_s": None})
    assert states(good.model_copy(update={"devices": (*good.devices, unread)}))["clock"] is State.UNKNOWN


def test_one_finding_about_many_clocks_is_seen_at_each_of_them() -> None:
    good = good_status(SystemClock().utc_ns())
    finding = FindingStatus(
        id="f",
        role="inspector",
        subject="campus:x",
        subject_name="x",
        kind="camera.clocks_wrong_together",
        state=State.ATTENTION,
        since_utc_ns=good.taken_at_utc_ns,
        evidence={"devices": f"another, {good.devices[0].id}"},
    )
    assert states(good.model_copy(update={"findings": (finding,)}))["clock"] is State.ATTENTION


def test_an_alarm_without_a_receipt_outweighs_a_connected_center() -> None:
    now = SystemClock().utc_ns()
    alarm = AlarmStatus(id="a", input_id="x", input_name="x", place="x", drill=False, pressed_utc_ns=now - 20 * S)
    assert states(good_status(now).model_copy(update={"alarms": (alarm,)}))["alarm"] is State.FAILING
    fresh = alarm.model_copy(update={"pressed_utc_ns": now - 5 * S})
    assert states(good_status(now).model_copy(update={"alarms": (fresh,)}))["alarm"] is State.OK


def test_the_json_says_the_same_as_the_page(office: Office) -> None:
    body = httpx.get(office.server.url + "api/status", trust_env=False).text
    assert CampusStatus.model_validate_json(body) == office.status


@pytest.mark.browser
def test_the_page_shows_all_and_follows_what_changes(browser: Browser, office: Office) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    watch = watched(page, office.server.url)
    page.goto(office.server.url)
    expect(page.locator(".answer .sign.ok")).to_have_count(5)
    expect(page.get_by_text("没有未处理的异常")).to_be_visible()
    now = office.status.taken_at_utc_ns
    office.status = office.status.model_copy(
        update={
            "coverage": CoverageStatus(
                state=State.ATTENTION,
                computed_utc_ns=now,
                blind_spots=(BlindSpotStatus(zone_id="z", zone_name="校门口", area_m2=12, x_m=1, y_m=2),),
            ),
            "findings": (
                FindingStatus(
                    id="f",
                    role="inspector",
                    subject="device:cam-gate",
                    subject_name=HOSTILE,
                    kind="camera.unreachable",
                    state=State.FAILING,
                    since_utc_ns=now - 60 * S,
                    evidence={"error": HOSTILE},
                ),
            ),
        }
    )
    expect(page.get_by_text("连不上设备")).to_be_visible()
    expect(page.locator("#findings b").first).to_have_text(HOSTILE)
    page.locator("a.answer", has_text="覆盖").click()
    expect(page.locator("#coverage").get_by_text("12 m²")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("The device cannot be reached")).to_be_visible()
    assert watch.errors == []
    assert watch.outside == []
    page.close()


@pytest.mark.browser
def test_a_healthy_day_is_one_screen_and_each_answer_opens_its_rows(browser: Browser, office: Office) -> None:
    roles = tuple(RoleStatus(name=role, state=State.OK) for role in Role)
    office.status = office.status.model_copy(update={"roles": roles})
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(_NEVER_STALE)
    page.goto(office.server.url)
    expect(page.locator(".answer .sign.ok")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    expect(page.locator("#roles")).to_have_text(re.compile("门卫与报警.*录像.*摄像机巡检.*值班室页面", re.DOTALL))
    expect(page.get_by_role("table")).to_have_count(0)
    page.get_by_role("link", name="存储").click()
    expect(page.locator("#retention").get_by_text("91.0 / 90 天")).to_be_visible()
    page.close()


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────
SECRET = "correct horse battery"


@pytest.fixture
def staffed(office: Office) -> Office:
    office.people.add(
        [
            NewPerson(login="wang", name="王校长", duty=Duty.LEADER, password=SECRET),
            NewPerson(login="tech", name="赵技术", duty=Duty.TECHNICIAN, password=SECRET),
        ],
        by="command line",
    )
    return office


@contextmanager
def logged_in(office: Office, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.server.url, headers={"accept": "text/html"}, trust_env=False) as client:
        assert client.post("/login", data={"login": login, "password": SECRET}).status_code == 303
        yield client


def test_once_there_are_accounts_nobody_sees_anything_without_one(staffed: Office) -> None:
    with httpx.Client(base_url=staffed.server.url, trust_env=False) as stranger:
        page = stranger.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=/")
        for path in ["/api/status", "/api/live", "/people"]:
            assert stranger.get(path).status_code == 401
        assert stranger.post("/people", data={"login": "x", "name": "x", "duty": "leader"}).status_code == 401
    assert len(staffed.people.people()) == 2


def test_before_the_first_account_only_a_browser_on_the_box_may_look(office: Office) -> None:
    assert httpx.get(office.server.url, trust_env=False).status_code == 200
    from_afar = httpx.get(office.server.url + "api/status", headers={"host": "192.168.1.5:8081"}, trust_env=False)
    assert from_afar.status_code == 401
    made = httpx.post(office.server.url + "people", data={"login": "x", "name": "x", "duty": "leader"}, trust_env=False)
    assert made.status_code == 401


def test_logging_in_leads_back_and_never_to_another_site(staffed: Office) -> None:
    with httpx.Client(base_url=staffed.server.url, trust_env=False) as client:
        for asked, led in [
            ("/people?a=1", "/people?a=1"),
            ("//evil.example/x", "/x"),
            ("https://evil.example/", "/"),
            ("/\\evil.example", "/evil.example"),
            ("/logout", "/"),
            ("javascript:alert(1)", "/alert(1)"),
        ]:
            answer = client.post("/login", data={"login": "wang", "password": SECRET, "next": asked})
            assert answer.headers["location"] == led
            assert not answer.headers["location"].startswith("//")
            assert "HttpOnly" in answer.headers["set-cookie"]
            assert "SameSite=Strict" in answer.headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_login_are_told_alike(staffed: Office) -> None:
    texts = set()
    for login in ("wang", "nobody"):
        answer = httpx.post(
            staffed.server.url + "login",
            data={"login": login, "password": "wrong guess 1"},
            headers={"accept": "text/html"},
            trust_env=False,
        )
        assert answer.status_code == 401
        texts.add(re.search(r'role="alert">([^<]*账号[^<]*)<', answer.text)[1])  # type: ignore[index]
    assert len(texts) == 1


def test_a_technician_sees_no_visitors_and_no_accounts(staffed: Office) -> None:
    with logged_in(staffed, "tech") as client:
        assert client.get("/people").status_code == 403
        assert client.post("/people", data={"login": "x", "name": "x", "duty": "leader"}).status_code == 403
        assert 'id="visits"' not in client.get("/").text
    with logged_in(staffed, "wang") as client:
        assert 'id="visits"' in client.get("/").text


def test_a_leader_makes_and_ends_accounts_but_not_the_own(staffed: Office) -> None:
    with logged_in(staffed, "wang") as client:
        made = client.post("/people", data={"login": "li", "name": HOSTILE, "duty": "guard", "password": ""})
        assert made.status_code == 303
        assert HOSTILE not in client.get("/people").text
        by_login = {person.login: person for person in staffed.people.people()}
        assert client.post(f"/people/{by_login['li'].id}/pin", data={"pin": "123456"}).status_code == 422
        assert client.post(f"/people/{by_login['li'].id}/pin", data={"pin": "739104"}).status_code == 303
        assert client.post(f"/people/{by_login['wang'].id}/end").status_code == 409
        assert client.post(f"/people/{by_login['tech'].id}/end").status_code == 303
        again = client.post("/people", data={"login": "LI", "name": "x", "duty": "guard"})
        assert again.status_code == 422
        assert "已经有人用了" in again.text
    assert {person.login: person.ended for person in staffed.people.people()} == {
        "wang": False,
        "li": False,
        "tech": True,
    }


def test_changing_the_password_asks_for_the_old_one_and_ends_the_session(staffed: Office) -> None:
    with logged_in(staffed, "wang") as client:
        new = {"new": "another long secret", "again": "another long secret"}
        assert client.post("/password", data={"old": "wrong guess", **new}).status_code == 422
        assert client.post("/password", data={"old": SECRET, **new}).status_code == 303
        assert client.get("/").status_code == 303
        assert client.post("/login", data={"login": "wang", "password": SECRET}).status_code == 401
        assert client.post("/login", data={"login": "wang", "password": "another long secret"}).status_code == 303


def test_logging_out_ends_the_session_on_the_box_too(staffed: Office) -> None:
    with logged_in(staffed, "wang") as client:
        token = client.cookies["session"]
        client.post("/logout")
        client.cookies.set("session", token)
        assert client.get("/").status_code == 303


CSV = "姓名,账号,岗位\n李师傅,li,保安\n赵老师,zhao,安全干部\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_people_are_imported_from_a_spreadsheet(staffed: Office, encoding: str) -> None:
    with logged_in(staffed, "wang") as client:
        answer = client.post("/people/import", files={"file": ("人员.csv", CSV.encode(encoding))})
        assert answer.status_code == 303
    duties = {person.login: person.duty for person in staffed.people.people()}
    assert (duties["li"], duties["zhao"]) == (Duty.GUARD, Duty.SAFETY_OFFICER)


def test_a_list_with_mistakes_names_each_by_row_and_imports_nobody(staffed: Office) -> None:
    wrong = CSV + "王五,tech,保安\n孙六,sun,园丁\n,x,保安\n周七,LI,保安\n"
    with logged_in(staffed, "wang") as client:
        answer = client.post("/people/import", files={"file": ("人员.csv", wrong.encode())})
        assert answer.status_code == 422
        rows = re.findall(r'<td class="figure">(\d+)</td><td>(姓名|账号|岗位)</td>', answer.text)
        assert rows == [("5", "岗位"), ("6", "姓名")]
        mended = wrong.replace("园丁", "保安").replace("\n,x,", "\n吴八,x,")
        answer = client.post("/people/import", files={"file": ("人员.csv", mended.encode())})
        assert re.findall(r'<td class="figure">(\d+)</td>', answer.text) == ["4", "7"]
    assert len(staffed.people.people()) == 2


def test_only_a_leader_may_import(staffed: Office) -> None:
    with logged_in(staffed, "tech") as client:
        assert client.post("/people/import", files={"file": ("x.csv", CSV.encode())}).status_code == 403
    assert len(staffed.people.people()) == 2


def test_a_first_password_is_shown_once_and_logs_in(staffed: Office) -> None:
    with logged_in(staffed, "wang") as client:
        client.post("/people/import", files={"file": ("人员.csv", CSV.encode())})
        (li,) = (person for person in staffed.people.people() if person.login == "li")
        shown = client.post(f"/people/{li.id}/password")
        secret = re.search(r'<p class="secret figure">([a-z0-9-]+)</p>', shown.text)
        assert secret
        assert shown.headers["cache-control"] == "no-store"
        assert secret[1] not in client.get("/people").text
    with httpx.Client(base_url=staffed.server.url, trust_env=False) as client:
        assert client.post("/login", data={"login": "li", "password": secret[1]}).status_code == 303
