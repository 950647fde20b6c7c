"""The fault ledger as persons use it: seen by everybody, mended, judged and signed by those who may."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from edge_agent.pages.fault.routes import BODY_LIMITS, FaultDeps, fault_routes
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status.model import CampusStatus
from foundation.audit import verify_audit
from foundation.clock import SystemClock
from foundation.finding import FindingBoard, Severity
from foundation.ids import new_id
from foundation.journal import Journal, Tail
from safety.fault import Happening
from safety.grade import Grade, Stage
from safety.ledger import FaultLedger
from safety.photo import LIMIT_BYTES, PhotoShelf
from safety.query import fault_file, open_faults
from tests.support.browser import watched
from tests.support.waiting import WAIT_AT_MOST_S
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer

HOSTILE = "<img src=x onerror=alert(1)>"
PASSWORD = "correct-horse-7-battery"


@dataclass(slots=True)
class Office:
    """A served office with a ledger."""

    url: str
    ledger: FaultLedger
    board: FindingBoard
    tail: Tail

    def client(self, login: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": "text/html"})
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        return client

    def hear(self) -> None:
        self.tail.poll()

    def the_only(self) -> str:
        (row,) = open_faults(self.ledger.path, 0)
        return row.fault.id


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = SystemClock()
    people = PeopleBook(tmp_path / "people.sqlite", clock)
    people.add(
        [
            NewPerson(login="li", name="李老师", duty=Duty.SAFETY_OFFICER, password=PASSWORD),
            NewPerson(login="zhang", name="张技术", duty=Duty.TECHNICIAN, password=PASSWORD),
            NewPerson(login="wang", name="王师傅", duty=Duty.GUARD, password=PASSWORD),
        ],
        by="test",
    )
    ledger = FaultLedger(tmp_path / "safety.sqlite", clock)
    journal = Journal.open(tmp_path / "inspector.sqlite", clock)
    names = {"device:cam-gate": "东门枪机"}
    deps = FaultDeps(
        clock=clock,
        ledger=ledger,
        photos=PhotoShelf(tmp_path / "photos"),
        name_of=lambda subject: names.get(subject, subject),
    )
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name="示范小学",
            status=lambda: CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=0),
            people=people,
            further=(fault_routes(deps),),
            body_limits=BODY_LIMITS,
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    server.start()
    yield Office(
        server.url,
        ledger,
        FindingBoard(journal, clock),
        Tail(journal.database.path, ledger.journal, ledger.take),
    )
    server.close()
    ledger.close()
    people.close()
    journal.database.close()


def photo() -> bytes:
    noise = np.random.default_rng(2).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def stage(office: Office, fault_id: str) -> Stage:
    file = fault_file(office.ledger.path, fault_id)
    assert file is not None
    return file.fault.stage


def test_a_measured_fault_is_listed_in_words_with_owner_and_due_date(office: Office) -> None:
    office.board.open("device:cam-gate", "camera.login_refused", Severity.FAILING)
    office.hear()
    chinese = office.client("wang").get("/faults").text
    for text in ("东门枪机", "设备不认登录密码", "技术员", "待整改", "一般隐患", "系统发现"):
        assert text in chinese
    english = office.client("wang").get("/faults?lang=en").text
    for text in ("东门枪机", "To repair", "General", "Found by the system"):
        assert text in english


def test_a_fault_by_hand_with_photo_is_written_once_and_signed(office: Office) -> None:
    wang, fault_id = office.client("wang"), new_id()
    form = {"id": fault_id, "title": HOSTILE, "place": "操场", "grade": "major", "words": "有一个洞"}
    for _ in range(2):
        answer = wang.post("/faults/new", data=form, files={"photo": ("p.jpg", photo(), "image/jpeg")})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/faults/{fault_id}")
    file = fault_file(office.ledger.path, office.the_only())
    assert file is not None
    assert [(entry.what, entry.person) for entry in file.history] == [
        (Happening.OPENED, "王师傅（wang）"),
        (Happening.PHOTOGRAPHED, "王师傅（wang）"),
    ]
    shown = wang.get(f"/faults/{fault_id}")
    assert HOSTILE not in shown.text
    kept = wang.get(f"/faults/photos/{file.photos[0]}.jpg")
    assert (kept.status_code, kept.headers["content-type"]) == (200, "image/jpeg")
    assert kept.content.startswith(b"\xff\xd8")
    assert verify_audit(office.ledger.path).holds


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": " "}, "这一项要填"),
        ({"grade": "terrible"}, "请选等级"),
        ({"photo": b"GIF89a not a photo"}, "读不出这张照片"),
        ({"photo": b"\xff\xd8\xff" + bytes(LIMIT_BYTES)}, "照片太大"),
    ],
)
def test_what_is_not_right_is_said_beside_the_field_and_nothing_is_written(
    office: Office, change: dict[str, str | bytes], says: str
) -> None:
    form: dict[str, str] = {"id": new_id(), "title": "围栏", "place": "操场", "grade": "general", "words": "洞"}
    form |= {name: value for name, value in change.items() if isinstance(value, str)}
    upload = change.get("photo", photo())
    answer = office.client("wang").post("/faults/new", data=form, files={"photo": ("p.jpg", upload, "image/jpeg")})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert not open_faults(office.ledger.path, 0)


def test_an_upload_beyond_any_photo_is_refused_before_it_is_read(office: Office) -> None:
    client = office.client("wang")
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    host, port = client.base_url.host, client.base_url.port
    assert port is not None
    with socket.create_connection((host, port), timeout=WAIT_AT_MOST_S) as link:
        link.sendall(
            f"POST /faults/new HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2000000000\r\n\r\n".encode()
        )
        assert link.recv(200).startswith(b"HTTP/1.1 413")


def test_who_repairs_does_not_judge_the_repair(office: Office) -> None:
    fault_id = office.ledger.write_down(
        fault_id=new_id(), title="灯坏", place="楼梯", grade=Grade.GENERAL, words="", person="李"
    ).id
    wang, zhang, li = (office.client(login) for login in ("wang", "zhang", "li"))
    assert wang.post(f"/faults/{fault_id}/repair", data={"words": "换了"}).status_code == 403
    assert zhang.post(f"/faults/{fault_id}/repair", data={"words": "换了"}).status_code == 303
    assert zhang.post(f"/faults/{fault_id}/recheck", data={"words": "亮", "passed": "yes"}).status_code == 403
    assert zhang.post(f"/faults/{fault_id}/close", data={"words": "好"}).status_code == 403
    assert li.post(f"/faults/{fault_id}/recheck", data={"words": "亮", "passed": "yes"}).status_code == 303
    assert stage(office, fault_id) is Stage.RECHECKED
    assert li.post(f"/faults/{fault_id}/close", data={"words": "好"}).status_code == 303
    again = li.post(f"/faults/{fault_id}/close", data={"words": "好"})
    assert (again.status_code, "另一种状态" in again.text) == (409, True)
    assert wang.post(f"/faults/{fault_id}/reopen", data={"words": "又坏"}).status_code == 403
    assert stage(office, fault_id) is Stage.CLOSED


def test_a_person_cannot_judge_right_what_is_measured_wrong(office: Office) -> None:
    office.board.open("device:cam-gate", "camera.login_refused", Severity.FAILING)
    office.hear()
    fault_id = office.the_only()
    answer = office.client("li").post(f"/faults/{fault_id}/recheck", data={"words": "好了", "passed": "yes"})
    assert (answer.status_code, "仍测到异常" in answer.text) == (409, True)


def test_owner_and_due_date_are_changed_and_a_wrong_day_is_said(office: Office) -> None:
    office.board.open("device:cam-gate", "camera.login_refused", Severity.FAILING)
    office.hear()
    fault_id, zhang = office.the_only(), office.client("zhang")
    wrong = zhang.post(f"/faults/{fault_id}/assign", data={"owner": "网管", "due": "2026-13-40"})
    assert (wrong.status_code, "日期不对" in wrong.text) == (422, True)
    assert zhang.post(f"/faults/{fault_id}/assign", data={"owner": "网管", "due": "2027-01-31"}).status_code == 303
    assert "2027-01-31 23:59:59" in zhang.get(f"/faults/{fault_id}").text


def test_a_rule_is_edited_by_those_who_may(office: Office) -> None:
    form = {
        "kind": "camera.login_refused",
        "grade": "major",
        "owner": "网管",
        "due_h": "2",
        "reopen_h": "1",
        "merge": "cause",
    }
    assert office.client("zhang").post("/faults/rules", data=form).status_code == 403
    li = office.client("li")
    assert li.post("/faults/rules", data=form | {"due_h": "soon"}).status_code == 422
    assert li.post("/faults/rules", data=form).status_code == 303
    assert "李老师（li）" in li.get("/faults/rules").text
    office.board.open("device:cam-gate", "camera.login_refused", Severity.FAILING)
    office.hear()
    (row,) = open_faults(office.ledger.path, 0)
    assert (row.fault.grade, row.fault.owner) == (Grade.MAJOR, "网管")


def test_nobody_looks_or_signs_without_logging_in(office: Office) -> None:
    stranger = httpx.Client(base_url=office.url)
    assert stranger.get("/faults").status_code == 401
    assert stranger.post("/faults/new", data={"id": new_id()}).status_code == 401
    forged = office.client("li").post(
        "/faults/new", data={"id": new_id()}, headers={"origin": "http://elsewhere.example"}
    )
    assert forged.status_code == 403


def test_what_is_not_there_is_not_found(office: Office) -> None:
    li = office.client("li")
    for path in (f"/faults/{new_id()}", "/faults/nonsense", f"/faults/photos/{'0' * 64}.jpg", "/faults/photos/x.jpg"):
        assert li.get(path).status_code == 404
    assert li.post(f"/faults/{new_id()}/repair", data={"words": "x"}).status_code == 404
    assert li.post(f"/faults/{new_id()}/dance", data={"words": "x"}).status_code == 404


@pytest.mark.browser
def test_a_guard_signs_a_look_and_the_officer_sees_it_without_reloading(office: Office, browser: Browser) -> None:
    fault_id = office.ledger.write_down(
        fault_id=new_id(), title="燃气泄漏", place="食堂", grade=Grade.MAJOR, words="", person="李"
    ).id
    pages = []
    for login in ("wang", "li"):
        page = browser.new_context(locale="zh-CN").new_page()
        page.goto(f"{office.url}login?next=/faults/{fault_id}")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        expect(page.get_by_role("heading", name="燃气泄漏")).to_be_visible()
        pages.append(page)
    guard, officer = pages
    watch = watched(guard, office.url)
    guard.fill("#look-words", "已拉警戒线")
    guard.get_by_role("button", name="签字", exact=True).click()
    expect(officer.locator("#fault-looks")).to_contain_text("已拉警戒线")
    expect(officer.locator("#fault-history")).to_contain_text("王师傅")
    assert (watch.errors, watch.outside) == ([], [])
