"""SIGKILL and power cuts while eight gates write: what the book has answered is there, whole and readable."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import SystemClock
from gate.book import GateBook
from gate.leave_slip import pupil_out_by_id
from gate.query import visit_by_id
from gate.refusal_book import refusal_by_id
from gate.staff import staff_inside
from gate.vehicle_book import vehicle_by_id
from tests.support.power_cut import PowerCutDisk
from tests.support.processes import Processes, Started
from tests.support.waiting import wait_until

pytestmark = pytest.mark.process
KILLS = 4
CUTS = 6


def start(processes: Processes, root: Path, folder: Path, name: str) -> Started:
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    return processes.start(
        [sys.executable, "-m", "tests.gate.writing_gates", folder], name=name, cwd=root, env={"PYTHONPATH": path}
    )


def answered(said: str) -> list[tuple[str, str]]:
    """What was acknowledged in whole lines."""
    lines = said[: said.rfind("\n") + 1].splitlines()
    words = [line.split() for line in lines]
    return [
        (one[0], one[1])
        for one in words
        if len(one) == 2 and one[0] in {"in", "out", "vehicle", "refusal", "pupil", "staff"}
    ]


def has_answered(gates: Started, wanted: int) -> bool:
    """Whether so much has been acknowledged."""
    return len(answered(gates.output())) >= wanted


def lost(folder: Path, said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was acknowledged and is not there, or names nobody."""
    path = folder / "gate.sqlite"
    GateBook(path, SystemClock()).close()
    missing = []
    for what, record_id in said:
        if what in ("in", "out"):
            visit = visit_by_id(path, record_id)
            there = visit is not None and visit.visitor is not None and (what == "in" or visit.out_utc_ns is not None)
        elif what == "vehicle":
            entry = vehicle_by_id(path, record_id)
            there = entry is not None and entry.vehicle is not None
        elif what == "pupil":
            left = pupil_out_by_id(path, record_id)
            there = left is not None and left.fetching is not None
        elif what == "staff":
            there = record_id in staff_inside(path)
        else:
            refusal = refusal_by_id(path, record_id)
            there = refusal is not None and refusal.visitor is not None
        if not there:
            missing.append((what, record_id))
    verdict = verify_audit(path)
    assert verdict.holds, verdict.trouble[:5]
    return missing


def test_nothing_answered_is_lost_when_the_gatehouse_is_killed(
    processes: Processes, root: Path, tmp_path: Path
) -> None:
    chance, said = random.Random(7), []
    for number in range(KILLS):
        gates = start(processes, root, tmp_path, f"gates-{number}")
        wanted = chance.randint(5, 60)
        wait_until(partial(has_answered, gates, wanted), 60)
        gates.kill()
        said += answered(gates.output())
        assert lost(tmp_path, said) == []
    assert len(said) > 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerCutDisk]:
    if os.geteuid() != 0 or shutil.which("mkfs.xfs") is None:
        pytest.skip("a power cut needs root, loop devices and xfsprogs")
    made = PowerCutDisk(tmp_path / "power")
    try:
        made.open()
    except RuntimeError as error:
        made.close()
        pytest.skip(f"no power can be cut here: {error}")
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_answered_is_lost_when_the_power_fails(processes: Processes, root: Path, disk: PowerCutDisk) -> None:
    gates = start(processes, root, disk.mount, "gates")
    chance = random.Random(7)
    for _ in range(CUTS):
        before = len(answered(gates.output()))
        more = chance.randint(3, 25)
        wait_until(partial(has_answered, gates, before + more), 60)
        said = answered(gates.output())
        with disk.cut() as found:  # they write on while the power goes, and rest while the copy is judged
            os.kill(gates.pid, signal.SIGSTOP)
            assert lost(found, said) == []
        os.kill(gates.pid, signal.SIGCONT)
    gates.kill()
