"""Playback, live tail and export, read back by decoders that are not ours."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from foundation.sqlite import open_read_only
from storage import query
from storage.export import ExportRefused, ExportRequest, export_footage
from storage.mounted import Mounted, mounted
from storage.playback import NoFootage, Playback, codecs_of, live_tail, open_playback
from storage.timeline import timeline
from tests.storage.box import Box, play, volume
from uplink.signature import PinnedKeys, SigningKey


def volumes_of(box: Box) -> list[Mounted]:
    with open_read_only(box.path) as reader:
        return mounted(reader, [volume(box.folder), volume(box.folder, "spare")])


def shown(source: Any) -> list[float]:
    """Times of all pictures in seconds, decoded from start to end."""
    with av.open(source) as container:
        stream = container.streams.video[0]
        return [float(frame.pts * stream.time_base) for frame in container.decode(stream)]


def whole(film: Playback) -> bytes:
    return b"".join(film.read())


@pytest.fixture
def recorded(box: Box, h264_clip: Path) -> tuple[Box, int]:
    """75 s over two minute borders, 20 s of nothing, 10 s more."""
    start_ms = box.catalogue.now_ms()
    run = box.run()
    play(run, h264_clip, box.clock, seconds=75)
    run.end("stalled")
    box.clock.advance(seconds=20)
    run = box.run()
    play(run, h264_clip, box.clock, seconds=10)
    run.end("asked")
    return box, start_ms


def test_a_stretch_over_segments_and_a_gap_is_one_film_in_wall_time(recorded: tuple[Box, int]) -> None:
    box, start_ms = recorded
    film = open_playback(box.path, volumes_of(box), "gate", start_ms, start_ms + 200_000)
    assert (film.start_ms, film.end_ms, film.next_ms) == (start_ms, start_ms + 105_000, None)
    data = whole(film)
    assert len(data) == film.size
    times = shown(io.BytesIO(data))
    assert len(times) == 85 * 25
    assert times[0] == 0
    assert times[75 * 25 - 1] == pytest.approx(74.96, abs=0.01)
    assert times[75 * 25] == pytest.approx(95, abs=0.01)
    with av.open(io.BytesIO(data), "r") as container:
        assert (container.duration or 0) / 1e6 == pytest.approx(105, abs=0.1)
        container.seek(97_000_000)
        frame: Any = next(container.decode(video=0))
        assert 94 <= float(frame.pts * container.streams.video[0].time_base) <= 97


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_range_of_bytes_is_that_range_of_the_whole(recorded: tuple[Box, int], data: st.DataObject) -> None:
    box, start_ms = recorded
    film = open_playback(box.path, volumes_of(box), "gate", start_ms, start_ms + 200_000)
    reference = whole(film)
    start = data.draw(st.integers(0, film.size - 1))
    end = data.draw(st.integers(start, min(film.size, start + 400_000)))
    assert b"".join(film.read(start, end)) == reference[start:end]


def test_a_growing_segment_plays_up_to_its_last_fragment(box: Box, h264_clip: Path) -> None:
    start_ms = box.catalogue.now_ms()
    run = box.run()
    play(run, h264_clip, box.clock, seconds=5.5)
    film = open_playback(box.path, volumes_of(box), "gate", start_ms, start_ms + 60_000)
    assert len(shown(io.BytesIO(whole(film)))) == 125
    run.end("asked")


def test_another_format_begins_another_film(box: Box, h264_clip: Path, clip_files: Any, tmp_path: Path) -> None:
    start_ms = box.catalogue.now_ms()
    other = clip_files.synthetic(tmp_path / "other.clip", size=(640, 360), seconds=2)
    for clip in (h264_clip, other):
        run = box.run()
        play(run, clip, box.clock, seconds=2)
        run.end("format_changed")
    film = open_playback(box.path, volumes_of(box), "gate", start_ms, start_ms + 60_000)
    assert film.next_ms is not None
    assert len(shown(io.BytesIO(whole(film)))) == 50
    rest = open_playback(box.path, volumes_of(box), "gate", film.next_ms, start_ms + 60_000)
    assert len(shown(io.BytesIO(whole(rest)))) == 50


def test_nothing_there_is_said(box: Box) -> None:
    with pytest.raises(NoFootage):
        open_playback(box.path, volumes_of(box), "gate", 0, 1000)


def test_the_live_tail_gives_each_fragment_once_on_one_time_axis(box: Box, h264_clip: Path) -> None:
    base_ms = box.catalogue.now_ms()
    run = box.run()
    after_ms, film, heads = base_ms, b"", []
    for round_ in range(8):
        play(run, h264_clip, box.clock, seconds=3, first=round_ * 75)
        piece = live_tail(
            box.path, volumes_of(box), "gate", after_ms=after_ms, base_ms=base_ms, now_ms=box.catalogue.now_ms()
        )
        assert piece is not None
        heads.append(piece.head)
        film += piece.data
        after_ms = piece.end_ms
    run.end("asked")
    times = shown(io.BytesIO(heads[0] + film))
    assert times == pytest.approx([number / 25 for number in range(len(times))], abs=0.003)
    assert len(times) >= 23 * 25
    assert codecs_of(heads[0]).startswith("avc1.64")


def test_the_timeline_shows_footage_gaps_with_cause_and_holds(recorded: tuple[Box, int]) -> None:
    box, start_ms = recorded
    found = timeline(box.path, "gate", start_ms, start_ms + 105_000, box.catalogue.now_ms())
    assert [(span.start_ms - start_ms, span.end_ms - start_ms) for span in found.footage] == [
        (0, 75_000),
        (95_000, 105_000),
    ]
    assert [(gap.cause, gap.end_ms - gap.start_ms) for gap in found.gaps] == [("stalled", 20_000)]


@pytest.fixture
def exporter(recorded: tuple[Box, int], tmp_path: Path) -> Callable[..., Any]:
    box, start_ms = recorded

    def export(first_ms: int, last_ms: int, **changes: Any) -> Any:
        request = ExportRequest(
            points={"gate": "东门"},
            start_ms=start_ms + first_ms,
            end_ms=start_ms + last_ms,
            person="王警官",
            reason="案件 2026-11-</script>21",
            campus="test",
        )
        key = SigningKey(bytes(range(32)))
        arguments = {
            "catalogue": box.path,
            "volumes": volumes_of(box),
            "folder": tmp_path / f"export-{first_ms}-{last_ms}",
            "sign": key.sign,
            "public_key": key.public_key,
            "now_ms": box.catalogue.now_ms(),
            **changes,
        }
        return export_footage(request, **arguments)

    return export


@pytest.mark.parametrize(
    ("first_ms", "last_ms", "pictures"),
    [(0, 105_000, 85 * 25), (12_340, 47_000, 867), (3_000, 8_000, 125), (70_000, 97_000, 5 * 25 + 50), (200, 400, 5)],
)
def test_an_export_begins_and_ends_exactly_as_asked(
    exporter: Callable[..., Any], first_ms: int, last_ms: int, pictures: int
) -> None:
    shares: list[float] = []
    made = exporter(first_ms, last_ms, progress=shares.append)
    container: Any
    with av.open(str(made.films[0])) as container:
        assert container.duration / 1000 == pytest.approx(last_ms - first_ms, abs=50)
        stream = container.streams.video[0]
        times = [float(frame.pts * stream.time_base) for frame in container.decode(stream)]
    inside = [time for time in times if -0.001 <= time < (last_ms - first_ms) / 1000 - 0.001]
    assert len(inside) == pytest.approx(pictures, abs=1)
    assert times[-1] < (last_ms - first_ms) / 1000
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_manifest_names_everything_and_its_signature_holds(
    exporter: Callable[..., Any], recorded: tuple[Box, int]
) -> None:
    made = exporter(1_000, 90_000)
    manifest = json.loads(made.manifest.read_bytes())
    key = SigningKey(bytes(range(32)))
    assert PinnedKeys.of([key.public_key]).verify(manifest) == key.key_id
    [film] = manifest["films"]
    assert film["sha256"] == hashlib.sha256(made.films[0].read_bytes()).hexdigest()
    assert film["bytes"] == made.films[0].stat().st_size
    segments = query.segments_between(recorded[0].path, "gate", 0, 2**53)
    assert [source["sha256"] for source in film["sources"]] == [
        segment.sha256.hex() for segment in segments[:3] if segment.sha256
    ]
    assert [gap["cause"] for gap in film["gaps"]] == ["stalled"]
    assert (manifest["person"], manifest["start_ms"]) == ("王警官", recorded[1] + 1_000)


def test_more_than_a_day_is_refused(exporter: Callable[..., Any]) -> None:
    with pytest.raises(ExportRefused):
        exporter(0, 86_400_001)


@pytest.mark.browser
def test_the_checker_page_finds_a_changed_film_and_a_changed_manifest_in_a_browser(
    exporter: Callable[..., Any], browser: Browser, tmp_path: Path
) -> None:
    made = exporter(1_000, 30_000, folder=tmp_path / "D 盘" / "录像 导出#1")
    forged = tmp_path / "forged.html"
    forged.write_text(made.checker.read_text().replace("王警官", "李警官"))
    film = made.films[0]
    computer = browser.new_context(offline=True)
    page = computer.new_page()
    errors: list[str] = []
    asked: set[str] = set()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: asked.add(request.url))
    page.goto(made.checker.as_uri())
    page.wait_for_selector("body[data-signature=good]")
    assert "王警官" in page.inner_text("#about")
    page.set_input_files("#files", str(film))
    page.wait_for_selector("td[data-result=good]")
    changed = tmp_path / "changed" / film.name
    changed.parent.mkdir()
    data = bytearray(film.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    page.set_input_files("#files", str(changed))
    page.wait_for_selector("td[data-result=bad]")
    page.goto(forged.as_uri())
    page.wait_for_selector("body[data-signature=bad]")
    assert errors == []
    assert asked == {made.checker.as_uri(), forged.as_uri()}, "nothing but the page itself is ever loaded"
    # The page's own rule, not only the missing network; the console may be told after the script is.
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        refused = page.evaluate("fetch('https://example.org/').then(() => 'sent', (error) => 'refused')")
    assert refused == "refused"
    computer.close()
