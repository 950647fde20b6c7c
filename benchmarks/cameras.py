"""What knowing many devices costs: `python -m benchmarks.cameras [--quick]`.

Memory and construction are measured in a fresh process of their own; rounds against a simulator of 64 cameras in
another process (its time is not counted), then with 8 of them mute.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.conditions import Conditions

QUICK_ROUNDS, ROUNDS = 3, 10
DEVICES = 64
MUTE = 8


def main() -> None:
    """Measure, print one JSON line."""
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    rounds = QUICK_ROUNDS if parser.parse_args().quick else ROUNDS
    command = [sys.executable, "-m", "simulator.cli", "run", "--cameras", str(DEVICES), "--width", "320", "--height"]
    command += ["180", "--fps", "2", "--bitrate-kbps", "64", "--json-ready", "--with-parent"]
    say(f"starting {DEVICES} simulated cameras")
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert simulator.stdout is not None
        campus = json.loads(simulator.stdout.readline())
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as fresh:
            say("memory and construction of 20 devices")
            figures = fresh.apply(memory_and_construction, (campus["cameras"],))
        with context.Pool(1) as fresh:
            say(f"{rounds} rounds of {DEVICES}, then with {MUTE} mute")
            figures |= fresh.apply(rounds_of, (campus, rounds))
    finally:
        simulator.terminate()
        simulator.wait(timeout=30)
    print(json.dumps({"benchmark": "cameras", "figures": figures, "conditions": conditions.words()}))


def memory_and_construction(cameras: list[dict[str, Any]]) -> dict[str, float]:
    """20 devices, each asked for identity and streams once: what they add to the loaded libraries."""
    from camera.login import Login
    from camera.onvif.device import OnvifDevice
    from foundation.clock import SystemClock

    before = pss_bytes()
    devices, construct_ms = [], []
    for camera in cameras[:20]:
        began = time.perf_counter()
        device = OnvifDevice(camera["onvif_url"], Login(camera["user"], camera["password"]), SystemClock())
        construct_ms.append((time.perf_counter() - began) * 1000)
        device.identity()
        device.streams()
        devices.append(device)
    return {"construct_ms": round(median(construct_ms[1:]), 3), "memory_20_bytes": pss_bytes() - before}


def rounds_of(campus: dict[str, Any], rounds: int) -> dict[str, float]:
    """Rounds over all devices: the first one (streams too), usual ones, and with some that accept and never answer."""
    from camera.http_call import DEFAULT_LIMITS
    from camera.login import Login
    from camera.onvif.device import OnvifDevice
    from camera.register import Register
    from camera.round import CameraRound
    from camera.visit import Visitor
    from foundation.clock import SystemClock
    from foundation.finding import FindingBoard
    from foundation.journal import Journal

    clock, cameras = SystemClock(), campus["cameras"]
    with tempfile.TemporaryDirectory(prefix="cameras-") as folder:
        journal = Journal.open(Path(folder) / "inspector.sqlite", clock)
        register = Register(Path(folder) / "cameras.sqlite", clock)
        visitors = [
            Visitor(
                camera["id"],
                camera["onvif_url"],
                lambda camera=camera: Login(camera["user"], camera["password"]),  # type: ignore[misc]
                lambda at, login: OnvifDevice(at, login, clock, DEFAULT_LIMITS),
            )
            for camera in cameras
        ]
        circle = CameraRound(visitors, register, FindingBoard(journal, clock), clock, campus_id="bench")
        circle.prepare()
        first = timed(circle)
        usual = [timed(circle) for _ in range(rounds)]
        assert all(good == len(cameras) for _, _, good in [first, *usual])
        for camera in cameras[:MUTE]:
            set_fault(campus["control_url"], camera["id"], "mute")
        mute = timed(circle)
        assert mute[2] == len(cameras) - MUTE
        register.close()
    return {
        "round_64_first_s": round(first[0], 3),
        "round_64_s": round(median(taken for taken, _, _ in usual), 3),
        "round_64_cpu_s": round(median(cpu for _, cpu, _ in usual), 3),
        "round_64_8_mute_s": round(mute[0], 3),
    }


def timed(circle: Any) -> tuple[float, float, int]:
    """Seconds, CPU seconds and good visits of one round."""
    cpu = time.process_time()
    report = circle.run_once()
    return report.took_s, time.process_time() - cpu, report.good


def set_fault(control: str, camera: str, fault: str) -> None:
    """Break a simulated camera."""
    request = Request(f"{control}/cameras/{camera}/fault", json.dumps({"fault": fault}).encode(), method="POST")
    with urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def pss_bytes() -> int:
    """Proportional set size of this process."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel tells no PSS")


def say(line: str) -> None:
    """Progress, apart from the figures."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
