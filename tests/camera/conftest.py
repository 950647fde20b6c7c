"""Peers of the camera tests: our simulator, a camera that is not ours, and answers recorded from real devices."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from camera.login import Login
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from simulator.port import free_port
from tests.camera.round_box import Box
from tests.support import programs
from tests.support.processes import Processes

SMALL = Quality(width=320, height=180, fps=2, bitrate_bps=64_000)
SMALL_SUB = SubQuality(width=160, height=90, fps=2, bitrate_bps=64_000)


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    """Two simulated cameras, `gate` (H.264) and `corridor` (H.265), in this process; its loops are kept in .cache."""
    running = Campus(
        cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=root / ".cache" / "simulator-tests", progress=lambda _: None
    )
    running.start()
    yield running
    running.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """The files of an inspector that has seen nothing yet."""
    made = Box(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    if "campus" in request.fixturenames:
        running: Campus = request.getfixturevalue("campus")
        for spec in running.cameras:
            running.set_fault(spec.id, None)


@dataclass(frozen=True, slots=True)
class Ipycam:
    """A running ipycam."""

    url: str
    login: Login


@pytest.fixture
def ipycam(root: Path, processes: Processes) -> Ipycam:
    """PyPI's ipycam on a free port, in .cache/venv-ipycam, built once from requirements/ipycam.txt."""
    python = _ipycam_python(root)
    port, rtsp_port, login = free_port(), free_port(), Login("admin", "Ip-cam 2024")
    host = Path(__file__).with_name("ipycam_host.py")
    started = processes.start([python, host, str(port), str(rtsp_port), login.user, login.password], name="ipycam")
    started.wait_for("IPYCAM READY", timeout_s=60)
    return Ipycam(f"http://127.0.0.1:{port}/onvif/device_service", login)


def _ipycam_python(root: Path) -> Path:
    wanted = root / "requirements" / "ipycam.txt"
    folder = root / ".cache" / "venv-ipycam"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:  # workers of one run may want it in the same moment
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _built(wanted, folder)


def _built(wanted: Path, folder: Path) -> Path:
    stamp, python = folder / "built-from", folder / "bin" / "python"
    if stamp.is_file() and stamp.read_bytes() == wanted.read_bytes():
        return python
    install = ["-m", "pip", "install", "-q", "--require-hashes", "--disable-pip-version-check", "-r", str(wanted)]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], [str(python), *install]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            programs.unavailable(f"ipycam could not be installed into {folder}: {last}")
    stamp.write_bytes(wanted.read_bytes())
    return python


@pytest.fixture(scope="session")
def captures(root: Path) -> Path:
    """Answers recorded from real devices, kept beside the repository; a visible skip where they are not."""
    folder = root.parent / "shared" / "data" / "onvif-captures"
    if not folder.is_dir():
        pytest.skip(f"recorded answers are not in {folder}")
    return folder
