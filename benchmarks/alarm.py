"""How fast an alarm is: `python -m benchmarks.alarm [--quick] [--cameras N]`.

Gatehouse, recorder and center are the real programs; Mosquitto with mutual TLS stands between them, all on loopback.
Presses come by the local socket, one after another, while a recorder writes 16 simulated cameras beside it.
stored_p99_ms: from the call to the answer that it is on the disk. receipt_…: from the press to the center's signed
receipt, by the times in alarms.sqlite. backlog_1000_s: from the broker's return to the last receipt of 1,000 alarms.
path_loss_known_s: from a broker that freezes to "lost" at both ends, whichever knows later.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.alarm_district import District, percentile, program_of, say, wait_for
from benchmarks.conditions import Conditions, disk_sync_ms
from foundation.ids import new_id

PRESSES, QUICK_PRESSES = 500, 100
BACKLOG, QUICK_BACKLOG = 1_000, 1_000
CAMERAS = 16
BETWEEN_S = 0.05
WARM_UP_PRESSES = 10


def main() -> None:
    """Measure, print one JSON line."""
    bare_p50_ms, bare_p99_ms = disk_sync_ms()
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cameras", type=int, default=CAMERAS, help="that a recorder writes meanwhile; 0 for none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alarm-") as folder:
        simulator = start_cameras(options.cameras)
        district = District(Path(folder), cameras=simulator[1])
        try:
            figures = measure(district, QUICK_PRESSES if options.quick else PRESSES, recording=options.cameras > 0)
        finally:
            district.close()
            if simulator[0] is not None:
                simulator[0].terminate()
                simulator[0].wait(30)
    said = conditions.words() | {"disk_sync_p50_ms": bare_p50_ms, "disk_sync_p99_ms": bare_p99_ms}
    print(json.dumps({"benchmark": "alarm", "figures": figures, "conditions": said}))


def start_cameras(count: int) -> tuple[subprocess.Popen[str] | None, list[dict[str, Any]]]:
    """Simulated cameras of 1.5 Mb/s each, in a process of their own."""
    if not count:
        return None, []
    say(f"starting {count} simulated cameras (the first time their scenes are drawn)")
    # In a school the cameras have processors of their own: here they give way to the box's programs.
    command = ["nice", "-n", "19", program_of("campus-simulator"), "run", "--cameras", str(count)]
    command += ["--json-ready", "--with-parent"]
    command += ["--width", "640", "--height", "360", "--bitrate-kbps", "1500"]
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert simulator.stdout is not None
    cameras: list[dict[str, Any]] = json.loads(simulator.stdout.readline())["cameras"]
    return simulator, cameras


def measure(district: District, presses: int, *, recording: bool) -> dict[str, float]:
    """All figures, in the order in which they disturb each other least."""
    district.start_brokers()
    district.start_center()
    district.write_campus()
    district.start_role("gatehouse")
    wait_for(lambda: all_up(district), 60, "the path to the center")
    if recording:
        district.start_role("inspector")  # from which the recorder learns where the streams are
        district.start_role("recorder")
        wait_for(lambda: footage_bytes(district) > 2_000_000, 90, "footage on the disk")
    figures = press_one_by_one(district, presses)
    district.end("recorder")
    district.end("inspector")
    figures["backlog_1000_s"] = round(backlog(district, BACKLOG), 2)
    figures["path_loss_known_s"] = round(path_loss(district), 2)
    return figures


def press_one_by_one(district: District, presses: int) -> dict[str, float]:
    """Answer times as the presser sees them, and receipts as the rows tell of them."""
    say(f"{presses} presses, one after another")
    stored_ms: list[float] = []
    pressed: list[str] = []
    for number in range(presses + WARM_UP_PRESSES):
        began = time.perf_counter()
        reply = district.press(number, new_id())
        took_ms = (time.perf_counter() - began) * 1_000
        assert reply.ok, reply.error
        assert reply.stored, "the disk took more than half a second"
        assert reply.alarm_id is not None
        if number >= WARM_UP_PRESSES:
            stored_ms.append(took_ms)
            pressed.append(reply.alarm_id)
        time.sleep(BETWEEN_S)
    wait_for(lambda: district.waiting() == 0, 30, "the last receipt")
    known = district.receipts_ms(limit=presses * 2)
    receipt_ms = [known[alarm_id] for alarm_id in pressed]
    return {
        "stored_p50_ms": round(percentile(stored_ms, 0.5), 2),
        "stored_p99_ms": round(percentile(stored_ms, 0.99), 2),
        "receipt_p50_ms": round(percentile(receipt_ms, 0.5), 2),
        "receipt_p99_ms": round(percentile(receipt_ms, 0.99), 2),
        "presses": presses,
    }


def backlog(district: District, count: int) -> float:
    """Seconds from the broker's return until all alarms pressed without it have their receipts."""
    say(f"{count} presses without a broker")
    broker = district.brokers["primary"]
    broker.kill()
    for number in range(count):
        reply = district.press(number, new_id())
        assert reply.ok
        assert not reply.repeated
    assert district.waiting() == count, "some were received without a broker"
    broker.start()
    return wait_for(lambda: district.waiting() == 0, 120, "the last receipt of the backlog")


def path_loss(district: District) -> float:
    """Seconds until both ends show a path as lost whose broker stands still: every connection stays open."""
    say("the broker stands still")
    wait_for(lambda: all_up(district), 60, "the path to the center")
    pid = district.brokers["primary"].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        wait_for(lambda: district.path_states()["primary"] == "lost", 60, "the loss at the school")
        at_school = time.monotonic() - began
        wait_for(lambda: "lost" in center_paths(district), 60, "the loss at the center")
        at_center = time.monotonic() - began
    finally:
        os.kill(pid, signal.SIGCONT)
    return max(at_school, at_center)


def all_up(district: District) -> bool:
    return district.carries() and set(center_paths(district)) == {"up"}


def center_paths(district: District) -> list[str]:
    """What the center's page says of each path."""
    return [path["status"] for campus in district.center_status()["campuses"] for path in campus["paths"]]


def footage_bytes(district: District) -> int:
    return sum(file.stat().st_size for file in (district.root / "footage").rglob("*.mp4"))


if __name__ == "__main__":
    main()
