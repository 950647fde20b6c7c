"""Camera files in the office: seen by everybody, written by those who mend; accepted devices and retries are told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect

from camera.camera_file import Field, file_changes
from camera.facts import DeviceAccepted, DeviceChanged, LoginRetryAsked, StreamMeasured
from camera.http_call import Limits
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.register import Register
from camera.round import CameraRound
from camera.visit import Visitor
from config.settings import read_settings
from edge_agent.camera_wiring import camera_services
from edge_agent.pages.camera.routes import CAMERA_BODY_LIMITS
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status.model import CampusStatus
from edge_agent.role import Role, RoleContext
from foundation.clock import SystemClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal, Tail, read_entries
from foundation.state import StateDirectory
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from tests.support.browser import watched
from tests.support.waiting import WAIT_AT_MOST_S
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer

PATIENT = Limits(connect_s=WAIT_AT_MOST_S, call_s=WAIT_AT_MOST_S)
HOSTILE = "<img src=x onerror=alert(1)>"
PASSWORD = "correct-horse-7-battery"
FILLED = {
    "place": "东门岗亭",
    "purpose": "出入口",
    "installer": "某某安防",
    "installed_on": "2024-05-06",
    "keeper": "王",
}


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    with Campus(
        cameras=demo_cameras(1, Quality(width=320, height=180, fps=2, bitrate_bps=64_000), SubQuality(
            width=160, height=90, fps=2, bitrate_bps=64_000)),
        cache=root / ".cache" / "simulator-tests",
        progress=lambda _: None,
        prepare_faults=False,
    ) as running:  # fmt: skip
        yield running


@dataclass(slots=True)
class Office:
    """A served office with camera files, beside an inspector that went round once."""

    url: str
    state: StateDirectory
    register: Register
    board: FindingBoard
    tail: Tail
    journal: Journal

    def client(self, login: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": "text/html"})
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        return client

    @property
    def told(self) -> list[str]:
        """Kinds of facts in the office's own journal."""
        return [entry.kind for entry in read_entries(self.state.journal(Role.OFFICE), after=0)]


@pytest.fixture
def office(tmp_path: Path, campus: Campus) -> Iterator[Office]:
    clock, state = SystemClock(), StateDirectory(tmp_path / "state").create()
    url, account = campus.addresses("gate").onvif_url, campus.account
    settings_file = tmp_path / "campus.yaml"
    settings_file.write_text(
        "campus: {id: demo, name: 示范小学, address: 学府路 1 号, gatehouse_phone: '123456'}\n"
        f"devices: [{{id: cam-gate, name: 东门枪机, address: '{url}'}}]\n"
        "points: [{id: gate-east, name: 东门, device: cam-gate, volume: main, retention: law}]\n"
        f"volumes: [{{id: main, path: {tmp_path}, when_full: stop}}]\n"
        "retention: [{id: law}]\npages: {gatehouse: {port: 8001}, office: {port: 8002}}\n",
        encoding="utf-8",
    )
    settings = read_settings(settings_file)
    register = Register(state.database("cameras"), clock)
    inspector = Journal.open(state.journal(Role.INSPECTOR), clock)
    board = FindingBoard(inspector, clock)
    visitor = Visitor(
        "cam-gate",
        url,
        lambda: Login(account.user, account.password),
        lambda at, login: OnvifDevice(at, login, clock, PATIENT),
    )
    circle = CameraRound([visitor], register, board, clock, campus_id="demo")
    circle.prepare()
    circle.run_once()
    circle.close()
    people = PeopleBook(tmp_path / "people.sqlite", clock)
    people.add(
        [
            NewPerson(login="zhang", name="张技术", duty=Duty.TECHNICIAN, password=PASSWORD),
            NewPerson(login="wang", name="王师傅", duty=Duty.GUARD, password=PASSWORD),
        ],
        by="test",
    )
    own = Journal.open(state.journal(Role.OFFICE), clock)
    cameras = camera_services(RoleContext(Role.OFFICE, settings, state, clock, own, FindingBoard(own, clock)))
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name="示范小学",
            status=lambda: CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=0),
            people=people,
            further=(cameras.routes,),
            body_limits=CAMERA_BODY_LIMITS,
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    server.start()
    tail = next(service for service in cameras.services if isinstance(service, Tail))
    yield Office(server.url, state, register, board, tail, own)
    server.close()
    for service in cameras.services:
        service.close()
    people.close()
    register.close()
    inspector.database.close()
    own.database.close()


