"""The office's one screen: five answers, what needs a person, the rows behind; and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect

from edge_agent.pages.answers import five_answers
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status_model import (
    AlarmStatus,
    BlindSpotStatus,
    CampusStatus,
    CenterStatus,
    CoverageStatus,
    DeviceStatus,
    FindingStatus,
    PointStatus,
    RetentionStatus,
    ZoneStatus,
)
from foundation.clock import SystemClock
from tests.support.browser import watched
from web.language import Language, catalogue
from web.server import PageServer
from web.signs import State

S = 1_000_000_000
CHINESE = catalogue(Language.CHINESE, ("web",))
HOSTILE = "<img src=x onerror=alert(1)>"


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


@pytest.fixture
def office() -> Iterator[Office]:
    clock = SystemClock()
    held: list[Office] = []
    app = office_app(OfficeDeps(clock=clock, status=lambda: held[0].status))
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    held.append(Office(server, good_status(clock.utc_ns())))
    server.start()
    yield held[0]
    server.close()


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
    expect(page.locator("#coverage").get_by_text("12 m²")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("The device cannot be reached")).to_be_visible()
    assert watch.errors == []
    assert watch.outside == []
    page.close()
