"""How near the suggested cameras come to the best there are, found by HiGHS."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from benchmarks.coverage_campus import write_campus
from benchmarks.peer_environment import ask, peer_python
from camera.coverage.scene import prepare
from camera.coverage.suggestion import BUILT_IN_MODELS, candidates, choose, find_unseen

HIGHSPY: Final = "highspy==1.15.1"


@dataclass(frozen=True, slots=True)
class OptimumFigures:
    """The worst campus, and how long both take."""

    tasks: int
    worst_gap: float
    """Of the optimum (where HiGHS ran out of time: of what it proved nothing can exceed)."""
    ours_ms: float
    theirs_ms: float


def compare(folder: Path, counts: tuple[int, ...], seeds: tuple[int, ...]) -> OptimumFigures:
    """Both choose among the same candidates. Raises PeerUnavailable."""
    python = peer_python("highspy", [HIGHSPY])
    tasks: list[dict[str, Any]] = []
    reached: list[float] = []
    seconds: list[float] = []
    for seed in seeds:
        campus = write_campus(folder, side_m=100, walls=60, cameras=6, seed=seed, block_m=20, mounts=12, cell_m=1.0)
        scene = prepare(campus.plan)
        unseen = find_unseen(scene, list(campus.poses.values()))
        found = candidates(scene, unseen, BUILT_IN_MODELS[:1])
        found = Random(seed).sample(found, min(300, len(found)))
        sets = [candidate.closes for candidate in found]
        groups = _groups(sets, unseen.weights_m2)
        for count in counts:
            started = time.perf_counter()
            chosen = choose(sets, unseen.weights_m2, count)
            seconds.append(time.perf_counter() - started)
            seen = np.unique(np.concatenate([sets[number] for number in chosen]))
            reached.append(float(unseen.weights_m2[seen].sum()))
            tasks.append({"count": count, "cameras": len(sets), "groups": groups})
        print(f"campus {seed}: {len(sets)} candidates, {len(groups)} groups of cells", file=sys.stderr, flush=True)
    answers = json.loads(ask(python, Path(__file__).with_name("highs_host.py"), json.dumps(tasks)))
    gaps = [(answer["bound"] - ours) / answer["bound"] for ours, answer in zip(reached, answers, strict=True)]
    return OptimumFigures(
        tasks=len(tasks),
        worst_gap=max(0.0, *gaps),
        ours_ms=float(np.median(seconds)) * 1e3,
        theirs_ms=float(np.median([answer["seconds"] for answer in answers])) * 1e3,
    )


def _groups(sets: list[np.ndarray], weights: np.ndarray) -> list[dict[str, Any]]:
    """Cells that the same cameras see, as one."""
    sees = np.zeros((len(weights), len(sets)), dtype=np.bool_)
    for number, cells in enumerate(sets):
        sees[cells, number] = True
    packed, group_of = np.unique(np.packbits(sees, axis=1), axis=0, return_inverse=True)
    totals = np.bincount(group_of.ravel(), weights=weights)
    rows = np.unpackbits(packed, axis=1, count=len(sets)).astype(bool)
    return [
        {"weight": float(total), "cameras": np.flatnonzero(row).tolist()}
        for row, total in zip(rows, totals, strict=True)
        if row.any()
    ]
