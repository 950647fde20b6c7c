"""The points' pictures in the office: both pictures side by side, who may see them, and "this is fine"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest

from camera.facts import PictureAccepted
from camera.picture.ledger import PictureLedger
from camera.picture.measure import Light, measure
from camera.picture.picture import Picture
from camera.picture.point_eye import Change, Look
from camera.picture.thresholds import Suspicion
from camera.picture.verdict import BY_TEXTURE, TOO_LITTLE_TEXTURE, Condition, Verdict
from camera.register import Register
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.picture.routes import PictureDeps, picture_routes
from edge_agent.pages.picture.words import UNJUDGED, UNSEEN, measured
from edge_agent.pages.status.model import CampusStatus
from foundation.clock import ManualClock
from foundation.journal import Journal, read_entries
from web.duty import Duty
from web.finding_words import described_kinds
from web.language import Catalogue, Language
from web.people import NewPerson, PeopleBook
from web.server import PageServer

PASSWORD = "correct-horse-7-battery"
GREY = np.full((180, 320), 128, np.uint8)


@dataclass(slots=True)
class Office:
    """A served office beside the rows of an inspector that saw a covered lens."""

    url: str
    clock: ManualClock
    ledger: PictureLedger
    register: Register
    journal_file: Path
    episode: str = ""
    looks: list[tuple[str, str, int, str]] = field(default_factory=list)

    def client(self, login: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": "text/html"})
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        return client


def shade(value: int, clock: ManualClock) -> Picture:
    return Picture(np.full((360, 640), value, np.uint8), GREY, GREY, clock.utc_ns())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = ManualClock()
    register = Register(tmp_path / "cameras.sqlite", clock)
    ledger = PictureLedger(register.database, clock)
    ledger.keep_only(["gate-east", "hall"])
    journal = Journal.open(tmp_path / "office.sqlite", clock)
    people = PeopleBook(tmp_path / "people.sqlite", clock)
    named = (("zhang", Duty.SAFETY_OFFICER), ("wang", Duty.GUARD))
    people.add([NewPerson(login=name, name=name, duty=duty, password=PASSWORD) for name, duty in named], by="test")
    made = Office("", clock, ledger, register, tmp_path / "office.sqlite")

    def looked(*, person: str, point: str, at_utc_ns: int, reason: str) -> None:
        made.looks.append((person, point, at_utc_ns, reason))

    routes = picture_routes(
        PictureDeps(
            clock=clock,
            cameras=tmp_path / "cameras.sqlite",
            names={"gate-east": "东门", "hall": "门厅"},
            journal=journal,
            looked=looked,
        )
    )
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name="示范小学",
            status=lambda: CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=0),
            people=people,
            further=(routes,),
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    server.start()
    made.url = server.url
    yield made
    server.close()
    people.close()
    register.close()
    journal.database.close()


def cover(office: Office) -> None:
    since = office.clock.utc_ns()
    office.clock.advance(seconds=40)
    with office.register.database.transaction() as transaction:
        office.episode = office.ledger.begin(
            transaction,
            "gate-east",
            Change(Condition.COVERED, True, Suspicion(0.46, 0.25)),
            shade(40, office.clock),
            suspected_utc_ns=since,
            beside=shade(150, office.clock).y,
        )


def test_both_pictures_stand_side_by_side_and_each_look_is_written_down(office: Office) -> None:
    cover(office)
    officer = office.client("zhang")
    page = officer.get("/pictures/gate-east").text
    for text in ("镜头被挡住了", "画面被挡 46 %，界限 25 %", "用了 40 秒 确认", "正常时的画面（参照）", "异常时的画面"):
        assert text in page, text
    seen, reference = (
        officer.get(f"/pictures/gate-east/{office.episode}/{name}.jpg").content for name in ("seen", "reference")
    )
    assert seen[:2] == reference[:2] == b"\xff\xd8"
    assert seen != reference
    assert {(person, point) for person, point, _, _ in office.looks} == {("zhang", "gate-east")}
    assert officer.get(f"/pictures/hall/{office.episode}/seen.jpg").status_code == 404  # not this point's
    assert "○" not in page
    assert "门厅" in officer.get("/pictures").text


def test_who_may_not_see_footage_sees_no_picture(office: Office) -> None:
    cover(office)
    guard = office.client("wang")
    assert guard.get(f"/pictures/gate-east/{office.episode}/seen.jpg").status_code == 403
    assert "您的岗位不能看画面。" in guard.get("/pictures/gate-east").text
    assert office.looks == []


def test_this_is_fine_is_told_by_those_who_see_it(office: Office) -> None:
    officer, guard = office.client("zhang"), office.client("wang")
    assert officer.post("/pictures/gate-east/accept").status_code == 409  # nothing is wrong yet
    cover(office)
    assert "现在的画面没有问题" not in guard.get("/pictures/gate-east").text
    assert guard.post("/pictures/gate-east/accept").status_code == 403
    assert "现在的画面没有问题" in officer.get("/pictures/gate-east").text
    said = officer.post("/pictures/gate-east/accept")
    assert said.status_code == 303
    assert "已记下" in officer.get(said.headers["location"]).text
    (told,) = [entry for entry in read_entries(office.journal_file, after=0) if entry.kind == PictureAccepted.kind]
    assert told.read(PictureAccepted) == PictureAccepted(point_id="gate-east", by="zhang（zhang）")
    assert "zhang（zhang）" in guard.get("/pictures/gate-east").text, "who said so stays on the page"
    assert "确认过画面没有问题的人" not in guard.get("/pictures/hall").text


def test_a_view_that_cannot_be_judged_says_so_and_what_to_do(office: Office) -> None:
    wall = shade(150, office.clock)
    with office.register.database.transaction() as transaction:
        look = Look(Verdict({}, TOO_LITTLE_TEXTURE), measure(wall), (), Light.DAY)
        office.ledger.note_look(transaction, "gate-east", look, (), wall.taken_utc_ns)
    guard = office.client("wang")
    for page in ("/pictures", "/pictures/gate-east"):
        text = guard.get(page).text
        assert "无法判断：画面太单调，看不出模糊、遮挡和移位" in text
        assert "sign unknown" in text
        assert "sign ok" not in text
    assert "请每天派人看一次这路画面" in guard.get("/pictures/gate-east").text


def test_what_would_pass_unseen_is_named_and_the_point_is_not_well(office: Office) -> None:
    dim = shade(60, office.clock)
    with office.register.database.transaction() as transaction:
        unseen = frozenset({Condition.COVERED, Condition.BLURRED})
        look = Look(Verdict({}, unseen=unseen), measure(dim), (), Light.DAY)
        office.ledger.note_look(transaction, "gate-east", look, (), dim.taken_utc_ns)
    guard = office.client("wang")
    for page in ("/pictures", "/pictures/gate-east"):
        text = guard.get(page).text
        assert "无法判断模糊、遮挡：画面那部分太单调，或光线太暗" in text
        assert "sign ok" not in text
    assert "请每天派人看一次这路画面" in guard.get("/pictures/gate-east").text


def test_detection_and_repair_times_stay_on_the_page(office: Office) -> None:
    cover(office)
    office.clock.advance(seconds=3600)
    with office.register.database.transaction() as transaction:
        office.ledger.end(transaction, "gate-east", Condition.COVERED)
    page = office.client("wang").get("/pictures/gate-east").text
    for text in ("近 30 天", "修复用时", "40 秒", "1 小时"):
        assert text in page, text


@pytest.mark.parametrize(
    ("condition", "measure", "threshold", "words"),
    [
        ("moved", 23.4, 12.0, "移动 23.4 像素，界限 12.0 像素（640×360）"),
        ("moved", 3.1, 1.8, "倾斜 3.1 度，界限 1.8 度"),
        ("moved", 0.8, 0.7, "画面变了 80 %，界限 70 %"),
        ("frozen", 0.0, 0.0005, "两次之间变化的像素 0.00 %，界限 0.05 %"),
        ("too_bright", 0.7, 0.55, "过曝面积 70 %，界限 55 %"),
        ("too_bright", 222.0, 205.0, "亮度 222.0，界限 205.0（0 到 255）"),
        ("black", 3.0, 20.0, "亮度 3.0，界限 20.0（0 到 255）"),
        ("black", 1.2, 3.0, "明暗相差 1.2 级，界限 3.0 级：没有景物"),
        ("noise", 19.0, 7.0, "噪声 19.0，界限 7.0"),
    ],
)
def test_a_figure_is_said_with_its_unit(condition: str, measure: float, threshold: float, words: str) -> None:
    assert measured(condition, measure, threshold, Catalogue(Language.CHINESE)) == words


def test_every_condition_and_every_reason_has_words() -> None:
    assert {f"picture.{condition.value}" for condition in Condition} <= described_kinds()
    assert set(UNJUDGED) == {"no_reference", "too_little_texture", "too_dark", "partly"}
    assert set(UNSEEN) == {condition.value for condition in BY_TEXTURE}
