"""Coverage in the office: the map, blind spots with reason and remedy, the page to sign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from camera.coverage import Reason, Watch
from camera.coverage.report import MissingWhy
from edge_agent.pages.coverage.model import ShownCoverage
from edge_agent.pages.coverage.routes import CoverageDeps, coverage_routes
from edge_agent.pages.coverage.words import MISSING, REASONS, REMEDIES
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.status.model import CampusStatus
from foundation.clock import ManualClock
from tests.pages.covered import EXAMPLE, leave_coverage
from web.people import PeopleBook
from web.server import PageServer

MOUNT = "teaching-north"


@dataclass(slots=True)
class Office:
    url: str
    folder: Path
    clock: ManualClock
    inspecting: bool = True

    def page(self, path: str = "/coverage") -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers={"accept": "text/html"}, trust_env=False)


def with_one_mount(file: Path) -> Path:
    """The example plan with a single place for a further camera: quickly searched."""
    plan = json.loads((EXAMPLE / "plan.geojson").read_text(encoding="utf-8"))
    plan["features"] = [
        one for one in plan["features"] if one["properties"].get("type") != "mount" or one["properties"]["id"] == MOUNT
    ]
    file.write_text(json.dumps(plan), encoding="utf-8")
    return file


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = ManualClock()
    people = PeopleBook(tmp_path / "people.sqlite", clock)
    served = Office("", tmp_path / "coverage", clock)
    deps = CoverageDeps(
        shown=ShownCoverage(served.folder),
        plan=with_one_mount(tmp_path / "plan.geojson"),
        keep_days=90,
        inspecting=lambda: served.inspecting,
    )
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name="示范小学",
            status=lambda: CampusStatus(campus_id="demo", campus_name="示范小学", taken_at_utc_ns=clock.utc_ns()),
            people=people,
            further=(coverage_routes(deps),),
        )
    )
    server = PageServer("office", app, host="127.0.0.1", port=0)
    server.start()
    served.url = server.url.rstrip("/")
    yield served
    server.close()
    people.close()


def test_each_blind_spot_stands_there_with_its_number_size_reason_and_remedy(office: Office) -> None:
    leave_coverage(office.folder, office.clock.utc_ns(), gate_east=Watch.FAILING, corridor_1f=Watch.UNKNOWN)
    page = office.page().text
    assert "东门 中部, 31.5 m²" in page
    assert REASONS["camera_down"] in page
    assert REMEDIES["camera_down"] in page
    assert "主次出入口" in page, "a kind that nothing watches"
    assert "不确定" in page
    assert 'class="spot-number figure">1<' in page
    drawn = office.page("/coverage/map.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "东门 异常" in drawn.text


def test_the_page_to_sign_is_one_pdf(office: Office) -> None:
    leave_coverage(office.folder, office.clock.utc_ns())
    pdf = office.page("/coverage/sheet.pdf")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")


def test_where_to_add_cameras_is_one_touch_away(office: Office) -> None:
    leave_coverage(office.folder, office.clock.utc_ns())
    page = office.page("/coverage/suggest?count=1").text
    assert "教学楼北墙" in page
    assert "操场" in page
    assert re.search(r"方位 \d+°", page)
    assert office.page("/coverage/suggest?count=99").status_code == 422


def test_before_the_first_answer_nothing_is_called_good(office: Office) -> None:
    page = office.page()
    assert "还没有算过" in page.text
    assert "没有盲区" not in page.text
    assert office.page("/coverage/sheet.pdf").status_code == 404
    assert office.page("/coverage/map.svg").status_code == 404
    office.folder.mkdir()
    (office.folder / "shown.json").write_text('{"state": "ok"', encoding="utf-8")
    assert "还没有算过" in office.page().text, "half a file, after a power cut"


def test_an_answer_that_follows_no_camera_any_more_says_so(office: Office) -> None:
    leave_coverage(office.folder, office.clock.utc_ns())
    assert "摄像机巡检程序没有在运行" not in office.page().text
    office.inspecting = False
    assert "摄像机巡检程序没有在运行" in office.page().text


def test_every_reason_has_words_and_a_remedy() -> None:
    assert set(REASONS) == set(REMEDIES) == set(Reason)
    assert set(MISSING) == set(MissingWhy)
