"""One demonstration from its first process to its last."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from edge_agent.demo.campus import DemoCampus
from edge_agent.demo.layout import DemoLayout, check_ports
from edge_agent.demo.stages import Sights, Stage, judge
from edge_agent.demo.trouble import DemoError
from edge_agent.demo.visitor import Visitor
from foundation.clock import NS_PER_S, SystemClock
from foundation.service import Ending

_STEP_S: Final = 1.0
_ROOM_NEEDED_BYTES: Final = 2 * 1024**3
_GB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen, and what went wrong if something did."""

    stages: dict[str, Stage]
    trouble: str | None


def make_layout(directory: Path | None, *, gate_port: int, office_port: int, center_port: int) -> DemoLayout:
    """Take a folder and ports for a demonstration. Raises DemoError if they cannot be had."""
    check_ports({"gate": gate_port, "office": office_port, "center": center_port})
    try:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        root = directory or Path(tempfile.mkdtemp(prefix="campus-demo-"))
        free_bytes = shutil.disk_usage(root).free
    except OSError as error:
        raise DemoError(f"no folder for the demonstration ({error}): choose one with --dir") from error
    if free_bytes < _ROOM_NEEDED_BYTES:
        if directory is None:
            root.rmdir()
        raise DemoError(
            f"the disk under {root} has {free_bytes / _GB:.1f} GB left and the cameras need "
            f"{_ROOM_NEEDED_BYTES / _GB:.0f}: free some space, or choose another disk with --dir"
        )
    return DemoLayout(root.resolve(), gate_port, office_port, center_port)


def show(layout: DemoLayout, *, duration_s: float | None, ending: Ending, console: Console) -> Outcome:
    """Start everything, do and look until the time is over or `ending` is set, end everything."""
    clock = SystemClock()
    campus = DemoCampus(layout, clock, lambda line: console.print(f"… {line}", markup=False))
    visitor = Visitor(layout, clock)
    trouble: str | None = None
    try:
        campus.start(ending)
        _show_addresses(layout, campus, console)
        until_ns = None if duration_s is None else clock.running_ns() + round(duration_s * NS_PER_S)
        told: dict[str, Stage] = {}
        while not ending.is_set() and (until_ns is None or clock.running_ns() < until_ns) and trouble is None:
            visitor.step()
            told = _tell_news(told, visitor.sights, console)
            trouble = campus.ended()
            ending.wait(_STEP_S)
    except DemoError as error:
        trouble = str(error)
    finally:
        console.print("… 正在结束 ending")
        if not campus.close() and trouble is None:
            trouble = "a part did not end when asked and had to be killed"
    return Outcome(judge(visitor.sights), trouble)


def _show_addresses(layout: DemoLayout, campus: DemoCampus, console: Console) -> None:
    for name, port in (
        ("门卫页面 gate", layout.gatehouse_port),
        ("状态页面 status", layout.office_port),
        ("接警中心 center", layout.center_port),
    ):
        console.print(f"  {name:<20} http://127.0.0.1:{port}/")
    console.print(f"  故障 faults: campus-simulator fault gate covered --control {campus.control_url}", markup=False)
    console.print(f"  日志 logs: {layout.logs}   Ctrl-C 结束 ends", markup=False)


def _tell_news(told: dict[str, Stage], sights: Sights, console: Console) -> dict[str, Stage]:
    now = judge(sights)
    for name, stage in now.items():
        if stage.ok != (name in told and told[name].ok):
            sign = "[green]●[/green]" if stage.ok else "[red]▲[/red]"
            seen = ", ".join(f"{key}={value}" for key, value in stage.seen.items())
            console.print(f"{sign} {name}: ", end="")
            console.print(seen, markup=False)
    return now
