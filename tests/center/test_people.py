"""Who may see and do what at the center, and what becomes of those who may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from center import register
from foundation.clock import SystemClock
from tests.center.campus_side import School
from tests.center.desk_side import Desk, served
from tests.support.browser import watched
from uplink.messages.alarm import AlarmRaised
from web.duty import Duty
from web.people import NewPerson, Person
from web.scope import WHOLE, Scope

SECRET = "correct horse battery"
EAST = Scope(districts=frozenset({"东区"}))
WEST = Scope(districts=frozenset({"西区"}))


@dataclass(slots=True)
class City:
    """A center with accounts and a school in each of two districts."""

    desk: Desk
    west: School
    people: dict[str, Person]
    opened: list[httpx.Client] = field(default_factory=list)

    @property
    def east(self) -> School:
        """The desk's own school."""
        return self.desk.school

    def stranger(self) -> httpx.Client:
        """A browser that nobody logged in with."""
        client = httpx.Client(
            base_url=self.desk.server.url, headers={"accept": "text/html"}, follow_redirects=True, trust_env=False
        )
        self.opened.append(client)
        return client

    def logged_in(self, login: str) -> httpx.Client:
        """A person's browser."""
        client = self.stranger()
        assert client.post("/login", data={"login": login, "password": SECRET}).url.path == "/"
        return client

    def alarm(self, school: School) -> AlarmRaised:
        """Pressed at a school and taken in."""
        alarm = school.alarm(campus_name=school.name)
        self.desk.take_from(school, alarm)
        return alarm


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """One person of each duty, and a desk for each district."""
    with served(tmp_path) as desk:
        west = School(campus="school-2", name="第二小学")
        with desk.database.begin() as connection:
            for school, district in ((desk.school, "东区"), (west, "西区")):
                register.enrol(
                    connection,
                    school.clock,
                    campus_id=school.campus,
                    name=school.name,
                    public_key=school.key.public_key,
                    district=district,
                )
        added = desk.people.add(
            [
                NewPerson(login="li", name="李警官", duty=Duty.DESK, password=SECRET, scope=WHOLE),
                NewPerson(login="east", name="东警官", duty=Duty.DESK, password=SECRET, scope=EAST),
                NewPerson(login="ops", name="吴运维", duty=Duty.OPERATIONS, password=SECRET, scope=WHOLE),
                NewPerson(login="du", name="杜督查", duty=Duty.INSPECTOR, password=SECRET, scope=WEST),
                NewPerson(login="audit", name="沈审计", duty=Duty.CENTER_AUDITOR, password=SECRET, scope=WHOLE),
                NewPerson(login="none", name="无校", duty=Duty.DESK, password=SECRET),
                NewPerson(
                    login="one",
                    name="单校",
                    duty=Duty.DESK,
                    password=SECRET,
                    scope=Scope(campuses=frozenset({west.campus})),
                ),
            ],
            by="test",
        )
        built = City(desk, west, {person.login: person for person in added})
        yield built
        for client in built.opened:
            client.close()


# ── who may see what ──────────────────────────────────────────────────────────────────────────────────────────────
def test_once_there_is_an_account_nobody_sees_anything_without_it(city: City) -> None:
    city.alarm(city.east)
    for path in ("/", "/campuses", "/refused"):
        asked = city.stranger().get(path)
        assert asked.url.path == "/login"
        assert "第一小学" not in asked.text
    for path in ("/api/status", "/events"):
        assert city.stranger().get(path, headers={"accept": "application/json"}).status_code == 401


@pytest.mark.parametrize(
    ("login", "seen"),
    [
        ("li", {"school-1", "school-2"}),
        ("ops", {"school-1", "school-2"}),
        ("audit", {"school-1", "school-2"}),
        ("east", {"school-1"}),
        ("du", {"school-2"}),
        ("one", {"school-2"}),
        ("none", set()),
    ],
)
def test_each_sees_the_schools_of_the_own_scope_everywhere(city: City, login: str, seen: set[str]) -> None:
    schools = {school.campus: school for school in (city.east, city.west)}
    for school in schools.values():
        city.alarm(school)
        city.desk.take_from(school, school.point(name=f"点位 {school.campus}"))
        letter = school.letter(school.heartbeat())
        forged = School(campus=school.campus).letter(school.heartbeat())
        assert letter.topic == forged.topic
        city.desk.intake.take([forged])
    client = city.logged_in(login)
    status = client.get("/api/status").json()
    assert {campus["id"] for campus in status["campuses"]} == seen
    assert {alarm["campus"] for alarm in status["alarms"]} == seen
    assert status["refused"] == len(seen)
    pages = "".join(client.get(path).text for path in ("/", "/campuses", "/refused"))
    for campus, school in schools.items():
        told = (school.name, f"点位 {campus}", f"campus/{campus}/")
        assert [text in pages for text in told] == [campus in seen] * 3


