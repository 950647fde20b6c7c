"""How fast the catalogue answers when it is full: `python -m benchmarks.catalogue [--quick]`.

32 points, 90 days, segments of 60 s (4.1 million rows, each day sealed), with four interruptions per point and day.
timeline_day_p99_ms: footage, gaps and holds of one day of one point. verdict_all_ms: verdicts of all points with every
gap of their 90 days. sweep_1000_ms: find 1,000 expired segments, mark, audit and drop them, without the unlinks.
startup_s: open, identify the volume, repair, look for files newer than the catalogue. first_byte_ms: from the call to
the first bytes of an hour's playback, the 99th percentile, from real segment files.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from camera.stream import Codec, Frame, VideoFormat
from config.volume import Volume
from foundation.audit import AuditChain
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from storage.catalogue import Catalogue
from storage.days import DAY_MS, day_number, day_of_number, day_span_ms
from storage.fragment import FragmentBuilder
from storage.ledger import verdicts
from storage.mounted import Mounted
from storage.mp4 import SegmentHeader
from storage.playback import open_playback
from storage.retention import Pressure
from storage.seal import Sealer
from storage.segment import SegmentWriter, segment_path
from storage.shelf import Shelf
from storage.startup import StartupRepair
from storage.sweep import Sweep
from storage.timeline import timeline

POINTS, QUICK_POINTS = 32, 8
DAYS = 90
SEGMENT_MS = 60_000
RUNS_PER_DAY = 5
PICTURES_BYTES = 30_000_000 // 60  # a second of 4 Mb/s
START_MS = day_span_ms("2026-08-01")[0]
VIDEO = VideoFormat(
    Codec.H264, (bytes.fromhex("6764000dacb40a0fd0800000030080000019478a1550"), bytes.fromhex("68ef0fcb")), 320, 240
)


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a quarter of the points")
    points = QUICK_POINTS if parser.parse_args().quick else POINTS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = Path(tempfile.mkdtemp(prefix="catalogue-"))
    try:
        figures = measure(folder, points)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"benchmark": "catalogue", "figures": figures}))


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which so much of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed_ms(work: Callable[[], Any]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure(folder: Path, points: int) -> dict[str, float]:
    """Fill a catalogue, then ask it everything."""
    clock = ManualClock(now_utc_ns=(START_MS + DAYS * DAY_MS) * 1_000_000, now_running_ns=DAYS * DAY_MS * 1_000_000)
    volume = Volume(id="main", path=folder / "main", own_disk=False, reserve_bytes=64 * 1024**2)
    path = folder / "catalogue.sqlite"
    catalogue = Catalogue(path, clock, least_axis_ms=lambda: DAYS * DAY_MS)
    findings = FindingBoard(Journal.open(folder / "journal.sqlite", clock), clock)
    shelf = Shelf([volume], catalogue, findings)
    shelf.look()
    say(f"filling: {points} points x {DAYS} days")
    fill(catalogue, points)
    say("sealing")
    Sealer(catalogue, shelf).once()
    say("writing the newest day's files")
    write_files(catalogue, shelf, points)
    catalogue.close()
    figures: dict[str, float] = {
        "segments": points * DAYS * DAY_MS // SEGMENT_MS,
        "database_bytes": path.stat().st_size,
    }

    def start() -> tuple[Catalogue, Shelf]:
        opened = Catalogue(path, clock)
        shelves = Shelf([volume], opened, findings)
        shelves.look()
        repair = StartupRepair(opened, shelves)
        repair.start()
        repair.close()
        return opened, shelves

    began = time.perf_counter()
    catalogue, shelf = start()
    figures["startup_s"] = round(time.perf_counter() - began, 3)
    now_ms = catalogue.now_ms()
    choose = random.Random(1)
    days = []
    for _ in range(500):
        point, day_ms = f"point-{choose.randrange(points):02d}", START_MS + choose.randrange(DAYS) * DAY_MS
        days.append(timed_ms(partial(timeline, path, point, day_ms, day_ms + DAY_MS, now_ms)))
    figures["timeline_day_p99_ms"] = round(percentile(days, 0.99), 2)
    figures["verdict_all_ms"] = round(percentile([timed_ms(lambda: verdicts(path, now_ms)) for _ in range(5)], 0.99), 1)
    place = shelf.place_for("main")
    playbacks = []
    for _ in range(50):
        start_ms = now_ms - DAY_MS + choose.randrange(22 * 3_600_000)
        playbacks.append(timed_ms(partial(first_byte, path, place.no, volume, start_ms)))
    figures["first_byte_ms"] = round(percentile(playbacks, 0.99), 1)
    figures["sweep_1000_ms"] = round(sweep(catalogue, shelf, clock), 1)
    catalogue.close()
    return figures


def fill(catalogue: Catalogue, points: int) -> None:
    """Rows as recording would have written them."""
    per_run = DAY_MS // SEGMENT_MS // RUNS_PER_DAY
    for no in range(1, points + 1):
        with catalogue.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO point (no, id, since_ms, since_axis_ms, policy, keep_days, delete_after_days, volume) "
                "VALUES (?, ?, ?, 0, 'p', 90, 90, 'main')",
                (no, f"point-{no - 1:02d}", START_MS),
            )
            transaction.execute(
                "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
                "INSERT INTO run (no, point_no, start_ms, end_ms, end_cause, codec, width_px, height_px, keep_days) "
                "SELECT ?2 * 100000 + i, ?2, ?3 + i * ?4 * 60000, ?3 + (i + 1) * ?4 * 60000 - 5000, 'stalled', "
                "'h264', 1920, 1080, 90 FROM n",
                (DAYS * RUNS_PER_DAY, no, START_MS, per_run),
            )
            transaction.execute(
                "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
                "INSERT INTO segment SELECT ?2, ?3 + i * 60000, 1, 1, 0, ?2 * 100000 + i / ?4, "
                "CASE WHEN (i + 1) % ?4 THEN 60000 ELSE 55000 END, 29000000 + abs(random() % 2000000), "
                "(i + 1) * 60000, randomblob(32) FROM n",
                (DAYS * DAY_MS // SEGMENT_MS, no, START_MS, per_run),
            )
            transaction.execute(
                "INSERT INTO rate SELECT point_no, volume_no, start_ms / 3600000, sum(bytes), sum(duration_ms) "
                "FROM segment WHERE point_no = ? GROUP BY 1, 2, 3",
                (no,),
            )
    with catalogue.database.transaction() as transaction:
        transaction.execute("INSERT INTO presence (volume_no, checked_ms) VALUES (1, ?)", (catalogue.now_ms(),))


def write_files(catalogue: Catalogue, shelf: Shelf, points: int) -> None:
    """The newest day on the disk: real segments for one point, empty files under the right names for the others."""
    place = shelf.place_for("main")
    first_ms = START_MS + (DAYS - 1) * DAY_MS
    film = real_segment(place.root.parent / "film", place.uuid)
    for no in range(points):
        point = f"point-{no:02d}"
        folder = (place.root / segment_path(point, first_ms)).parent
        folder.mkdir(parents=True)
        for index in range(DAY_MS // SEGMENT_MS):
            target = place.root / segment_path(point, first_ms + index * SEGMENT_MS)
            if no == 0:
                os.link(film, target)
            else:
                target.touch()
    with catalogue.database.transaction() as transaction:
        transaction.execute(
            "UPDATE segment SET bytes = ? WHERE point_no = 1 AND start_ms >= ?", (film.stat().st_size, first_ms)
        )
    assert day_of_number(day_number(first_ms)).isoformat() == folder.name


def real_segment(root: Path, uuid: str) -> Path:
    """A minute of sixty fragments."""
    root.mkdir()
    writer = SegmentWriter(root, SegmentHeader("p", uuid, START_MS, START_MS), VIDEO, None, suffix=0, first_ticks=0)
    for number in range(60):
        fragment = FragmentBuilder()
        for index in range(25):
            data = bytearray(PICTURES_BYTES // 25)
            fragment.add(Frame(number * 90_000 + index * 3_600, index == 0, data, VIDEO, 0))
        writer.write(fragment, end_ticks=(number + 1) * 90_000, start_ms=START_MS + number * 1000, axis_ms=1)
    writer.close()
    return writer.path


def first_byte(path: Path, volume_no: int, volume: Volume, start_ms: int) -> None:
    """Open an hour's playback and read until footage comes."""
    film = open_playback(path, [Mounted(volume_no, volume.id, volume.path)], "point-00", start_ms, start_ms + 3_600_000)
    next(film.read())


def sweep(catalogue: Catalogue, shelf: Shelf, clock: ManualClock) -> float:
    """A thousand segments come of age at once."""
    points = len(catalogue.database.rows("SELECT 1 FROM point"))
    clock.advance(seconds=60 * (1000 // points + 1))
    work = Sweep(catalogue, shelf, AuditChain(clock), lambda: True)
    place = shelf.place_for("main")
    found: list[Any] = []

    def find_and_forget() -> None:
        found.extend(work.find(place, catalogue.running.proven_age(), Pressure()))
        for point in {deletion.segment.point for deletion in found}:
            work._mark(place, [deletion for deletion in found if deletion.segment.point == point])
        catalogue.forget_segments([deletion.segment.key for deletion in found])

    took = timed_ms(find_and_forget)
    assert len(found) >= 1000, f"{len(found)} segments were found"
    return took


if __name__ == "__main__":
    main()
