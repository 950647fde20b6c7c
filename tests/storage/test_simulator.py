"""The recorder role against the simulator's cameras, end to end: each trouble ends a run with its name, none a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from config.volume import Volume
from foundation.finding import FindingOpened, read_open_findings
from foundation.journal import read_entries
from foundation.sqlite import open_read_only
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from simulator.faults import Fault
from storage import query
from storage.check import check
from storage.mounted import mounted
from tests.support.waiting import wait_until

pytestmark = pytest.mark.process

SMALL = Quality(width=320, height=240, fps=5, bitrate_bps=200_000)
SMALL_SUB = SubQuality(width=160, height=120, fps=2, bitrate_bps=64_000)


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A gate in H.264 and a corridor in H.265."""
    with Campus(cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=tmp_path_factory.mktemp("loops")) as running:
        yield running


class Watched:
    """A recorder of the campus, and what it has written."""

    def __init__(self, campus: Campus, start: Callable[..., Any], folder: Path) -> None:
        self.campus, self.folder = campus, folder
        self.catalogue = folder / "catalogue.sqlite"
        account = campus.account
        points = {name: campus.addresses(name).rtsp_main_url for name in ("gate", "corridor")}
        self.process = start(points, user=account.user, password=account.password)
        self.process.wait_for("ready")

    def runs(self, point: str = "gate") -> list[query.RecordedRun]:
        return query.runs(self.catalogue, point)

    def records(self, point: str = "gate", *, after_runs: int = 0) -> None:
        """Wait until the point is recorded, in a run beyond the first so many."""

        def recording() -> bool:
            state = next(each for each in query.recordings(self.catalogue) if each.point == point)
            runs = self.runs(point)
            growing = state.state == "recording" and state.bytes > 0
            return growing and len(runs) > after_runs and runs[-1].end_ms is None

        wait_until(recording, what=f"recording of {point}")

    def ended(self, number: int, point: str = "gate") -> str:
        """Wait for the end of a run; why it ended."""
        wait_until(lambda: self.runs(point)[number].end_cause, what=f"the end of run {number}")
        return self.runs(point)[number].end_cause or ""

    def findings(self) -> set[tuple[str, str]]:
        journal = self.folder / "journal" / "recorder.sqlite"
        return {(each.subject, each.kind) for each in read_open_findings(journal) if each.subject != "volume:main"}

    def stop(self) -> None:
        """An orderly end, after which every file decodes and the check is clean."""
        assert self.process.stop(20) == 0
        for path in sorted(self.folder.glob("volume/footage/*/*/*.mp4")):
            with av.open(str(path)) as container:
                container.streams.video[0].codec_context.options = {"err_detect": "explode"}
                assert sum(1 for _ in container.decode(video=0)) > 0, path
        with open_read_only(self.catalogue) as reader:
            volumes = mounted(reader, [Volume(id="main", path=self.folder / "volume", own_disk=False)])
        assert check(self.catalogue, volumes).found == ()


@pytest.fixture
def watched(campus: Campus, recorder_process: Any, tmp_path: Path) -> Iterator[Watched]:
    for camera in campus.cameras:
        campus.set_fault(camera.id, None)
    yield Watched(campus, recorder_process, tmp_path)
    for camera in campus.cameras:
        campus.set_fault(camera.id, None)


def test_unplugged_stalled_and_changed_cameras_end_their_runs_by_name_and_come_back(watched: Watched) -> None:
    campus = watched.campus
    watched.records("gate")
    watched.records("corridor")
    assert [watched.runs(point)[0].codec for point in ("gate", "corridor")] == ["h264", "h265"]

    campus.set_fault("gate", Fault.DOWN)
    assert watched.ended(0) in ("end_of_stream", "connection_lost")
    wait_until(lambda: ("point:gate", "storage.unreachable") in watched.findings(), what="the finding")
    campus.set_fault("gate", None)
    watched.records("gate", after_runs=1)
    wait_until(lambda: watched.findings() == set(), what="all well")

    campus.set_fault("gate", Fault.STALL)
    assert watched.ended(1) == "stalled"
    wait_until(lambda: ("point:gate", "storage.stalled") in watched.findings(), what="the finding")
    campus.set_fault("gate", None)
    watched.records("gate", after_runs=2)

    campus.set_fault("gate", Fault.CODEC_CHANGED)
    assert watched.ended(2) in ("stalled", "end_of_stream", "connection_lost")
    watched.records("gate", after_runs=3)
    assert watched.runs()[-1].codec == "h265"

    assert len(watched.runs("corridor")) == 1, "one camera's trouble is not another's"
    watched.stop()
    assert [watched.runs(point)[-1].end_cause for point in ("gate", "corridor")] == ["asked", "asked"]
    first, last = watched.runs()[0], watched.runs()[-1]
    gaps = query.gaps(watched.catalogue, "gate", first.start_ms, last.start_ms)
    assert {gap.cause for gap in gaps} <= {run.end_cause for run in watched.runs()[:-1]}


def test_a_password_changed_while_it_recorded_is_one_finding_and_stops_the_tries(watched: Watched) -> None:
    watched.records("gate")
    watched.campus.set_fault("gate", Fault.DOWN)
    watched.ended(0)
    watched.campus.set_fault("gate", Fault.REFUSES_LOGIN)
    refused = ("device:cam-gate", "camera.login_refused")
    wait_until(lambda: refused in watched.findings(), what="the finding")

    def refused_is_shown() -> bool:
        return any((each.point, each.state) == ("gate", "refused") for each in query.recordings(watched.catalogue))

    wait_until(refused_is_shown, what="the state")
    tries = watched.process.output().count("recording stopped")
    assert watched.campus.account.password not in watched.process.output()
    watched.stop()
    assert watched.process.output().count("recording stopped") == tries, "cameras lock accounts"


def test_a_camera_that_flaps_between_pictures_makes_no_storm_of_files(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, clip_files: Any, tmp_path: Path
) -> None:
    small = clip_files.synthetic(tmp_path / "small.clip", size=(160, 120), seconds=2)
    camera = gst_camera([h264_clip, small])
    recorder = recorder_process({"gate": camera.url()})
    catalogue = tmp_path / "catalogue.sqlite"
    recorder.wait_for("ready")
    wait_until(lambda: query.recordings(catalogue)[0].bytes > 100_000, what="footage")
    journal = tmp_path / "journal" / "recorder.sqlite"

    def told() -> bool:  # in the journal: the finding is cleared a second later, when it records again
        opened = (entry.read(FindingOpened) for entry in read_entries(journal, after=0, kind=FindingOpened.kind))
        return any(each.finding.kind == "storage.stream_unsupported" for each in opened)

    def shows_the_other() -> bool:
        return query.runs(catalogue, "gate")[-1].width_px == other or told()

    for clip, other in ((1, 160), (0, 320), (1, 160), (0, 320), (1, 160)):
        camera.tell(f"swap {clip}")
        wait_until(shows_the_other, what=f"{other} pixels")
    wait_until(told, what="the finding")
    runs = query.runs(catalogue, "gate")
    assert {(run.width_px, run.height_px) for run in runs} == {(320, 240), (160, 120)}
    assert runs[0].end_cause == "format_changed"
    assert len(runs) <= 6
    assert recorder.stop(20) == 0
    for path in tmp_path.glob("volume/footage/*/*/*.mp4"):
        with av.open(str(path)) as container:
            sizes = {(frame.width, frame.height) for frame in container.decode(video=0)}
        assert len(sizes) == 1, "no file holds two pictures' sizes"
