"""How fast and how right coverage is: `python -m benchmarks.coverage [--quick]`.

Speed and memory on 400 x 400 m, 300 walls, 200 cameras, 0.5 m cells, in a process of its own; every cell belongs to a
zone. Correctness against an exact oracle (coverage_oracle), VisiLibity and HiGHS.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import coverage_optimum, coverage_peer
from benchmarks.conditions import Conditions
from benchmarks.coverage_campus import BenchCampus, random_pose, write_campus
from benchmarks.coverage_oracle import Oracle, Place
from camera.coverage import LiveCoverage, Watch
from camera.coverage.placed import sights
from camera.coverage.scene import Scene, prepare
from config.point import Pose

SIDE_M: Final = 400.0
WALLS: Final = 300
CAMERAS: Final = 200
COLD_RUNS: Final = 7
CHANGES: Final = 400
ORACLE_CELLS: Final = 20_000
PEER_SCENES: Final = 250


def main() -> None:
    """Measure everything, print progress, then one JSON line."""
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer changes, cells and campuses; the same keys")
    parser.add_argument("--speed-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    quick: bool = arguments.quick
    with tempfile.TemporaryDirectory(prefix="coverage-") as name:
        folder = Path(name)
        if arguments.speed_only:
            print(json.dumps(measure_speed(folder, quick=quick)))
            return
        say(f"{SIDE_M:.0f} x {SIDE_M:.0f} m, {WALLS} walls, {CAMERAS} cameras: speed and memory")
        figures = speed_in_own_process(quick=quick)
        say(f"exact oracle: {ORACLE_CELLS // (10 if quick else 1)} cells")
        figures |= measure_truth(folder, ORACLE_CELLS // (10 if quick else 1))
        say(f"VisiLibity: {PEER_SCENES} scenes")
        peer = coverage_peer.compare(coverage_peer.random_scenes(PEER_SCENES, seed=4))
        figures |= {
            "polygon_worst_relative_error": peer.worst_relative_error,
            "polygon_scenes": peer.scenes,
            "polygon_ms": peer.ours_ms,
            "polygon_visilibity_ms": peer.theirs_ms,
        }
        say("HiGHS: best sets of up to 20 cameras")
        optimum = coverage_optimum.compare(
            folder, (5, 20) if quick else (1, 5, 10, 20), (1,) if quick else (1, 2, 3, 4)
        )
        figures |= {
            "greedy_worst_gap": optimum.worst_gap,
            "greedy_tasks": optimum.tasks,
            "greedy_ms": optimum.ours_ms,
            "greedy_highs_ms": optimum.theirs_ms,
        }
    print(json.dumps({"benchmark": "coverage", "figures": figures, "conditions": conditions.words()}))


def speed_in_own_process(*, quick: bool) -> dict[str, float]:
    """Memory is only honest in a process that did nothing else."""
    command = [sys.executable, "-m", "benchmarks.coverage", "--speed-only", *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure_speed(folder: Path, *, quick: bool) -> dict[str, float]:
    """From nothing to the first report, and from one camera's change to the next."""
    campus = write_campus(folder, side_m=SIDE_M, walls=WALLS, cameras=CAMERAS, seed=1)
    warm_up(folder)
    cold = []
    for _ in range(3 if quick else COLD_RUNS):
        started = time.perf_counter()
        live = LiveCoverage(campus.plan)
        for point_id, pose in campus.poses.items():
            live.place(point_id, pose, Watch.OK)
        report = live.report()
        cold.append(time.perf_counter() - started)
    changes = measure_changes(live, campus, 100 if quick else CHANGES)
    return {
        # The median: the machine is shared, and one run in seven may be disturbed either way.
        "cold_ms": float(np.median(cold)) * 1e3,
        "change_p95_ms": float(np.percentile(changes, 95)) * 1e3,
        "change_p50_ms": float(np.percentile(changes, 50)) * 1e3,
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "seen_share": report.seen_share,
        "blind_spots": len(report.blind_spots),
    }


