"""Gate and office pages over a fake alarm line, served by the real server, driven by a real browser."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from edge_agent.pages.gatehouse import gatehouse_app
from foundation.clock import NS_PER_S, ManualClock, SystemClock
from foundation.log import configure_log
from tests.pages import footage_office
from tests.pages.gate_screen import FakeAlarmLine, Gatehouse, gatehouse_deps
from tests.pages.school_gate import MIDNIGHT, TEN, School, logged_in, make_accounts, school
from tests.storage import clip_files
from tests.storage.box import MIDNIGHT_NS, make_box, volume
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.rate import Allowance
from web.server import PageServer

Pictures = Callable[[Page, str], None]


@pytest.fixture
def pictures() -> Pictures:
    """pictures(page, name) keeps what a page looks like in the folder $CAMPUS_PICTURES, for a person who looks."""
    folder = os.environ.get("CAMPUS_PICTURES")

    def keep(page: Page, name: str) -> None:
        if folder:
            size = page.viewport_size or {"width": 0}
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png")

    return keep


@pytest.fixture(scope="session", autouse=True)
def log_as_the_roles_do() -> None:
    configure_log("test")


@pytest.fixture(autouse=True)
def a_browser_is_not_limited_while_the_clock_stands(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test's clock stands, so its allowance never fills again: the longer a slow machine takes, the more its pages
    have asked, until a style sheet is refused. test_rate holds the limit itself."""
    if request.node.get_closest_marker("browser"):
        monkeypatch.setattr("web.rate.READING", Allowance(burst=math.inf, per_s=0))


@pytest.fixture
def gatehouse(tmp_path: Path) -> Iterator[Gatehouse]:
    clock = SystemClock()
    line = FakeAlarmLine(clock)
    deps = gatehouse_deps(tmp_path, line, clock)
    server = PageServer("gatehouse-pages", gatehouse_app(deps), host="127.0.0.1", port=0)
    server.start()
    yield Gatehouse(deps, line, deps.book, server, tmp_path)
    server.close()
    deps.book.close()


@pytest.fixture
def guards(gatehouse: Gatehouse) -> dict[str, str]:
    """Two guards with PINs, ids by login."""
    people = PeopleBook(gatehouse.folder / "people.sqlite", gatehouse.deps.clock)
    made = people.add(
        [
            NewPerson(login="wang", name="王师傅", duty=Duty.GUARD),
            NewPerson(login="li", name="李师傅", duty=Duty.GUARD),
        ],
        by="command line",
    )
    people.set_pin(made[0].id, "739104", by="command line")
    people.set_pin(made[1].id, "520861", by="command line")
    people.close()
    return {person.login: person.id for person in made}


@pytest.fixture(scope="session")
def h264_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of moving noise in H.264, a keyframe each second."""
    return clip_files.synthetic(tmp_path_factory.mktemp("clips") / "h264.clip")


@pytest.fixture
def footage(tmp_path: Path, h264_clip: Path) -> Iterator[footage_office.Office]:
    """An office over 75 s of footage, a gap of 20 s and 10 s more, on the recorder's manual clock."""
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS + 50 * NS_PER_S, now_running_ns=5 * NS_PER_S)
    box = make_box(tmp_path, clock, [volume(tmp_path), volume(tmp_path, "spare")])
    start_ms = footage_office.recorded(box, h264_clip)
    served = footage_office.serve(box, start_ms, tmp_path / "office")
    yield served
    served.close()
    box.catalogue.close()


# ── a school's gate and office over the same files ────────────────────────────────────────────────────────────────
@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """people.sqlite of a school; hashing its secrets takes longer than most tests do."""
    return make_accounts(tmp_path_factory.mktemp("accounts"), MIDNIGHT)


@pytest.fixture
def campus(tmp_path: Path, accounts: Path) -> Iterator[School]:
    shutil.copy(accounts, tmp_path)
    with school(tmp_path, TEN) as served:
        yield served


@pytest.fixture
def gate(campus: School) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.gate_url, headers={"accept": "text/html"}, trust_env=False) as opened:
        opened.get("/")
        yield opened


@pytest.fixture
def leader(campus: School) -> Iterator[httpx.Client]:
    with logged_in(campus, "leader") as client:
        yield client


@pytest.fixture
def teacher(campus: School) -> Iterator[httpx.Client]:
    with logged_in(campus, "teacher") as client:
        yield client
