"""What the agent costs the box with the demonstration's cameras: `python -m benchmarks.footprint [--quick]`.

Simulator, broker and center are not counted, nor the process that only starts the roles (in a school systemd does).
Memory is PSS (shared pages divided by their users) of the four roles, CPU their user and system time over the stretch.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import psutil

from edge_agent.demo.campus import DemoCampus
from edge_agent.demo.layout import DemoLayout
from edge_agent.demo.visitor import Visitor
from edge_agent.role import Role
from foundation.clock import SystemClock
from foundation.service import Ending
from simulator.port import free_port

WARM_UP_S = 20.0
MEASURED_S = 120.0
QUICK_MEASURED_S = 20.0
SAMPLES = 6


def main() -> None:
    """Start the demonstration, let it warm up, measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    measured_s = QUICK_MEASURED_S if parser.parse_args().quick else MEASURED_S
    with tempfile.TemporaryDirectory(prefix="footprint-") as folder:
        layout = DemoLayout(Path(folder), free_port(), free_port(), free_port())
        campus = DemoCampus(layout, SystemClock(), lambda line: print(line, file=sys.stderr, flush=True))
        try:
            campus.start(Ending())
            visitor = Visitor(layout, SystemClock())
            started = time.monotonic()
            while time.monotonic() - started < WARM_UP_S:
                visitor.step()
                time.sleep(1)
            figures = measure(psutil.Process(campus.child("agent").process.pid), measured_s)
        finally:
            campus.close()
    print(json.dumps({"benchmark": "footprint", "figures": figures}))


def measure(supervisor: psutil.Process, measured_s: float) -> dict[str, float]:
    """PSS (largest of several samples) and CPU share of the four roles."""
    roles = roles_of(supervisor)
    before = {name: cpu_s(process) for name, process in roles.items()}
    started = time.monotonic()
    peak_bytes = 0
    by_role: dict[str, int] = {}
    for sample in range(SAMPLES):
        time.sleep(max(0.0, started + measured_s * (sample + 1) / SAMPLES - time.monotonic()))
        pss = {name: int(process.memory_full_info().pss) for name, process in roles.items()}
        if sum(pss.values()) > peak_bytes:
            peak_bytes, by_role = sum(pss.values()), pss
    took_s = time.monotonic() - started
    spent = {name: cpu_s(process) - before[name] for name, process in roles.items()}
    for name in roles:
        print(
            f"{name:<10} {by_role[name] / 1e6:6.1f} MB PSS   {100 * spent[name] / took_s:5.2f} % of a core",
            file=sys.stderr,
        )
    figures: dict[str, float] = {
        "pss_bytes": peak_bytes,
        "cpu_share": round(sum(spent.values()) / took_s, 4),
        "measured_s": round(took_s, 1),
    }
    figures |= {f"{name}_pss_bytes": value for name, value in by_role.items()}
    return figures


def roles_of(supervisor: psutil.Process) -> dict[str, psutil.Process]:
    """The four role processes under `edge-agent run`."""
    found: dict[str, psutil.Process] = {}
    for process in supervisor.children(recursive=True):
        words = process.cmdline()
        if "edge_agent.serve" in words:
            found[words[words.index("edge_agent.serve") + 1]] = process
    if set(found) != {role.value for role in Role}:
        raise SystemExit(f"expected four roles, found {sorted(found)}")
    return found


def cpu_s(process: psutil.Process) -> float:
    """User and system seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