def jpeg() -> bytes:
    noise = np.random.default_rng(2).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def test_a_file_is_filled_until_it_is_complete_but_for_what_only_the_plan_can_tell(office: Office) -> None:
    guard, technician = office.client("wang"), office.client("zhang")
    page = guard.get("/cameras").text
    for text in ("东门", "SIM-1", "0 / 1 份档案完整", "缺 8 项", "安装单位"):
        assert text in page, text
    assert guard.post("/cameras/gate-east", data=FILLED).status_code == 403
    assert technician.post("/cameras/gate-east", data=FILLED).status_code == 303
    added = technician.post("/cameras/photo", data={"id": "gate-east"}, files={"photo": ("a.jpg", jpeg())})
    assert added.status_code == 303, added.text
    assert guard.get("/cameras/gate-east/photo.jpg").content.startswith(b"\xff\xd8\xff")
    whole = guard.get("/cameras/gate-east").text
    for text in ("东门岗亭", "SIM000001", "02:00:5e:10:00:01", "H264 320x180 2 fps", "档案缺 2 项", "张技术（zhang）"):
        assert text in whole, text
    assert guard.get("/cameras/nowhere").status_code == 404


def test_what_is_wrong_in_the_form_stands_beside_its_field_and_nothing_typed_runs(office: Office) -> None:
    technician = office.client("zhang")
    wrong = technician.post("/cameras/gate-east", data=FILLED | {"installed_on": "2024-13-01", "place": HOSTILE})
    assert wrong.status_code == 422
    assert "2026-11-21" in wrong.text
    assert HOSTILE not in wrong.text
    technician.post("/cameras/gate-east", data={"note": HOSTILE})
    assert HOSTILE not in technician.get("/cameras/gate-east").text
    no_photo = technician.post("/cameras/photo", data={"id": "gate-east"}, files={"photo": ("a.jpg", b"<html>")})
    assert no_photo.status_code == 422


def test_the_spreadsheet_goes_out_and_comes_back_filled_in(office: Office) -> None:
    technician = office.client("zhang")
    out = technician.get("/cameras/sheet.xlsx")
    assert out.status_code == 200
    assert out.content.startswith(b"PK")
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["点位编号", "安装位置", "安装日期"])
        sheet.write_row(1, 0, ["gate-east", "西墙", "2024年5月6日"])
    taken = technician.post("/cameras/sheet", files={"file": ("a.xlsx", made.getvalue())})
    assert taken.status_code == 303, taken.text
    changes = file_changes(office.state.database("camera_files"), "gate-east")
    assert {change.field: change.after for change in changes} == {Field.PLACE: "西墙", Field.INSTALLED_ON: "2024-05-06"}
    refused = technician.post("/cameras/sheet", files={"file": ("a.csv", "点位编号,备注\nroof,x\n".encode())})
    assert refused.status_code == 422
    assert "roof" in refused.text


def test_what_the_device_tells_anew_is_in_the_history(office: Office) -> None:
    office.register.journal.append(DeviceChanged(device_id="cam-gate", what="firmware", before="1.0.0", after="1.0.1"))
    while office.tail.poll():
        pass
    page = office.client("wang").get("/cameras/gate-east").text
    for text in ("固件版本", "1.0.1", "设备自己报告"):
        assert text in page


def test_how_the_stream_really_comes_stands_beside_what_the_camera_says(office: Office) -> None:
    measured = StreamMeasured(
        point_id="gate-east", codec="h264", seconds=60, bits_per_s=912_000, fps=1.4, keyframe_s=2.0, frames=84,
        packets_lost=7, damaged_frames=0,
    )  # fmt: skip
    office.register.note_measure(measured, "cam-gate", SystemClock().utc_ns())
    page = office.client("wang").get("/cameras/gate-east").text
    assert "1.4 fps 912 kbit/s" in page
    assert "丢包 7" in page


