"""A small campus: tiny pictures and few frames, so that its loops are drawn in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.campus import Campus, Quality, SubQuality, demo_cameras

SMALL = Quality(width=320, height=240, fps=5, bitrate_bps=200_000)
SMALL_SUB = SubQuality(width=160, height=120, fps=2, bitrate_bps=64_000)


@pytest.fixture(scope="session")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the encoded loops of all these tests lie."""
    return tmp_path_factory.mktemp("loops")


@pytest.fixture(scope="module")
def campus(loops: Path) -> Iterator[Campus]:
    """A gate (H.264) and a corridor (H.265), running."""
    with Campus(cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=loops) as running:
        yield running


@pytest.fixture
def healthy(campus: Campus) -> Iterator[Campus]:
    """The campus, with every camera mended before and after."""
    for camera in campus.cameras:
        campus.set_fault(camera.id, None)
    yield campus
    for camera in campus.cameras:
        campus.set_fault(camera.id, None)
