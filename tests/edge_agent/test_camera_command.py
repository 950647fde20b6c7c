"""`edge-agent camera …` as a technician uses it, against simulated cameras; what it prints is pasted and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from camera.http_call import Limits
from camera.inspector import inspector
from camera.onvif.model import Codec, Encoder
from camera.onvif.setting import read_encoder
from config.settings import read_settings
from edge_agent import encoder_fitting
from edge_agent.camera_reach import CameraReach
from edge_agent.cli import app
from edge_agent.role import Role
from foundation.clock import SystemClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal
from foundation.state import StateDirectory
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from simulator.faults import Fault
from simulator.port import free_port
from storage.catalogue import Catalogue
from storage.forecast import PointHistory, forecast_volume
from tests.camera.raw_server import RawServer
from tests.camera.scripted_device import ScriptedDevice
from tests.support.discovery import alone_on_loopback
from tests.support.sntp import time_server
from tests.support.waiting import WAIT_AT_MOST_S

SMALL = Quality(width=320, height=180, fps=5, bitrate_bps=400_000)
SMALL_SUB = SubQuality(width=160, height=90, fps=2, bitrate_bps=64_000)


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    with (
        alone_on_loopback(),
        Campus(
            cameras=demo_cameras(2, SMALL, SMALL_SUB),
            cache=root / ".cache" / "simulator-tests",
            progress=lambda _: None,
            discoverable=True,
            prepare_faults=False,
        ) as running,
    ):
        yield running


@dataclass(slots=True)
class Desk:
    """A settings file, a state directory, and somebody who types."""

    root: Path
    campus: Campus

    @property
    def config(self) -> Path:
        return self.root / "campus.yaml"

    @property
    def state(self) -> StateDirectory:
        return StateDirectory(self.root / "state").create()

    def write(self, *printed: str) -> None:
        """The settings with whatever was printed pasted under them."""
        (self.root / "disk").mkdir(exist_ok=True)
        self.config.write_text(
            "campus: {id: east, name: East School, address: Road 1, gatehouse_phone: '123456'}\n"
            f"credentials: [{{id: cams, user: {self.campus.account.user}, password_env: CAMS}}]\n"
            f"volumes: [{{id: main, path: {self.root / 'disk'}, when_full: stop}}]\n"
            "retention: [{id: law}]\n"
            "pages: {gatehouse: {port: 8001}, office: {port: 8002}}\n" + "\n".join(printed),
            encoding="utf-8",
        )

    def type(self, *words: str, password: str | None = None) -> Result:
        """`edge-agent camera WORDS`."""
        return CliRunner().invoke(
            app, ["camera", *words], env={"CAMS": password or self.campus.account.password}, catch_exceptions=False
        )

    def here(self, *words: str, password: str | None = None) -> Result:
        """The same, with the settings and the state directory."""
        return self.type(*words, "--config", str(self.config), "--state", str(self.state.root), password=password)

    def enrolled(self) -> None:
        """Both cameras in the settings, as enrolment writes them; asking around would find other tests' cameras too."""
        ids = [spec.id for spec in self.campus.cameras]
        devices = [
            f"- {{id: {one}, name: {one}, address: '{self.campus.addresses(one).onvif_url}', credential: cams}}"
            for one in ids
        ]
        points = [f"- {{id: {one}, name: {one}, device: {one}, volume: main, retention: law}}" for one in ids]
        self.write("devices:", *devices, "points:", *points)

    def rounds(self, count: int = 1) -> None:
        """The inspector went round."""
        clock = SystemClock()
        journal = Journal.open(self.state.journal(Role.INSPECTOR), clock)
        made = inspector(
            read_settings(self.config), clock, self.state.database("cameras"), FindingBoard(journal, clock)
        )
        made.rounds.prepare()
        for _ in range(count):
            made.rounds.run_once()
        made.rounds.close()
        made.close()
        journal.database.close()


