"""A real agent of four processes, with simulated cameras and without a center."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from edge_agent.role import Role
from edge_agent.role_life import RoleStarted
from foundation.journal import read_entries
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from simulator.campus import Campus, Quality, SubQuality, demo_cameras
from simulator.port import free_port
from tests.support.processes import Processes, Started
from tests.support.waiting import wait_until

SMALL = Quality(width=320, height=180, fps=5, bitrate_bps=100_000)
SMALL_SUB = SubQuality(width=160, height=90, fps=2, bitrate_bps=40_000)


@dataclass(slots=True)
class Agent:
    """`edge-agent run` on a state directory of its own."""

    root: Path
    settings_file: Path
    office_port: int
    gate_port: int
    processes: Processes
    password: str
    supervisor: Started | None = None

    @property
    def state(self) -> Path:
        return self.root / "state"

    def start(self) -> Started:
        """Start all roles and wait until their pages answer and each has noted that it runs."""
        self.supervisor = self.processes.start(
            [
                *(Path(sys.executable).with_name("edge-agent"), "run"),
                *("--config", self.settings_file, "--state", self.state),
            ],
            name="agent",
            env={"CAMPUS_CAMERA_PASSWORD": self.password},
        )
        wait_until(self.answers, what="the office's pages")
        for role in Role:
            wait_until(partial(self.runs, role), what=f"the beginning of {role}")
        return self.supervisor

    def runs(self, role: Role) -> bool:
        """Whether the process of a role has noted that it began: what dies before has not ended uncleanly."""
        try:
            begun = read_entries(StateDirectory(self.state).journal(role), after=0, kind=RoleStarted.kind)
        except DatabaseError:
            return False
        return bool(begun) and begun[-1].read(RoleStarted).pid == self.pid_of(role)

    def answers(self) -> bool:
        assert self.supervisor is not None
        assert self.supervisor.running, self.supervisor.output()[-2000:]
        try:
            self.status()
        except OSError:
            return False
        return True

    def status(self) -> dict[str, Any]:
        """/api/status as a program reads it."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.office_port}/api/status", timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def pid_of(self, role: Role) -> int | None:
        """The process that serves a role now."""
        assert self.supervisor is not None
        for child in psutil.Process(self.supervisor.pid).children(recursive=True):
            try:
                words = child.cmdline()
            except psutil.NoSuchProcess:
                continue
            if "edge_agent.serve" in words and words[words.index("edge_agent.serve") + 1] == role:
                return int(child.pid)
        return None


@pytest.fixture(scope="session")
def cameras(root: Path) -> Iterator[Campus]:
    """Two small simulated cameras; their loops are kept in .cache."""
    campus = Campus(
        cameras=demo_cameras(2, SMALL, SMALL_SUB), cache=root / ".cache" / "simulator-tests", progress=lambda _: None
    )
    campus.start()
    yield campus
    campus.close()


@pytest.fixture
def agent(tmp_path: Path, processes: Processes, cameras: Campus) -> Agent:
    """An agent that is not started yet, on the example campus with addresses of its own."""
    example = resources.files("config").joinpath("example")
    values = yaml.safe_load(example.joinpath("campus.yaml").read_text(encoding="utf-8"))
    (tmp_path / "plan.geojson").write_text(example.joinpath("plan.geojson").read_text(encoding="utf-8"), "utf-8")
    values["credentials"][0]["user"] = cameras.account.user
    for device, camera in zip(values["devices"], cameras.cameras, strict=True):
        device["address"] = cameras.addresses(camera.id).onvif_url
    gate_port, office_port = free_port(), free_port()
    values["pages"] = {
        "gatehouse": {"host": "127.0.0.1", "port": gate_port},
        "office": {"host": "127.0.0.1", "port": office_port},
    }
    values["broker_paths"][0]["port"] = free_port()  # nobody listens: the agent must do without a center
    settings_file = tmp_path / "campus.yaml"
    settings_file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return Agent(tmp_path, settings_file, office_port, gate_port, processes, cameras.account.password)
