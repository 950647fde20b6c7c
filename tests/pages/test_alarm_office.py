"""Alarms on the office pages: seen at once, answered by name, called off with a password; silent ones stay so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from alarms.inputs.answer import Answers
from alarms.inputs.call import Call, Reply
from alarms.inputs.socket import PressSocket
from alarms.inputs.socket_client import call
from alarms.record import AlarmRecord, StepKind
from config.alarm_input import AlarmInput
from edge_agent.pages.alarm.office import AlarmOfficeDeps, alarm_office_routes
from edge_agent.pages.alarm.words import step_word
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.picture.still_routes import StillDeps
from edge_agent.pages.picture.still_routes import router as still_routes
from edge_agent.pages.screen.routes import StationDeps, station_routes
from edge_agent.stills.still import Still, StillSource
from foundation.clock import SystemClock
from gate.stations import Stations, enrolled_stations
from tests.alarms.parts import LineParts, request
from tests.pages.conftest import Pictures
from tests.pages.gate_screen import CAMPUS, DURESS_PIN
from tests.pages.test_office import good_status
from tests.support.browser import watched
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.messages.alarm import Purpose
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer

CLOCK = SystemClock()
PASSWORD = "brown-fox-jumps"
MODULE = {"host": "10.0.0.9", "address": 0}
JPEG = cv2.imencode(".jpg", np.full((36, 64, 3), 90, np.uint8))[1].tobytes()
INPUTS = tuple(
    AlarmInput.model_validate(item)
    for item in (
        {"id": "east", "name": "东门按钮", "kind": "page", "place": "东门门卫室"},
        {"id": "west", "name": "校长室脚踏", "kind": "socket", "place": "校长室", "silent": True},
        {
            "id": "hall",
            "name": "礼堂按钮",
            "kind": "modbus",
            "place": "礼堂",
            "modbus": {"host": "10.0.0.9", "address": 0},
        },
    )
)


@dataclass(slots=True)
class Office:
    """A served office over a real alarm file, and the gatehouse's real socket beside it."""

    folder: Path
    parts: LineParts
    people: PeopleBook
    stations: Stations
    server: PageServer
    asked: list[tuple[str, str]]
    """Screens that were to be let go, by whom."""
    looks: list[str]
    """Looks at pictures, as they are written down."""
    gatehouse_within_s: float = WAIT_AT_MOST_S
    """How long the gatehouse is waited for: its disk may stand still."""

    def press(self, input_id: str = "east") -> str:
        return self.parts.line.press(request(input_id)).alarm_id

    def record(self, alarm_id: str) -> AlarmRecord:
        found = self.parts.line.find(alarm_id)
        assert found is not None
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = LineParts(tmp_path / "alarms.sqlite").start()
    parts.line._is_duress = lambda pin: pin == DURESS_PIN
    door = PressSocket(tmp_path / "press", Answers(parts.line))
    door.start()
    people = PeopleBook(tmp_path / "people.sqlite", CLOCK)
    people.add(
        [
            NewPerson(login="li", name="李老师", duty=Duty.SAFETY_OFFICER, password=PASSWORD),
            NewPerson(login="lin", name="林校长", duty=Duty.LEADER, password=PASSWORD),
            NewPerson(login="zhou", name="周工", duty=Duty.TECHNICIAN, password=PASSWORD),
        ],
        by="command line",
    )
    stations = Stations(tmp_path / "stations.sqlite", CLOCK)
    asked: list[tuple[str, str]] = []

    def ask(what: Call) -> Reply:
        return call(tmp_path / "press", what, clock=CLOCK, give_up_after_s=served.gatehouse_within_s)

    routes = alarm_office_routes(
        AlarmOfficeDeps(
            clock=CLOCK,
            campus=CAMPUS,
            alarms=parts.path,
            inputs=INPUTS,
            points={"gate-east": "东门"},
            people=people,
            ask=ask,
            is_duress=lambda pin: pin == DURESS_PIN,
        )
    )
    screens = station_routes(
        StationDeps(
            stations=lambda: enrolled_stations(tmp_path / "stations.sqlite"),
            gates={"east": "东门", "west": "西门"},
            offer=lambda name, gate: f"{name}{gate}",
            ask_end=lambda station, by: asked.append((station, by)),
        )
    )
    looks: list[str] = []

    def still(point: str, at_utc_ns: int | None, *, largest_px: int | None) -> Still:
        assert largest_px is None or largest_px <= 640
        return Still(jpeg=JPEG, shows_utc_ns=at_utc_ns or 0, age_s=0, source=StillSource.FOOTAGE)

    def looked(*, person: str, point: str, at_utc_ns: int, reason: str) -> None:
        looks.append(f"{person} {point} {reason}")

    app = office_app(
        OfficeDeps(
            clock=CLOCK,
            campus_name="示范小学",
            status=lambda: good_status(CLOCK.utc_ns()),
            people=people,
            hears_alarms=True,
            further=(routes, screens, still_routes(StillDeps(still=still, looked=looked))),
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    served = Office(tmp_path, parts, people, stations, server, asked, looks)
    server.start()
    yield served
    server.close()
    door.close()
    stations.close()
    people.close()
    parts.close()


@contextmanager
def logged_in(office: Office, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.server.url) as client:
        client.post("/login", data={"login": login, "password": PASSWORD})
        yield client


def test_somebody_in_the_school_answers_by_name_and_it_is_told_to_the_center(office: Office) -> None:
    alarm_id = office.press()
    with logged_in(office, "zhou") as client:
        assert "没有报警记录" not in client.get("/alarms").text
        assert client.post(f"/alarms/{alarm_id}/acknowledge").status_code == 303
        page = client.get(f"/alarms/{alarm_id}").text
    known = office.record(alarm_id).step(StepKind.LOCAL_ACKNOWLEDGED)
    assert known is not None
    assert known.person == "周工（zhou）"
    assert "周工（zhou）" in page
    assert office.parts.outbox.waiting() == 2, "the alarm and the word that somebody knows"


def test_calling_off_needs_the_duty_a_reason_and_ones_own_password_and_duress_looks_the_same(office: Office) -> None:
    first = office.press()
    with logged_in(office, "zhou") as client:
        said = {"reason": "误碰按钮", "password": PASSWORD}
        assert client.post(f"/alarms/{first}/false", data=said).status_code == 403
    with logged_in(office, "li") as client:
        for wrong in ({"reason": "误碰按钮", "password": "no"}, {"reason": " ", "password": PASSWORD}, {}):
            assert client.post(f"/alarms/{first}/false", data=wrong).status_code == 422
        assert office.record(first).called_off is None
        done = client.post(f"/alarms/{first}/false", data=said)
        assert (done.status_code, done.headers["location"]) == (303, f"/alarms/{first}")
        cancelled = office.record(first).step(StepKind.CANCELLED)
        assert cancelled is not None
        assert (cancelled.person, cancelled.detail) == ("李老师（li）", "误碰按钮")
        office.parts.line._latest.clear()
        second = office.press()
        forced = client.post(f"/alarms/{second}/false", data={"reason": "误碰按钮", "password": DURESS_PIN})
        assert (forced.status_code, sorted(forced.headers)) == (303, sorted(done.headers))
        shown = [client.get(f"/alarms/{one}").text for one in (first, second)]
    assert office.record(second).step(StepKind.DURESS) is not None
    assert office.record(second).step(StepKind.CANCELLED) is None
    assert ["误报" in page and "说是误报，由民警核实" in page and "uress" not in page for page in shown] == [True, True]


def test_a_line_test_is_not_said_to_be_with_the_police() -> None:
    words = [step_word(StepKind.ACKNOWLEDGED, purpose) for purpose in (Purpose.REAL, Purpose.DRILL)]
    assert words == ["民警已确认", "人工确认"]


def test_an_open_silent_alarm_stands_on_no_page_that_shows_it_by_itself(office: Office) -> None:
    alarm_id = office.press("west")
    with logged_in(office, "lin") as client:
        assert alarm_id not in client.get("/alarms").text
        assert alarm_id not in client.get("/").text
        assert alarm_id in client.get("/alarms?silent=1").text
        with client.stream("GET", "/api/alarms/calls") as stream:
            told = next(line for line in stream.iter_lines() if line.startswith("data:"))
        assert told == "data: []"
        assert "断线查不出" in client.get("/alarms").text, "the hall's contact is not supervised"


def test_without_the_gatehouse_or_a_name_a_sentence_says_what_to_do(office: Office) -> None:
    alarm_id = office.press()
    (office.folder / "press").unlink()
    office.gatehouse_within_s = 1
    with logged_in(office, "li") as client:
        answer = client.post(f"/alarms/{alarm_id}/acknowledge", headers={"accept": "text/html"})
        assert answer.status_code == 503
        assert "110" in answer.text
        assert client.get("/alarms/no-such-alarm").status_code == 404
    stranger = httpx.post(f"{office.server.url}alarms/{alarm_id}/acknowledge")
    assert stranger.status_code == 401


def test_screens_are_listed_enrolled_and_ended_by_a_leader(office: Office) -> None:
    station, _ = office.stations.enrol(name="西门平板", gate_id="west")
    with logged_in(office, "li") as client:
        assert client.get("/stations").status_code == 403
    with logged_in(office, "lin") as client:
        assert "西门平板" in client.get("/stations").text
        assert "操场屏幕east" in client.post("/stations/code", data={"name": "操场屏幕", "gate": "east"}).text
        assert client.post("/stations/code", data={"name": "x", "gate": "nowhere"}).status_code == 422
        assert client.post(f"/stations/{station.id}/end").status_code == 303
        assert client.post("/stations/nobody/end").status_code == 404
        assert office.asked == [(station.id, "林校长（lin）")]
        office.stations.end(station.id, by="林校长（lin）")
        assert "已停用" in client.get("/stations").text


@pytest.mark.browser
def test_an_alarm_takes_a_bar_across_every_office_page_with_sound_until_it_is_answered(
    office: Office, browser: Browser, pictures: Pictures
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page: Page = context.new_page()
    watch = watched(page, office.server.url)
    page.goto(office.server.url)
    page.fill("[name=login]", "li")
    page.fill("[name=password]", PASSWORD)
    with page.expect_request("**/api/alarms/calls"):  # before there is another tab that could listen for both
        page.locator("main button").click()
    expect(page.locator("#answers")).to_be_visible()
    other = context.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(office.server.url + "alarms")
    alarm_id = office.press()
    expect(other.locator("#calls")).to_contain_text("东门按钮 · 东门门卫室")
    assert not any("calls" in url and "static" not in url for url in asked), "one tab listens for all"
    page.bring_to_front()
    bar = page.locator("#calls")
    expect(bar).to_contain_text("东门按钮 · 东门门卫室")
    expect(page.locator("html")).to_have_attribute("data-sound", "calling")
    pictures(page, "office-bar")
    bar.locator("a").click()
    still = page.locator(".alarm-stills img")
    wait_until(lambda: still.evaluate("image => image.naturalWidth") == 64, what="the picture of the nearest point")
    assert office.looks == ["li gate-east 东门按钮"]
    pictures(page, "office-alarm")
    page.get_by_role("button", name="我知道了，我来处理").click()
    expect(page.locator("#known")).to_contain_text("李老师（li）")
    expect(bar).to_be_hidden()
    expect(other.locator("#calls")).to_be_hidden()
    expect(page.locator("html")).not_to_have_attribute("data-sound", "calling")
    page.locator("summary", has_text="是误报").click()
    pictures(page, "office-false")
    page.get_by_label("学生误按").check()
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="确认误报").click()
    expect(page.locator("#steps")).to_contain_text("说是误报，由民警核实")
    wait_until(lambda: office.record(alarm_id).called_off, what="the cancel")
    page.goto(office.server.url + "alarms")
    expect(page.locator("#inputs")).to_contain_text("礼堂按钮")
    pictures(page, "office-alarms")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watch.errors == []
    assert watch.outside == []
    context.close()