@pytest.fixture
def desk(tmp_path: Path, campus: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("CAMS", campus.account.password)
    patient = Limits(connect_s=WAIT_AT_MOST_S, call_s=WAIT_AT_MOST_S)
    monkeypatch.setattr("camera.onvif.discovery._ASKING_LIMITS", patient)  # two seconds, which a busy machine may take
    yield Desk(tmp_path, campus)
    for spec in campus.cameras:
        campus.set_fault(spec.id, None)


def test_what_discovery_prints_is_pasted_and_accepted(desk: Desk) -> None:
    desk.write()
    found = desk.type("discover", "--interface", "lo", "--credential", "cams")
    assert found.exit_code == 0, found.output
    desk.write(found.stdout)
    checked = CliRunner().invoke(app, ["check-config", str(desk.config)])
    assert checked.exit_code == 0, checked.output
    assert "2 devices" in checked.output
    again = desk.type("discover", "-i", "127.0.0.1", "--config", str(desk.config))
    assert again.stdout == ""
    assert "2 台已登记" in again.stderr


def test_an_address_list_finds_who_speaks_onvif(desk: Desk) -> None:
    at = desk.campus.addresses("gate").onvif_url.removeprefix("http://").partition("/")[0]
    found = desk.type("discover", "-a", at, "-a", "127.0.0.1:9", "--json")
    assert [one["address"] for one in json.loads(found.stdout)] == [desk.campus.addresses("gate").onvif_url]
    assert desk.type("discover", "-a", "127.0.0.1:9").exit_code == 1
    assert desk.type("discover").exit_code == 2
    assert "eth9" in desk.type("discover", "-i", "eth9").stderr


def test_enrolment_tells_who_they_are_and_prints_points_that_are_accepted(desk: Desk) -> None:
    desk.write()
    told = desk.here("enrol", "-i", "127.0.0.1", "--credential", "cams")
    assert "SIM000001" in told.stderr
    assert "02:00:5e:10:00:01" in told.stderr
    desk.write(told.stdout)
    settings = read_settings(desk.config)
    assert {point.id for point in settings.points} == {"gate", "corridor"}
    wrong = desk.here("enrol", "-a", desk.campus.addresses("gate").onvif_url, "--credential", "cams", password="wrong")
    assert wrong.exit_code == 1
    assert "登录被拒绝" in wrong.stderr


def test_a_swapped_camera_is_said_at_the_desk_and_found_by_the_inspector(desk: Desk) -> None:
    desk.enrolled()
    desk.rounds()
    desk.campus.set_fault("gate", Fault.NEW_IDENTITY)
    told = desk.here("enrol", "-a", desk.campus.addresses("gate").onvif_url, "--credential", "cams")
    assert "此地址原来是 SIM000001" in told.stderr
    assert told.stdout == ""  # it stands in the settings already


def test_show_says_what_the_inspector_knows_and_asks_nobody(desk: Desk) -> None:
    desk.enrolled()
    assert "巡检还没有运行过" in desk.here("show").stderr
    desk.rounds()
    for spec in desk.campus.cameras:
        desk.campus.set_fault(spec.id, Fault.DOWN)
    shown = desk.here("show", "corridor")
    assert "SIM000002" in shown.stdout
    assert "H265 320x180 5 fps 400 kbit/s" in shown.stdout
    assert len(json.loads(desk.here("show", "--json").stdout)) == 2
    assert "gate" in desk.here("show", "roof").stderr


def test_a_device_that_refused_a_role_is_left_alone(desk: Desk) -> None:
    desk.enrolled()
    journal = Journal.open(desk.state.journal(Role.RECORDER), SystemClock())
    board = FindingBoard(journal, SystemClock())
    board.open("device:gate", "camera.login_refused", Severity.FAILING)
    refused = desk.here("clock", "gate")
    assert refused.exit_code == 1
    assert "拒绝过登录" in refused.stderr
    board.clear("device:gate", "camera.login_refused")
    assert desk.here("clock", "gate").exit_code == 0
    journal.database.close()


def test_whatever_is_refused_is_said_in_chinese_first(desk: Desk) -> None:
    desk.enrolled()
    text = desk.config.read_text(encoding="utf-8")
    desk.campus.set_fault("gate", Fault.DOWN)
    refusals = [
        desk.here("clock", "gate"),
        desk.here("clock", "roof"),
        desk.here("clock", "--set"),
        desk.here("show"),
        desk.here("fit"),
        desk.here("fit", "--undo"),
        desk.here("fit", "gate", "--undo"),
        desk.type("discover"),
        desk.type("discover", "-i", "eth77"),
        desk.type("discover", "-a", "127.0.0.1:9"),
        desk.here("enrol", "-a", "127.0.0.1:9"),
        desk.here("enrol", "-a", desk.campus.addresses("corridor").onvif_url, "--credential", "nobody"),
        desk.here("file", "list"),
        desk.here("file", "show", "roof"),
    ]
    asked = desk.here("held", "--wait-s", "0", password="wrong")
    desk.config.write_text(text.replace("password_env: CAMS", "password_env: CAMS2"), encoding="utf-8")
    refusals.append(desk.here("clock", "corridor"))
    desk.config.write_text(text.replace("keep_days", "keep_dayz").replace("volumes", "volumez"), encoding="utf-8")
    refusals.append(desk.here("show"))
    assert [one.output for one in refusals if one.exit_code == 0] == []
    said = [line for one in (*refusals, asked) for line in one.output.strip().splitlines()]
    assert [line for line in said if not re.search("[\u4e00-\u9fff]", line.partition(" / ")[0])] == []


def test_a_clock_is_told_with_its_error_and_set_only_on_request(desk: Desk) -> None:
    desk.enrolled()
    desk.campus.set_fault("gate", Fault.CLOCK_WRONG)
    told = desk.here("clock")
    assert told.exit_code == 1
    measured = re.search(r"▲ gate: \+(\d+\.\d+) s ± (\d+\.\d+) s", told.stdout)
    assert measured is not None, told.stdout
    assert abs(float(measured[1]) - 600.0) <= float(measured[2]) + 0.1
    assert "● corridor" in told.stdout
    assert desk.here("clock", "--set").exit_code == 2
    done = desk.here("clock", "gate", "--set")
    assert done.exit_code == 0, done.output
    assert "CST-8" in done.stdout
    desk.campus.set_fault("corridor", Fault.IGNORES_SET)
    assert desk.here("clock", "corridor", "--set").exit_code == 0  # it is right, and told so when read back


def test_a_camera_is_told_to_follow_a_time_server_and_watched_until_it_does(desk: Desk) -> None:
    desk.enrolled()
    desk.campus.set_fault("gate", Fault.CLOCK_WRONG)
    assert desk.here("clock", "--ntp", "127.0.0.1").exit_code == 2, "no device is named"
    assert "只能选一个" in desk.here("clock", "gate", "--ntp", "127.0.0.1", "--set").stderr
    with time_server() as port:
        desk.campus._running["gate"]._clock.server_port = port
        followed = desk.here("clock", "gate", "--ntp", "127.0.0.1", "--watch-s", "30")
    assert followed.exit_code == 0, followed.output
    assert re.search(r"● gate: .*，NTP，时区 zone CST-8", followed.stdout)
    desk.campus.set_fault("gate", None)
    desk.campus.set_fault("gate", Fault.CLOCK_WRONG)
    lost = desk.here("clock", "gate", "--ntp", "127.0.0.1", "--watch-s", "0")  # nobody is there any more
    assert lost.exit_code == 1
    assert "走时不准" in lost.stdout


def test_held_footage_is_told_beside_our_verdict_and_a_liar_is_unknown(desk: Desk) -> None:
    desk.enrolled()
    desk.campus.set_fault("corridor", Fault.LIES_ABOUT_FOOTAGE)
    told = desk.here("held", "--wait-s", "1.5")
    assert told.exit_code == 1
    blocks = re.split(r"^(?=[●▲○])", told.stdout, flags=re.MULTILINE)  # devices stand in the order they were found
    gate = next(block for block in blocks if block.startswith("● gate"))
    corridor = next(block for block in blocks if block.startswith("▲ corridor"))
    assert "可信 plausible" in gate
    assert "缺失 gap" in gate
    assert "（0.08 天 days）" in gate
    assert "verdict 未知 unknown" in corridor
    assert "1970" in corridor


def test_a_device_that_cannot_be_asked_is_unknown_and_one_without_profile_g_is_no_trouble(desk: Desk) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/onvif/device_service"
    with RawServer(ScriptedDevice()) as old:
        devices = [
            f"- {{id: {name}, name: {name}, address: '{at}'}}" for name, at in (("old", old.url), ("gone", nobody))
        ]
        desk.write("devices:", *devices, "points: []")
        assert desk.here("held", "old", "--wait-s", "0").exit_code == 0
        told = desk.here("held", "--wait-s", "0")
    assert told.exit_code == 1
    assert "○ old: 没有 Profile G" in told.stdout
    assert "○ gone: " in told.stdout
    assert "对方拒绝连接" in told.stdout


def test_the_desk_of_a_campus_without_recordings_is_told_so(desk: Desk) -> None:
    desk.enrolled()
    assert desk.here("fit").exit_code in (1, 2)
    assert desk.here("fit", "--apply").exit_code == 2


@pytest.fixture
def recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A forecast made of a year's hour that two cameras wrote; the disk holds 45 days of it. Then: the rate that the
    recorder measures."""
    desk.enrolled()
    per_hour = 50_000 * 3600  # 400 kbit/s
    histories = [
        PointHistory(point=point, keep_days=90, written={0: (per_hour, 3_600_000)}) for point in ("gate", "corridor")
    ]
    forecast = forecast_volume("main", capacity_bytes=2 * per_hour * 24 * 45, histories=histories, now_hour=1)
    monkeypatch.setattr(encoder_fitting, "forecast_all", lambda *_: [forecast])
    catalogue = Catalogue(desk.state.database("catalogue"), SystemClock())
    numbers = catalogue.enrol_points(read_settings(desk.config))
    catalogue.close()

    def measure(bits_per_s: int) -> None:
        catalogue = Catalogue(desk.state.database("catalogue"), SystemClock())
        with catalogue.database.transaction() as transaction:
            for number in numbers.values():
                transaction.execute(
                    "INSERT OR REPLACE INTO recording VALUES (?, 'recording', 0, 1, ?, 1, NULL, 1)",
                    (number, bits_per_s),
                )
        catalogue.close()

    return measure


def main_encoder(desk: Desk, camera: str) -> Encoder:
    reach = CameraReach(read_settings(desk.config), desk.state.root)
    return read_encoder(reach.device(camera), "VideoEncoder_Profile_1")


def test_a_fit_is_shown_applied_read_back_watched_and_undone(desk: Desk, recorded: Callable[[int], None]) -> None:
    before = main_encoder(desk, "gate")
    shown = desk.here("fit")
    assert "现在可存 43.6 天，调整后 9" in shown.stdout  # 45 days less what the files' frames take
    assert "gate: H264 320x180 5 fps 400 kbit/s → H265" in shown.stdout
    assert shown.exit_code == 0
    assert main_encoder(desk, "gate") == before  # shown, and nothing touched
    (told,) = json.loads(desk.here("fit", "--json").stdout)
    assert told["fits"]
    assert {step["point_id"] for step in told["steps"]} == {"gate", "corridor"}
    recorded(180_000)
    done = desk.here("fit", "gate", "--apply", "--watch-s", "1")
    assert done.exit_code == 0, done.output
    assert "● gate: 已设置并读回" in done.stdout
    assert "● gate: 实际 really 180 kbit/s" in done.stdout
    assert main_encoder(desk, "gate").codec is Codec.H265
    assert main_encoder(desk, "corridor").bitrate_bps == 400_000  # only what was named
    undone = desk.here("fit", "gate", "--undo")
    assert undone.exit_code == 0, undone.output
    assert main_encoder(desk, "gate") == before
    assert "nothing was changed" in desk.here("fit", "gate", "--undo").stderr


def test_a_camera_that_says_ok_and_does_nothing_or_else_is_found_out(
    desk: Desk, recorded: Callable[[int], None]
) -> None:
    recorded(400_000)
    desk.campus.set_fault("gate", Fault.IGNORES_SET)
    ignored = desk.here("fit", "gate", "--apply", "--watch-s", "1")
    assert ignored.exit_code == 1
    assert "set_had_no_effect" in ignored.stderr
    desk.campus.set_fault("gate", Fault.LIES_ABOUT_SET)
    lied = desk.here("fit", "gate", "--apply", "--watch-s", "1")
    assert lied.exit_code == 1
    assert "已设置并读回" in lied.stdout
    assert "实际 400 kbit/s" in lied.stdout
    assert "fit --undo gate" in lied.stdout
