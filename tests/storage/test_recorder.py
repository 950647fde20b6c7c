"""The recorder role against a camera that is not ours."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from foundation.finding import read_open_findings
from storage import query
from storage.segment_file import NotOurSegment, read_segment, sha256_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.process


def pictures(path: Path) -> int:
    """Decode a file from start to end; raises av.FFmpegError on the first damaged picture."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        count = sum(1 for _ in container.decode(video=0))
    return count


def segment_files(volume: Path, point: str = "*") -> list[Path]:
    return sorted(volume.glob(f"footage/{point}/*/*.mp4"))


def fragments(volume: Path, point: str = "*") -> int:
    count = 0
    for path in segment_files(volume, point):
        with contextlib.suppress(NotOurSegment):  # its head is being written
            count += len(read_segment(path).fragments)
    return count


def recorded(path: Path, count: int, point: str = "*") -> Callable[[], bool]:
    def enough() -> bool:
        return fragments(path, point) >= count

    return enough


def test_real_footage_survives_a_killed_recorder_up_to_the_last_fragment(
    gst_camera: Any, recorder_process: Any, real_clip: Path, tmp_path: Path
) -> None:
    camera = gst_camera([real_clip])
    recorder = recorder_process({"gate": camera.url()})

    def newest_with_five() -> Path | None:  # a minute may end meanwhile, and with it a file
        for path in segment_files(tmp_path / "volume")[-1:]:
            with contextlib.suppress(NotOurSegment):
                return path if len(read_segment(path).fragments) >= 5 else None
        return None

    path = wait_until(newest_with_five, what="five fragments")
    recorder.kill()

    assert path is not None
    found = read_segment(path)
    assert len(found.fragments) >= 5
    assert pictures(path) >= 10 * len(found.fragments), "each fragment is a second of ten pictures"

    again = recorder_process({"gate": camera.url()})
    again.wait_for("ready")
    wait_until(lambda: query.recordings(tmp_path / "catalogue.sqlite")[0].state == "recording", what="recording")
    known = query.segments_between(tmp_path / "catalogue.sqlite", "gate", 0, 2**53)
    [whole] = [each for each in known if tmp_path / "volume" / each.path == path]
    assert whole.state == 1
    assert whole.size_bytes == path.stat().st_size == read_segment(path).whole_bytes
    assert again.stop() == 0
    assert all(
        segment.state == 1 for segment in query.segments_between(tmp_path / "catalogue.sqlite", "gate", 0, 2**53)
    )
    gaps = query.gaps(tmp_path / "catalogue.sqlite", "gate", whole.key.start_ms, whole.end_ms + 1000)
    assert [gap.cause for gap in gaps] in (["recorder_died"], [])


def test_a_stopped_recorder_leaves_every_segment_whole_and_hashed(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, h265_clip: Path, tmp_path: Path
) -> None:
    camera = gst_camera([h264_clip, h265_clip])
    recorder = recorder_process({"gate": camera.url(0), "hall": camera.url(1)})
    for point in ("gate", "hall"):
        wait_until(recorded(tmp_path / "volume", 3, point), what=f"three fragments of {point}")
    assert recorder.stop() == 0
    for point in ("gate", "hall"):  # a minute that has just begun may have a few pictures only
        assert sum(map(pictures, segment_files(tmp_path / "volume", point))) >= 75
        for segment in query.segments_between(tmp_path / "catalogue.sqlite", point, 0, 2**53):
            path = tmp_path / "volume" / segment.path
            assert segment.size_bytes == path.stat().st_size
            assert segment.duration_ms == pytest.approx(pictures(path) * 40, abs=80)
            assert segment.sha256 == sha256_of(path)


def test_a_refused_log_in_is_one_finding_and_no_further_try(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, tmp_path: Path
) -> None:
    camera = gst_camera([h264_clip])
    recorder = recorder_process({"gate": camera.url()}, password="wrong")
    recorder.wait_for("ready")
    journal = tmp_path / "journal" / "recorder.sqlite"

    def about_the_camera() -> list[tuple[str, str]]:
        return [(each.subject, each.kind) for each in read_open_findings(journal) if each.subject != "volume:main"]

    wait_until(about_the_camera, what="a finding")
    assert about_the_camera() == [("device:cam-gate", "camera.login_refused")]
    wait_until(lambda: query.recordings(tmp_path / "catalogue.sqlite")[0].state == "refused", what="refused")
    tries = recorder.output().count("recording stopped")
    time.sleep(4)
    assert recorder.output().count("recording stopped") == tries == 1
    assert "wrong" not in recorder.output()


@pytest.mark.parametrize(
    ("trouble", "cause"), [("drop", "end_of_stream"), ("end", "end_of_stream"), ("stall", "stalled")]
)
def test_a_stream_that_ends_has_a_cause_and_is_tried_again(
    gst_camera: Any, recorder_process: Any, h264_clip: Path, tmp_path: Path, trouble: str, cause: str
) -> None:
    camera = gst_camera([h264_clip])
    recorder_process({"gate": camera.url()})
    wait_until(recorded(tmp_path / "volume", 2), what="footage")
    camera.tell(trouble)
    catalogue = tmp_path / "catalogue.sqlite"
    wait_until(lambda: query.runs(catalogue, "gate")[0].end_cause, what="the end noticed")
    camera.tell("go")
    before = fragments(tmp_path / "volume")
    wait_until(lambda: fragments(tmp_path / "volume") > before + 1, what="recording again")
    wait_until(lambda: len(query.runs(catalogue, "gate")) == 2, what="two runs")
    first, second = query.runs(catalogue, "gate")[:2]
    assert first.end_cause == cause
    assert first.end_ms is not None
    gaps = query.gaps(catalogue, "gate", first.start_ms, second.start_ms + 1)
    if second.start_ms - first.end_ms < query.GAP_MS:  # the retry was quicker than what counts as a gap
        assert gaps == []
    else:
        assert [(gap.cause, gap.start_ms, gap.end_ms) for gap in gaps] == [(cause, first.end_ms, second.start_ms)]
