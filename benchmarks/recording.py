"""What recording costs beside its peer: `python -m benchmarks.recording [--quick]`.

16 cameras (GStreamer's RTSP server, 1080p25, 4 Mb/s, log-in) are recorded for the same time, first by the recorder role
in one process, with hashing, fdatasync and cataloguing, then by 16 processes of Debian's
`ffmpeg -rtsp_transport tcp -c copy -f segment` with the same fragments. cpu_ratio_to_ffmpeg and pss_ratio_to_ffmpeg
are ours over theirs; packets_lost counts gaps in the RTP numbers, frames_lost pictures between first and last that are
not on the disk.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import query
from storage.segment_file import NotOurSegment, read_segment

ROOT = Path(__file__).resolve().parent.parent
CAMERAS = 16
WARM_UP_S = 12.0
MEASURE_S, QUICK_MEASURE_S = 60.0, 20.0
CLIP_S = 8
FRAME_RATE = 25
USER, PASSWORD = "admin", "benchmark"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a set of processes used."""

    cpu_s: float
    pss_bytes: int


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    measure_s = QUICK_MEASURE_S if parser.parse_args().quick else MEASURE_S
    folder = Path(tempfile.mkdtemp(prefix="recording-"))
    try:
        print(json.dumps({"benchmark": "recording", "figures": measure(folder, measure_s)}))
    finally:
        shutil.rmtree(folder)


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


def measure(folder: Path, measure_s: float) -> dict[str, float]:
    """Ours, then theirs, from the same cameras."""
    clip = make_clip(folder / "1080p.clip")
    bits_per_s = clip.stat().st_size * 8 / CLIP_S
    cameras = subprocess.Popen(
        [
            "/usr/bin/python3",
            ROOT / "tests/storage/rtsp_camera.py",
            *[clip] * CAMERAS,
            "--user",
            USER,
            "--password",
            PASSWORD,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert cameras.stdout is not None
        port = int(cameras.stdout.readline().split()[1])
        say(f"{CAMERAS} cameras of {bits_per_s / 1e6:.1f} Mb/s serve; the recorder records")
        ours, lost_packets, lost_frames = our_cost(folder, port, measure_s)
        say(f"recorder: {ours.cpu_s:.2f} CPU-s, {ours.pss_bytes / 2**20:.1f} MiB; ffmpeg records")
        theirs = ffmpeg_cost(folder, port, measure_s)
        say(f"ffmpeg: {theirs.cpu_s:.2f} CPU-s, {theirs.pss_bytes / 2**20:.1f} MiB")
    finally:
        cameras.kill()
        cameras.wait()
    return {
        "cpu_ratio_to_ffmpeg": round(ours.cpu_s / theirs.cpu_s, 3),
        "pss_ratio_to_ffmpeg": round(ours.pss_bytes / theirs.pss_bytes, 3),
        "packets_lost": lost_packets,
        "frames_lost": lost_frames,
        "cpu_share_per_camera": round(ours.cpu_s / measure_s / CAMERAS, 5),
        "ffmpeg_cpu_share_per_camera": round(theirs.cpu_s / measure_s / CAMERAS, 5),
        "pss_bytes": ours.pss_bytes,
        "ffmpeg_pss_bytes": theirs.pss_bytes,
        "mbit_per_s_per_camera": round(bits_per_s / 1e6, 2),
    }


def make_clip(path: Path) -> Path:
    """Moving noise of 4 Mb/s, a keyframe each second."""
    specification = importlib.util.spec_from_file_location("clip_files", ROOT / "tests/storage/clip_files.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    say("encoding the clip")
    rate = {"b": "4000000", "maxrate": "4000000", "bufsize": "4000000", "preset": "ultrafast"}
    made: Path = module.synthetic(path, size=(1920, 1080), seconds=CLIP_S, frame_rate=FRAME_RATE, **rate)
    return made


def our_cost(folder: Path, port: int, measure_s: float) -> tuple[Cost, int, int]:
    """The recorder role in a process of its own, as the tests start it."""
    points = {f"point-{number:02d}": f"rtsp://127.0.0.1:{port}/{number}" for number in range(CAMERAS)}
    job = {
        "points": points,
        "volume": str(folder / "ours"),
        "catalogue": str(folder / "catalogue.sqlite"),
        "journal": str(folder / "journal.sqlite"),
        "user": USER,
        "password": PASSWORD,
        "audio": False,
    }
    with (folder / "recorder.log").open("w") as log:
        recorder = subprocess.Popen(
            [sys.executable, ROOT / "tests/storage/recorder_process.py", json.dumps(job)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            cost = cost_of([recorder], measure_s)
        finally:
            recorder.terminate()
            recorder.wait(20)
    packets = frames = 0
    for point in points:
        for run in query.runs(folder / "catalogue.sqlite", point):
            packets += run.packets_lost
            assert run.end_ms is not None
            frames += round((run.end_ms - run.start_ms) / 1000 * FRAME_RATE)
    frames -= recorded_frames(folder / "ours")
    return cost, packets, frames


def recorded_frames(volume: Path) -> int:
    """Pictures on the disk, counted by the fragments' tables."""
    count = 0
    for path in volume.glob("footage/*/*/*.mp4"):
        try:
            found = read_segment(path)
        except NotOurSegment:
            continue
        with path.open("rb") as file:
            for fragment in found.fragments:
                file.seek(fragment.offset + 56 + 24 + 8 + 16 + 20 + 12)
                count += int.from_bytes(file.read(4), "big")
    return count


def ffmpeg_cost(folder: Path, port: int, measure_s: float) -> Cost:
    """One ffmpeg per camera, fragments as ours: one per group of pictures."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise SystemExit("ffmpeg is not installed: apt-get install ffmpeg")
    running: list[subprocess.Popen[Any]] = []
    try:
        for number in range(CAMERAS):
            target = folder / "theirs" / str(number)
            target.mkdir(parents=True)
            address = f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{port}/{number}"
            words = [program, "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", address, "-an"]
            words += ["-c", "copy", "-f", "segment", "-segment_time", "60", "-segment_atclocktime", "1"]
            words += ["-segment_format", "mp4", "-segment_format_options"]
            words += ["movflags=frag_keyframe+empty_moov+default_base_moof", str(target / "%d.mp4")]
            running.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))
        return cost_of(running, measure_s)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def cost_of(processes: Sequence[subprocess.Popen[Any]], measure_s: float) -> Cost:
    """CPU seconds during the measurement and PSS at its end, after a warm-up."""
    time.sleep(WARM_UP_S)
    before = sum(cpu_s(process.pid) for process in processes)
    time.sleep(measure_s)
    after = sum(cpu_s(process.pid) for process in processes)
    return Cost(after - before, sum(pss_bytes(process.pid) for process in processes))


def cpu_s(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_bytes(pid: int) -> int:
    """Memory of a process, shared pages divided among their users."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no PSS of process {pid}")


if __name__ == "__main__":
    main()