def test_an_alarm_outside_the_scope_is_as_if_it_were_not_there(city: City) -> None:
    foreign = city.alarm(city.west)
    client = city.logged_in("east")
    page = client.get(f"/?alarm={foreign.alarm_id}")
    assert (page.status_code, "第二小学" in page.text, "没有这条警情" in page.text) == (404, False, True)
    for deed in ("acknowledge", "close"):
        done = client.post(f"/alarms/{foreign.alarm_id}/{deed}", data={"outcome": "handled"})
        assert done.status_code == 404
    (alarm,) = city.logged_in("li").get("/api/status").json()["alarms"]
    assert (alarm["acknowledged_at"], alarm["closed_at"]) == (None, None)


def test_the_version_of_a_page_does_not_tell_what_happens_outside_the_scope(city: City) -> None:
    client, all_seeing = city.logged_in("east"), city.logged_in("li")
    before, before_all = (one.get("/api/status").json()["version"] for one in (client, all_seeing))
    city.alarm(city.west)
    assert _streamed(client) == before == client.get("/api/status").json()["version"]
    assert _streamed(all_seeing) != before_all
    city.alarm(city.east)
    assert _streamed(client) != before
    assert _streamed(client) == client.get("/api/status").json()["version"]


def _streamed(client: httpx.Client) -> str:
    with client.stream("GET", "/events", headers={"accept": "text/event-stream"}) as stream:
        return str(next(_beats(stream))["version"])


def _beats(stream: httpx.Response) -> Iterator[dict[str, Any]]:
    return (json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:"))


# ── who may do what ───────────────────────────────────────────────────────────────────────────────────────────────
def test_the_name_that_a_school_is_told_is_the_accounts_whatever_is_typed(city: City) -> None:
    alarm = city.alarm(city.east)
    client = city.logged_in("east")
    assert "确认人姓名" not in client.get("/").text
    client.post(f"/alarms/{alarm.alarm_id}/acknowledge", data={"person": "假名字"})
    client.post(f"/alarms/{alarm.alarm_id}/close", data={"person": "假名字", "outcome": "handled"})
    (shown,) = client.get("/api/status").json()["alarms"]
    assert shown["acknowledged_by"] == "东警官"
    assert {event["person"] for event in shown["history"]} == {"", "东警官"}
    assert shown["closed_at"]


@pytest.mark.parametrize("login", ["ops", "du", "audit"])
def test_only_a_desk_officer_may_answer_an_alarm(city: City, login: str) -> None:
    alarm = city.alarm(city.west)
    client = city.logged_in(login)
    page = client.get(f"/?alarm={alarm.alarm_id}")
    assert ("只有接警员可以确认和结案" in page.text, "/acknowledge" in page.text) == (True, False)
    for deed in ("acknowledge", "close"):
        done = client.post(f"/alarms/{alarm.alarm_id}/{deed}", data={"person": "李警官", "outcome": "handled"})
        assert (done.status_code, "您没有权限做这一步" in done.text) == (403, True)
    (shown,) = client.get("/api/status").json()["alarms"]
    assert shown["acknowledged_at"] is None


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}])
def test_a_forged_form_does_nothing_though_the_browser_is_logged_in(city: City, headers: dict[str, str]) -> None:
    alarm = city.alarm(city.east)
    client = city.logged_in("li")
    assert client.post(f"/alarms/{alarm.alarm_id}/acknowledge", headers=headers).status_code == 403
    assert client.post("/logout", headers=headers).status_code == 403
    (shown,) = client.get("/api/status").json()["alarms"]
    assert shown["acknowledged_at"] is None


def test_a_stolen_cookie_opens_nothing_at_another_address_and_ends_the_session(city: City) -> None:
    city.alarm(city.east)
    owner = city.logged_in("li")
    with httpx.Client(
        base_url=city.desk.server.url, transport=httpx.HTTPTransport(local_address="127.0.0.2"), trust_env=False
    ) as thief:
        thief.cookies = owner.cookies
        assert thief.get("/api/status").status_code == 401
    assert owner.get("/").url.path == "/login"