def warm_up(folder: Path) -> None:
    """Loading OpenCV is the process's start, not the campus's."""
    campus = write_campus(folder, side_m=60, walls=24, cameras=2, seed=9, block_m=30)
    live = LiveCoverage(campus.plan)
    for point_id, pose in campus.poses.items():
        live.place(point_id, pose, Watch.OK)
    live.report()


def measure_changes(live: LiveCoverage, campus: BenchCampus, count: int) -> list[float]:
    """Failing, unknown, recovered, moved, in turn; each to the whole new list of blind spots."""
    random = Random(7)
    points = list(campus.poses)
    seconds = []
    for number in range(count):
        point_id = random.choice(points)
        pose = random_pose(random, SIDE_M)
        started = time.perf_counter()
        match number % 4:
            case 0:
                live.watch(point_id, Watch.FAILING)
            case 1:
                live.watch(point_id, Watch.UNKNOWN)
            case 2:
                live.watch(point_id, Watch.OK)
            case _:
                live.place(point_id, pose, Watch.OK)
        spots = live.report().blind_spots
        seconds.append(time.perf_counter() - started)
        assert spots
    return seconds


def measure_truth(folder: Path, cells: int) -> dict[str, float]:
    """Random cells of the campus, day and night: what coverage says of their centres against the oracle.

    Also random places instead of centres: there a cell's edge may speak for its middle, which no grid can avoid.
    """
    campus = write_campus(folder, side_m=SIDE_M, walls=WALLS, cameras=CAMERAS, seed=1)
    scene = prepare(campus.plan)
    oracle = Oracle(campus.plan)
    poses = [pose for pose in campus.poses.values() if scene.wall_holding(pose) is None]
    random = np.random.default_rng(3)
    centres: list[Place] = []
    anywhere: list[Place] = []
    where: list[tuple[str, int, int]] = []
    zones = list(scene.zones.items())
    for _ in range(cells):
        zone_id, patch = zones[random.integers(len(zones))]
        grid = scene.planes[patch.plane].grid
        row = patch.window.bottom + int(random.integers(patch.window.top - patch.window.bottom))
        column = patch.window.left + int(random.integers(patch.window.right - patch.window.left))
        left, bottom = grid.left_m + column * grid.cell_m, grid.bottom_m + row * grid.cell_m
        for places, (x, y) in ((centres, (0.5, 0.5)), (anywhere, random.random(2))):
            places.append(
                Place(left + x * grid.cell_m, bottom + y * grid.cell_m, patch.plane[1], patch.density_px_per_m)
            )
        where.append((zone_id, row, column))
    figures: dict[str, float] = {}
    for name, places in (("", centres), ("_anywhere", anywhere)):
        truth, said = np.zeros((2, cells), dtype=bool), np.zeros((2, cells), dtype=bool)
        for pose in poses:
            truth |= oracle.seen(pose, places)
            said |= _said(scene, pose, where)
        false_seen, false_unseen = int(np.count_nonzero(said & ~truth)), int(np.count_nonzero(truth & ~said))
        figures[f"false_seen_share{name}"] = false_seen / (2 * cells)
        figures[f"false_unseen_share{name}"] = false_unseen / (2 * cells)
    return figures


def _said(scene: Scene, pose: Pose, where: list[tuple[str, int, int]]) -> NDArray[np.bool_]:
    """What coverage says of cells, by day and at night."""
    (views,) = sights(scene, [pose])
    said = np.zeros((2, len(where)), dtype=bool)
    for number, (zone_id, row, column) in enumerate(where):
        view = views.get(scene.zones[zone_id].view)
        if view is not None and view.window.holds(row, column):
            place = row - view.window.bottom, column - view.window.left
            said[:, number] = view.day[place], view.night[place]
    return said


def say(line: str) -> None:
    """Progress, for a person who waits."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