def test_what_the_device_holds_itself_stands_there_with_our_verdict_beside_its_claim(office: Office) -> None:
    guard = office.client("wang")
    assert "没有问到" in guard.get("/cameras/gate-east").text  # not asked yet is unknown, not good
    now, day_ns = SystemClock().utc_ns(), 86_400 * 10**9

    def told(belief: str) -> str:
        row = ("cam-gate", now, belief, "", now - 80 * day_ns, now, now - 9 * day_ns, now, 1, 7_200 * 10**9, "{}")
        with office.register.database.transaction() as transaction:
            transaction.execute("INSERT OR REPLACE INTO held_footage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return guard.get("/cameras/gate-east").text

    believed = told("plausible")
    assert "可信" in believed
    assert "中间缺 1 段" in believed
    lied = told("lying")
    assert "不可信，按未知算" in lied
    assert "设备声称" in lied
    assert "中间缺" not in lied  # what a liar shows is not told as a fact
    assert "不支持查询" in told("")


def test_a_codec_that_changed_is_accepted_and_the_file_keeps_who_said_so(office: Office) -> None:
    technician, evidence = office.client("zhang"), {"codec_before": "H264", "codec_now": "H265"}
    office.board.open("point:gate-east", "camera.codec_changed", Severity.ATTENTION, evidence=evidence)
    page = technician.get("/cameras/gate-east").text
    assert "视频编码变了" in page
    assert technician.post("/cameras/gate-east/accept").status_code == 303
    assert office.told == [DeviceAccepted.kind]
    (change,) = file_changes(office.state.database("camera_files"), "gate-east")
    assert (change.field, change.before, change.after) == ("codec_accepted", "H264", "H265")


def test_another_device_is_accepted_and_a_log_in_tried_again_by_a_fact_of_the_office(office: Office) -> None:
    technician = office.client("zhang")
    assert technician.post("/cameras/gate-east/accept").status_code == 409
    assert technician.post("/cameras/gate-east/retry").status_code == 409
    assert "这是" not in technician.get("/cameras/gate-east").text
    evidence = {"serial_before": "A1", "serial_now": "B2", "model_now": "M"}
    office.board.open("device:cam-gate", "camera.swapped", Severity.ATTENTION, evidence=evidence)
    office.board.open("device:cam-gate", "camera.login_refused", Severity.FAILING)
    guard = office.client("wang")
    assert "我们换的" not in guard.get("/cameras/gate-east").text
    assert guard.post("/cameras/gate-east/accept").status_code == 403
    assert "我们换的" in technician.get("/cameras/gate-east").text
    assert technician.post("/cameras/gate-east/accept").status_code == 303
    assert technician.post("/cameras/gate-east/retry").status_code == 303
    assert office.told == [DeviceAccepted.kind, LoginRetryAsked.kind]
    changes = file_changes(office.state.database("camera_files"), "gate-east")
    assert [(one.field, one.before, one.after) for one in changes] == [
        ("login_retry", "", ""),
        ("device_accepted", "A1", "B2"),
    ]


def test_the_book_is_read_by_english_readers_too(office: Office) -> None:
    page = office.client("wang").get("/cameras?lang=en").text
    assert "0 of 1 files are complete" in page
    assert "Installer" in page


@pytest.mark.browser
def test_what_becomes_of_a_camera_is_seen_without_reloading_and_without_losing_what_is_being_typed(
    office: Office, browser: Browser
) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{office.url}login?next=/cameras/gate-east")
    page.fill("input[name=login]", "zhang")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    watch = watched(page, office.url)
    page.fill("input[name=place]", "东门岗亭，还没写完")
    evidence = {"serial_before": "A1", "serial_now": "B2"}
    office.board.open("device:cam-gate", "camera.swapped", Severity.ATTENTION, evidence=evidence)
    expect(page.locator("#camera-findings")).to_contain_text("换了另一台设备")
    expect(page.locator("input[name=place]")).to_have_value("东门岗亭，还没写完")
    listing = page.context.new_page()
    listing.goto(f"{office.url}cameras")
    expect(listing.locator("#camera-complete")).to_contain_text("0 / 1")
    page.get_by_role("button", name="是我们换的").click()
    expect(page.locator("#camera-changes")).to_contain_text("确认更换设备")
    office.board.clear("device:cam-gate", "camera.swapped")
    expect(page.locator("#camera-findings")).not_to_contain_text("换了另一台设备")
    measured = StreamMeasured(
        point_id="gate-east", codec="h264", seconds=60, bits_per_s=912_000, fps=1.4, keyframe_s=2.0, frames=84,
        packets_lost=7, damaged_frames=0,
    )  # fmt: skip
    office.register.note_measure(measured, "cam-gate", SystemClock().utc_ns())
    expect(listing.locator("#camera-points")).to_contain_text("912 kbit/s")
    assert (watch.errors, watch.outside) == ([], [])
