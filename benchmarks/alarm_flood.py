"""A flood of presses: `python -m benchmarks.alarm_flood [--quick]`.

Eight callers press 10,000 times within a minute (1,000 within six seconds) through the gatehouse's local socket, each
press an alarm of its own; Mosquitto with mutual TLS and the real center take them. As a broken panel or somebody with
bad intent might: none may be lost or doubled, and each must be answered in time, so that a true press is too.
answered_p99_ms: from the call to the answer. receipt_p50_ms, receipt_p99_ms: from the press to the center's signed
receipt. drained_s: from the last press to the last receipt. grown_mb: what the gatehouse's memory has gained by then.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

import psutil

from benchmarks.alarm_district import District, percentile, say, wait_for
from benchmarks.conditions import Conditions, disk_sync_ms
from foundation.ids import new_id

PRESSES, QUICK_PRESSES = 10_000, 1_000
PER_S = 10_000 / 60
CALLERS = 8


def main() -> None:
    """Measure, print one JSON line."""
    bare_p50_ms, bare_p99_ms = disk_sync_ms()
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    presses = QUICK_PRESSES if parser.parse_args().quick else PRESSES
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        district = District(Path(folder))
        try:
            figures = measure(district, presses)
        finally:
            district.close()
    said = conditions.words() | {"disk_sync_p50_ms": bare_p50_ms, "disk_sync_p99_ms": bare_p99_ms}
    print(json.dumps({"benchmark": "alarm_flood", "figures": figures, "conditions": said}))


def measure(district: District, presses: int) -> dict[str, float]:
    """Press, wait for the receipts, count at the desk."""
    district.start_brokers()
    district.start_center()
    district.write_campus()
    district.start_role("gatehouse")
    wait_for(district.carries, 60, "the path to the center")
    gatehouse = psutil.Process(district.processes["gatehouse"].pid)
    before_bytes = gatehouse.memory_info().rss
    say(f"{presses} presses, {PER_S:.0f} a second")
    answered_ms, unstored, took_s = flood(district, presses)
    drained_s = wait_for(lambda: district.waiting() == 0, 600, "the last receipt")
    grown_bytes = gatehouse.memory_info().rss - before_bytes
    receipts_ms = list(district.receipts_ms(limit=2 * presses).values())
    at_desk = district.desk_alarm_ids()
    return {
        "presses": len(answered_ms),
        "took_s": round(took_s, 1),
        "answered_p50_ms": round(percentile(answered_ms, 0.5), 2),
        "answered_p99_ms": round(percentile(answered_ms, 0.99), 2),
        "answered_before_stored": unstored,
        "lost": presses - len(set(at_desk)),
        "duplicated": len(at_desk) - len(set(at_desk)),
        "receipt_p50_ms": round(percentile(receipts_ms, 0.5), 1),
        "receipt_p99_ms": round(percentile(receipts_ms, 0.99), 1),
        "drained_s": round(drained_s, 2),
        "grown_mb": round(grown_bytes / 1e6, 1),
    }


def flood(district: District, presses: int) -> tuple[list[float], int, float]:
    """Milliseconds to each answer; how many said "on its way, not on the disk yet"; seconds for all."""
    answered_ms: list[float] = []
    unstored: list[int] = []
    began = time.perf_counter()

    def press(caller: int) -> None:
        for number in range(caller, presses, CALLERS):
            time.sleep(max(0.0, began + number / PER_S - time.perf_counter()))
            asked = time.perf_counter()
            reply = district.press(number, new_id())
            answered_ms.append((time.perf_counter() - asked) * 1_000)
            assert reply.ok, reply.error
            assert not reply.repeated
            if not reply.stored:
                unstored.append(number)

    callers = [threading.Thread(target=press, args=(caller,)) for caller in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return answered_ms, len(unstored), time.perf_counter() - began


if __name__ == "__main__":
    main()
