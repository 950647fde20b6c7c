"""VisiLibity, an independent program for visibility polygons, beside ours on random scenes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from math import cos, pi, sin
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from benchmarks.peer_environment import ask, peer_python
from camera.coverage.visibility import visibility_polygon
from config.ring import Ring, contains, signed_area_m2

VERSION: Final = "1.0.10"
SHA256: Final = "0db127ab576bc100539c9cba447e34797c985bc6949a9f8a30191a40a609457e"
SIDE_M: Final = 100.0


@dataclass(frozen=True, slots=True)
class PeerScene:
    """A square yard with blocks standing in it, and an eye between them."""

    eye: tuple[float, float]
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """How far the two differ, and how long each takes for a scene."""

    scenes: int
    worst_relative_error: float
    ours_ms: float
    theirs_ms: float


def random_scenes(count: int, seed: int) -> list[PeerScene]:
    """From 1 to 49 blocks of 3 to 7 corners; none touches another."""
    random = Random(seed)
    scenes: list[PeerScene] = []
    while len(scenes) < count:
        across = random.randint(1, 7)
        pitch = SIDE_M / across
        blocks = [
            _block(random, (column + 0.5) * pitch, (row + 0.5) * pitch, pitch * 0.45)
            for row in range(across)
            for column in range(across)
            if across == 1 or random.random() < 0.8
        ]
        eye = random.uniform(1, SIDE_M - 1), random.uniform(1, SIDE_M - 1)
        if any(contains(block, np.array([eye]), margin_m=0.01)[0] for block in blocks):
            continue
        scenes.append(PeerScene(eye, (((0.0, 0.0), (SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M)), *blocks)))
    return scenes


def _block(random: Random, x: float, y: float, radius: float) -> Ring:
    corners = random.randint(3, 7)
    turn = random.uniform(0, 2 * pi)
    spread = [random.uniform(0.3, 1.0) * radius for _ in range(corners)]
    # Clockwise, as VisiLibity asks of holes.
    angles = [turn - 2 * pi * number / corners for number in range(corners)]
    return tuple((x + r * cos(a), y + r * sin(a)) for r, a in zip(spread, angles, strict=True))


def compare(scenes: list[PeerScene]) -> PeerFigures:
    """Both programs on the same scenes in the same run. Raises PeerUnavailable."""
    request = json.dumps([{"eye": scene.eye, "rings": scene.rings} for scene in scenes])
    theirs = json.loads(ask(_visilibity(), Path(__file__).with_name("visilibity_host.py"), request))
    errors, seconds = [], []
    for scene, answer in zip(scenes, theirs, strict=True):
        starts = np.array([corner for ring in scene.rings for corner in ring])
        ends = np.array([corner for ring in scene.rings for corner in (*ring[1:], ring[0])])
        started = time.perf_counter()
        polygon = visibility_polygon(scene.eye, starts, ends)
        seconds.append(time.perf_counter() - started)
        area = signed_area_m2(tuple(map(tuple, polygon.tolist())))
        errors.append(abs(area - answer["area"]) / answer["area"])
    return PeerFigures(
        scenes=len(scenes),
        worst_relative_error=max(errors),
        ours_ms=float(np.median(seconds)) * 1e3,
        theirs_ms=float(np.median([answer["seconds"] for answer in theirs])) * 1e3,
    )


def _visilibity() -> Path:
    return peer_python(
        f"visilibity-{VERSION}",
        [f"VisiLibity=={VERSION} --hash=sha256:{SHA256}"],
        # Its setup.py is of the setuptools of its day.
        build=("setuptools==74.1.3", "wheel==0.44.0"),
        programs={"swig": "swig", "g++": "g++"},
    )
