"""How fast a day of footage is handed over: `python -m benchmarks.export [--quick] [--mbit-per-s RATE]`.

One point, 24 hours (an hour with --quick) in segments of a minute with a fragment each second, at a rate that fits on
the machine's disk (a day of 4 Mb/s is 43 GB). export_mb_per_s: bytes of the film over the time from the order to the
signed manifest, reading, hashing and fsync included. peak_rss_bytes: the most memory that the process held meanwhile.
first_byte_of_day_ms: from the call to the first bytes of a film of the whole stretch, median of 5.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from benchmarks.catalogue import SEGMENT_MS, START_MS, VIDEO, say
from camera.stream import Frame
from config.volume import Volume
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from storage.catalogue import Catalogue
from storage.days import DAY_MS
from storage.export import ExportRequest, export_footage
from storage.fragment import MARK_BYTES, FragmentBuilder
from storage.mounted import Mounted
from storage.mp4 import SegmentHeader
from storage.playback import open_playback
from storage.segment import SegmentWriter, segment_path
from storage.segment_file import read_segment
from storage.shelf import Shelf
from uplink.signature import SigningKey

POINT = "point-00"
FRAMES_PER_S = 25


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="an hour")
    parser.add_argument("--mbit-per-s", type=float, default=0.4)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = Path(tempfile.mkdtemp(prefix="export-"))
    try:
        figures = measure(folder, 60 if asked.quick else DAY_MS // SEGMENT_MS, asked.mbit_per_s)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"benchmark": "export", "figures": figures}))


def measure(folder: Path, minutes: int, mbit_per_s: float) -> dict[str, float]:
    """Write footage, hand it over."""
    clock = ManualClock(now_utc_ns=(START_MS + DAY_MS) * 1_000_000)
    volume = Volume(id="main", path=folder / "main", own_disk=False, reserve_bytes=64 * 1024**2)
    catalogue = Catalogue(folder / "catalogue.sqlite", clock)
    shelf = Shelf([volume], catalogue, FindingBoard(Journal.open(folder / "journal.sqlite", clock), clock))
    shelf.look()
    place = shelf.place_for("main")
    say(f"writing {minutes} minutes of {mbit_per_s:g} Mb/s")
    size = write(catalogue, place.root, place.uuid, minutes, int(mbit_per_s * 1e6 / 8))
    disks, end_ms = [Mounted(place.no, volume.id, volume.path)], START_MS + minutes * SEGMENT_MS

    def first_byte() -> None:
        next(open_playback(catalogue.database.path, disks, POINT, START_MS, end_ms).read())

    opened = [_timed_s(first_byte) for _ in range(5)]
    say(f"exporting {size / 1e6:.0f} MB")
    key = SigningKey(bytes(range(32)))
    request = ExportRequest(
        points={POINT: POINT}, start_ms=START_MS, end_ms=end_ms, person="p", reason="r", campus="benchmark"
    )
    took_s = _timed_s(
        lambda: export_footage(
            request,
            catalogue=catalogue.database.path,
            volumes=disks,
            folder=folder / "export",
            sign=key.sign,
            public_key=key.public_key,
            now_ms=end_ms,
        )
    )
    film = (folder / "export" / f"{POINT}.mp4").stat().st_size
    catalogue.close()
    return {
        "hours": minutes / 60,
        "film_bytes": film,
        "export_s": round(took_s, 2),
        "export_mb_per_s": round(film / 1e6 / took_s, 1),
        "first_byte_of_day_ms": round(statistics.median(opened) * 1000, 1),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _timed_s(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def write(catalogue: Catalogue, root: Path, uuid: str, minutes: int, bytes_per_s: int) -> int:
    """Files and rows as recording would have left them; returns the bytes."""
    template = _template(root.parent / "template", uuid, bytes_per_s)
    found, data = read_segment(template), bytearray(template.read_bytes())
    for minute in range(minutes):
        start_ms = START_MS + minute * SEGMENT_MS
        for number, fragment in enumerate(found.fragments):
            mark = replace(fragment.mark, start_ms=start_ms + number * 1000)
            data[fragment.offset : fragment.offset + MARK_BYTES] = mark.encode()
        path = root / segment_path(POINT, start_ms)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with catalogue.database.transaction() as transaction:
        transaction.execute(
            "INSERT INTO point (no, id, since_ms, since_axis_ms, policy, keep_days, volume) "
            "VALUES (1, ?, ?, 0, 'p', 90, 'main')",
            (POINT, START_MS),
        )
        transaction.execute(
            "INSERT INTO run (no, point_no, start_ms, end_ms, end_cause, codec, width_px, height_px, keep_days) "
            "VALUES (1, 1, ?, ?, 'asked', 'h264', 320, 240, 90)",
            (START_MS, START_MS + minutes * SEGMENT_MS),
        )
        transaction.execute_many(
            "INSERT INTO segment VALUES (1, ?, 1, 1, 0, 1, ?, ?, 0, randomblob(32))",
            [(START_MS + minute * SEGMENT_MS, SEGMENT_MS, len(data)) for minute in range(minutes)],
        )
    return minutes * len(data)


def _template(root: Path, uuid: str, bytes_per_s: int) -> Path:
    root.mkdir()
    header = SegmentHeader(POINT, uuid, START_MS, START_MS)
    writer = SegmentWriter(root, header, VIDEO, None, suffix=0, first_ticks=0)
    for number in range(SEGMENT_MS // 1000):
        fragment = FragmentBuilder()
        for index in range(FRAMES_PER_S):
            data = bytearray(max(16, bytes_per_s // FRAMES_PER_S))
            fragment.add(Frame(number * 90_000 + index * 3_600, index == 0, data, VIDEO, 0))
        writer.write(fragment, end_ticks=(number + 1) * 90_000, start_ms=START_MS + number * 1000, axis_ms=1)
    writer.close()
    return writer.path


if __name__ == "__main__":
    main()