def test_guesses_lock_nobody_out_who_is_logged_in_already(city: City) -> None:
    client = city.logged_in("li")
    for _ in range(8):
        city.stranger().post("/login", data={"login": "li", "password": "guess"})
    locked = city.stranger().post("/login", data={"login": "li", "password": SECRET})
    assert locked.status_code == 429
    alarm = city.alarm(city.east)
    assert client.post(f"/alarms/{alarm.alarm_id}/acknowledge").status_code == 200
    (shown,) = client.get("/api/status").json()["alarms"]
    assert shown["acknowledged_by"] == "李警官"


@pytest.mark.parametrize("ending", ["ended", "other scope"])
def test_an_open_stream_ends_with_the_session(city: City, ending: str) -> None:
    client, person = city.logged_in("east"), city.people["east"]
    with client.stream("GET", "/events", headers={"accept": "text/event-stream"}) as stream:
        beats = _beats(stream)
        assert next(beats)
        if ending == "ended":
            city.desk.people.end(person.id, by="test")
        else:
            city.desk.people.change_scope(person.id, WEST, by="test")
        ended_ms = SystemClock().utc_ns() // 1_000_000
        later_beats = [beat for beat in islice(beats, 20) if beat["now_ms"] > ended_ms]
        assert len(later_beats) <= 1  # one may have been under way; after it the stream ended by itself
    assert client.get("/api/status", headers={"accept": "application/json"}).status_code == 401


def test_the_log_in_page_names_the_centers_own_command_until_there_is_an_account(tmp_path: Path) -> None:
    with served(tmp_path) as desk:
        assert "campus-center person add" in desk.get("/login").text
        assert "报警不需要登录" not in desk.get("/login").text


# ── on screen ─────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _window(city: City, browser: Browser, login: str) -> Iterator[BrowserContext]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(city.desk.server.url)
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(SECRET)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    yield context
    context.close()


@pytest.mark.browser
def test_a_desk_officer_logs_in_confirms_and_closes_without_typing_a_name(city: City, browser: Browser) -> None:
    with _window(city, browser, "east") as context:
        (page,) = context.pages
        watch = watched(page, city.desk.server.url)
        expect(page.get_by_text("没有等待确认的警情")).to_be_visible()
        city.alarm(city.west)
        city.alarm(city.east)
        expect(page.get_by_role("heading", name="第一小学").first).to_be_visible()
        expect(page.get_by_text("第二小学")).to_have_count(0)
        page.get_by_role("button", name="确认", exact=True).click()
        expect(page.get_by_text("人工已确认")).to_be_visible()
        page.get_by_label("已处置").check()
        page.get_by_role("button", name="结案").click()
        expect(page.get_by_role("cell", name="东警官").first).to_be_visible()
        assert (watch.errors, watch.outside) == ([], [])


@pytest.mark.browser
def test_who_may_only_watch_an_alarm_watches_it_on_a_page_that_stands_still(city: City, browser: Browser) -> None:
    with _window(city, browser, "du") as context:
        (page,) = context.pages
        city.alarm(city.west)
        page.goto(city.desk.server.url)
        expect(page.locator("#history")).to_be_visible()
        page.evaluate("window.drawnOnce = true")
        city.alarm(city.west)
        expect(page.locator("#queue .ticket")).to_have_count(2)
        assert page.evaluate("window.drawnOnce") is True


@pytest.mark.browser
def test_a_page_whose_account_is_ended_goes_to_the_log_in_by_itself(city: City, browser: Browser) -> None:
    city.alarm(city.east)
    with _window(city, browser, "east") as context:
        (page,) = context.pages
        expect(page.get_by_role("heading", name="第一小学").first).to_be_visible()
        city.desk.people.end(city.people["east"].id, by="test")
        expect(page.get_by_role("button", name="登录")).to_be_visible()
        expect(page.get_by_text("第一小学")).to_have_count(0)


@pytest.mark.browser
def test_a_change_between_the_drawing_of_a_page_and_its_first_beat_shows_at_that_beat(
    city: City, browser: Browser
) -> None:
    with _window(city, browser, "east") as context:
        page = context.new_page()
        page.clock.install()
        page.clock.pause_at("2030-01-01")  # nothing on the page ever grows old: only another version renews it
        begun: list[Route] = []

        def alarm_before_the_first_beat(route: Route) -> None:
            if not begun:
                city.alarm(city.east)
            begun.append(route)
            route.continue_()

        page.route("**/events", alarm_before_the_first_beat)
        page.goto(city.desk.server.url)
        expect(page.get_by_role("heading", name="第一小学").first).to_be_visible()
        assert begun
