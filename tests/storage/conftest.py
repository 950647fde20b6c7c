"""A camera that is not ours, clips for it, and a recorder in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from foundation.clock import ManualClock
from tests.storage.box import MIDNIGHT_NS, Box, make_box, volume
from tests.storage.hung import hanging_paths
from tests.support import programs
from tests.support.waiting import wait_until

HERE = Path(__file__).resolve().parent
USER, PASSWORD = "admin", "Gate-7 secret"


def _load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"tests_storage_{name}", HERE / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def clip_files() -> ModuleType:
    """Makes clips for the camera."""
    return _load("clip_files")


@pytest.fixture(scope="session")
def h264_clip(clip_files: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of moving noise in H.264, a keyframe each second."""
    path: Path = clip_files.synthetic(tmp_path_factory.mktemp("clips") / "h264.clip")
    return path


@pytest.fixture(scope="session")
def h265_clip(clip_files: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in H.265."""
    path: Path = clip_files.synthetic(tmp_path_factory.mktemp("clips") / "h265.clip", codec="h265")
    return path


@pytest.fixture(scope="session")
def real_clip(clip_files: ModuleType, clips: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's vtest.avi, re-encoded to H.264."""
    path: Path = clip_files.from_video(
        clips.vtest, tmp_path_factory.mktemp("clips") / "vtest.clip", codec="h264", seconds=20
    )
    return path


class GstCamera:
    """GStreamer's RTSP server in a process of its own, with log-in; `tell` makes trouble."""

    def __init__(self, python: Path, clips: list[Path], *, login: bool = True, audio: str = "") -> None:
        words = [str(python), str(HERE / "rtsp_camera.py"), *map(str, clips)]
        if login:
            words += ["--user", USER, "--password", PASSWORD]
        if audio:
            words += ["--audio", audio]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        first = wait_until(lambda: self._lines and self._lines[0], what="the camera's port")
        self.port = int(str(first).split()[1])

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line.strip())

    def url(self, number: int = 0) -> str:
        """Address of a clip's stream."""
        return f"rtsp://127.0.0.1:{self.port}/{number}"

    def tell(self, command: str) -> None:
        """Give a command and wait until it is obeyed."""
        assert self.process.stdin is not None
        before = len(self._lines)
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        wait_until(lambda: len(self._lines) > before, what=f"the camera's answer to {command}")

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def gst_camera() -> Iterator[Callable[..., GstCamera]]:
    """gst_camera([clip, …], login=True, audio="") starts one."""
    python = programs.require_gstreamer_rtsp_server()
    started: list[GstCamera] = []

    def start(clips: list[Path], *, login: bool = True, audio: str = "") -> GstCamera:
        started.append(GstCamera(python, clips, login=login, audio=audio))
        return started[-1]

    yield start
    for camera in started:
        camera.close()


@pytest.fixture
def recorder_process(processes: Any, tmp_path: Path, root: Path) -> Callable[..., Any]:
    """recorder_process({"gate": url, …}) starts the recorder role on tmp_path/volume and tmp_path/catalogue.sqlite."""

    def start(points: dict[str, str], *, volume: Path | None = None, audio: bool = False, **settings: Any) -> Any:
        job = {
            "points": points,
            "volume": str(volume or tmp_path / "volume"),
            "catalogue": str(tmp_path / "catalogue.sqlite"),
            "journal": str(tmp_path / "journal" / "recorder.sqlite"),
            "user": USER,
            "password": PASSWORD,
            "audio": audio,
            **settings,
        }
        return processes.start(
            [sys.executable, HERE / "recorder_process.py", json.dumps(job)],
            name="recorder",
            env={"PYTHONPATH": str(root)},
        )

    return start


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS + 50 * 1_000_000_000, now_running_ns=5_000_000_000)
    made = make_box(tmp_path, clock, [volume(tmp_path), volume(tmp_path, "spare")])
    yield made
    made.catalogue.close()


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """hang(path) makes every look at a folder or file below the path wait until the test is over."""
    with hanging_paths(monkeypatch) as begin:
        yield begin
