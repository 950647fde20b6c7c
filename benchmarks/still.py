"""How soon a still is there: `python -m benchmarks.still [--quick]`.

1080p25 of 4 Mb/s with a keyframe each second, written by the recorder's own run into a file that is still growing; each
look is another instant, so none is answered from memory. From the call to the JPEG: the child's start, the search in
the file, the keyframe's decoding, the JPEG.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.alarm_district import percentile, say
from edge_agent.stills.stills import Stills
from foundation.clock import NS_PER_S, ManualClock
from foundation.state import StateDirectory
from tests.edge_agent.still_box import settings_of
from tests.storage import clip_files
from tests.storage.box import MIDNIGHT_NS, make_box, play, volume

LOOKS, QUICK_LOOKS = 200, 30
RECORDED_S = 58
WIDTH, HEIGHT, RATE = 1920, 1080, 25


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    looks = QUICK_LOOKS if parser.parse_args().quick else LOOKS
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="still-") as folder:
        for codec in ("h264", "h265"):
            say(f"{codec}: encoding and recording {RECORDED_S} s")
            figures |= measure(Path(folder) / codec, codec, looks)
    print(json.dumps({"benchmark": "still", "figures": figures}))


def measure(folder: Path, codec: str, looks: int) -> dict[str, float]:
    """Latency of single looks at one codec."""
    folder.mkdir()
    clip = clip_files._encode(scene(), WIDTH, HEIGHT, folder / "clip", codec, RATE, {"b": "4000000"})
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS, now_running_ns=NS_PER_S)
    box = make_box(folder, clock, [volume(folder), volume(folder, "spare")])
    began_ns = clock.utc_ns()
    run = box.run()
    play(run, clip, clock, seconds=RECORDED_S)
    stills = Stills(settings_of(folder), StateDirectory(folder).create(), clock)
    taken_ms, sizes = [], []
    for look in range(looks):
        at_ns = began_ns + look * (RECORDED_S - 4) * NS_PER_S // looks
        start = time.perf_counter()
        still = stills.still("gate", at_ns)
        taken_ms.append((time.perf_counter() - start) * 1000)
        sizes.append(len(still.jpeg))
        assert 0 <= at_ns - still.shows_utc_ns < 1.1 * NS_PER_S
    run.end("asked")
    box.catalogue.close()
    say(f"{codec}: {len(taken_ms)} looks, {sum(sizes) / len(sizes) / 1000:.0f} kB each")
    return {
        f"{codec}_p50_ms": round(percentile(taken_ms, 0.5), 1),
        f"{codec}_p99_ms": round(percentile(taken_ms, 0.99), 1),
        f"{codec}_longest_ms": round(max(taken_ms), 1),
        f"{codec}_jpeg_kilobytes": round(sum(sizes) / len(sizes) / 1000, 1),
    }


def scene() -> Iterator[Any]:
    """Four seconds of a textured wall with something moving before it and a sensor's noise."""
    random = np.random.default_rng(1)
    wall = random.integers(60, 190, (HEIGHT // 8, WIDTH // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    for number in range(4 * RATE):
        noise = random.integers(0, 6, wall.shape, dtype=np.uint8)
        picture = wall + noise
        picture[300:700, number * 15 : number * 15 + 200] = 230
        yield av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")


if __name__ == "__main__":
    main()
