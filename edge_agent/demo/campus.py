"""Starts and ends everything a demonstration consists of; the parts know nothing of each other but addresses."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Final

from edge_agent.child import Child
from edge_agent.demo.layout import DemoLayout
from edge_agent.demo.settings_file import (
    CAMERA_PASSWORD_ENV,
    DemoAddresses,
    write_campus_settings,
    write_center_settings,
)
from edge_agent.demo.trouble import DemoError
from foundation.clock import NS_PER_S, Clock
from foundation.service import Ending
from foundation.state import StateDirectory
from uplink.signature import load_or_create_key

CAMPUS_ID: Final = "demo-school"
_CAMERA_PASSWORD: Final = "Demo-" + "2026"
_SIMULATOR_READY_S: Final = 180.0  # the first start draws and encodes a minute of each scene
_READY_S: Final = 120.0  # a busy laptop; the agent itself gives up sooner, and says which role was late
_STOP_S: Final = 12.0
_SHOWN_LOG_LINES: Final = 15

Say = Callable[[str], None]


class DemoCampus:
    """The parts in the order they start; `close` ends them in reverse and leaves no process behind."""

    def __init__(self, layout: DemoLayout, clock: Clock, say: Say) -> None:
        self.layout = layout
        self._clock = clock
        self._say = say
        self._children: list[Child] = []
        self._logs: list[IO[str]] = []
        self._ending = Ending()
        self.control_url = ""
        self.broker_name = ""

    def start(self, ending: Ending) -> None:
        """Start everything and wait until each part is ready. Raises DemoError, also when `ending` is set meanwhile."""
        self._ending = ending
        for folder in (self.layout.root, self.layout.logs, self.layout.footage, self.layout.scratch):
            folder.mkdir(parents=True, exist_ok=True)
        self._say("模拟校园 simulator: two cameras (the first start draws their scenes, about 30 s)")
        simulator = self._ready_line(
            "simulator",
            [_program("campus-simulator"), "run", "--json-ready", "--user", "demo"],
            _SIMULATOR_READY_S,
            environment={"CAMPUS_SIMULATOR_PASSWORD": _CAMERA_PASSWORD},
        )
        self.control_url = str(simulator["control_url"])
        broker = self._ready_line(
            "broker", [_program("campus-simulator"), "broker", "--port", "0", "--json-ready"], _READY_S
        )
        self.broker_name = str(broker["broker"])
        self._say(f"消息代理 broker: {self.broker_name}, port {broker['port']}")
        self._start_center(int(broker["port"]))
        addresses = DemoAddresses(
            onvif_urls=[str(camera["onvif_url"]) for camera in simulator["cameras"]],
            camera_user="demo",
            broker_port=int(broker["port"]),
            center_public_key=self._enrol(),
        )
        write_campus_settings(self.layout, addresses)
        self._say("边缘代理 agent: gatehouse, recorder, inspector, office")
        self._start_and_wait(
            "agent",
            [
                *(_program("edge-agent"), "run"),
                *("--config", str(self.layout.settings_file), "--state", str(self.layout.state)),
            ],
            environment={CAMERA_PASSWORD_ENV: _CAMERA_PASSWORD},
        )

    def _start_center(self, broker_port: int) -> None:
        write_center_settings(self.layout, broker_port)
        self._say("接警中心 center")
        self._enrol()  # before it runs, so that the first birth is already from a known campus
        self._start_and_wait("center", [_program("campus-center"), "run", "--config", str(self.layout.center_file)])

    def _enrol(self) -> str:
        # Both keys are pinned: the campus's at the center, the center's in the campus's settings.
        key = load_or_create_key(StateDirectory(self.layout.state).create().key("campus-ed25519"))
        done = subprocess.run(
            [
                *(_program("campus-center"), "enrol", CAMPUS_ID, "--name", "示范小学", "--public-key", key.public_key),
                *("--config", str(self.layout.center_file)),
            ],
            capture_output=True,
            text=True,
            timeout=_READY_S,
            check=False,
        )
        center_key = done.stdout.strip()
        if done.returncode != 0 or not center_key:
            raise DemoError(f"the center did not enrol the campus: {done.stderr.strip() or 'it said no key'}")
        return center_key

    def _start_and_wait(self, name: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        child = self._child(name, command)
        log = self._log(name)
        child.start(environment=environment, stdout=log, stderr=log)
        deadline_ns = self._clock.running_ns() + round(_READY_S * NS_PER_S)
        while not child.look():
            self._check(child, deadline_ns)
            select.select([], [], [], 0.05)

    def _ready_line(
        self, name: str, command: Sequence[str], timeout_s: float, environment: dict[str, str] | None = None
    ) -> dict[str, Any]:
        child = self._child(name, command)
        child.start(environment=environment, stdout=subprocess.PIPE, stderr=self._log(name))
        stdout = child.process.stdout
        assert stdout is not None
        deadline_ns = self._clock.running_ns() + round(timeout_s * NS_PER_S)
        while not select.select([stdout], [], [], 0.1)[0]:
            self._check(child, deadline_ns)
        line = stdout.readline()
        try:
            told = json.loads(line)
        except json.JSONDecodeError as error:
            self._check(child, 0)
            raise DemoError(f"{name} did not say that it is ready: {self._last_words(name)}") from error
        assert isinstance(told, dict)
        return told

    def _child(self, name: str, command: Sequence[str]) -> Child:
        child = Child(name, command, self.layout.root)
        self._children.append(child)
        return child

    def _log(self, name: str) -> IO[str]:
        log = self.layout.log(name).open("w", encoding="utf-8")
        self._logs.append(log)
        return log

    def _check(self, child: Child, deadline_ns: int) -> None:
        if self._ending.is_set():
            raise DemoError("ended before everything had started")
        code = child.exit_code()
        if code is not None:
            raise DemoError(f"{child.name} ended (exit code {code}): {self._last_words(child.name)}")
        if self._clock.running_ns() > deadline_ns:
            raise DemoError(f"{child.name} was not ready in time: {self._last_words(child.name)}")

    def _last_words(self, name: str) -> str:
        file = self.layout.log(name)
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        return "\n  " + "\n  ".join(lines[-_SHOWN_LOG_LINES:]) if lines else "it said nothing"

    def ended(self) -> str | None:
        """A sentence about the first part that has ended unasked; None while all run."""
        for child in self._children:
            code = child.exit_code()
            if code is not None:
                return f"{child.name} ended (exit code {code}): {self._last_words(child.name)}"
        return None

    def child(self, name: str) -> Child:
        """A part by name."""
        return next(child for child in self._children if child.name == name)

    def close(self) -> bool:
        """End all parts, the agent first; False if one had to be killed."""
        orderly = True
        for child in reversed(self._children):
            child.terminate()
            orderly = child.wait(_STOP_S) and orderly
            child.release()
        for log in self._logs:
            log.close()
        return orderly


def _program(name: str) -> str:
    # Beside this interpreter, whatever PATH says: the demonstration shows this very installation.
    return str(Path(sys.executable).with_name(name))
