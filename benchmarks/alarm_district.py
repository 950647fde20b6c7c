"""A district in small for the alarm benchmarks: Mosquitto with TLS, the real center, a school's real gatehouse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from alarms.inputs import socket_client
from alarms.inputs.call import PathsCall, Reply
from alarms.query import messages_waiting, recent_alarms
from alarms.record import StepKind
from foundation.clock import SystemClock
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from simulator.broker import Amqtt, Broker, BrokerSettings, Mosquitto, Tls, mosquitto_program
from simulator.port import free_port
from tests.support.certificates import Authority
from uplink.signature import load_or_create_key

CAMPUS = "bench-school"
INPUTS = 1_000
"""So many buttons that none is pressed twice within its debounce time."""
CLOCK = SystemClock()


def say(line: str) -> None:
    """Progress, apart from the figures."""
    print(line, file=sys.stderr, flush=True)


def wait_for(predicate: Callable[[], object], timeout_s: float, what: str) -> float:
    """Seconds until it is true; RuntimeError if it does not come."""
    began = time.monotonic()
    while not predicate():
        if time.monotonic() - began > timeout_s:
            raise RuntimeError(f"{what} did not come within {timeout_s:g} s")
        time.sleep(0.01)
    return time.monotonic() - began


@dataclass
class District:
    """Everything by real processes; `close` ends them."""

    root: Path
    paths: Sequence[str] = ("primary",)
    host: str = "127.0.0.1"
    """Where the brokers listen."""
    queue_limit: int = 1_000_000
    """Messages that Mosquitto keeps for an absent center."""
    state_folder: Path | None = None
    """The school's disk; a folder of its own under `root` if left out."""
    plain_311: bool = False
    """Brokers that speak only MQTT 3.1.1 (amqtt), without TLS."""
    cameras: Sequence[dict[str, Any]] = ()
    brokers: dict[str, Broker] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    prefix: dict[str, list[str]] = field(default_factory=dict)
    """What a role is started under (a network namespace)."""

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.state = StateDirectory(self.state_folder or self.root / "state").create()
        self.authority = Authority(self.root / "pki")
        self.center_port = free_port()
        self.gate_ports = (free_port(), free_port())

    # ── brokers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def start_brokers(self) -> None:
        program = mosquitto_program()
        for name in self.paths:
            if self.plain_311 or program is None:
                self.brokers[name] = Amqtt(BrokerSettings(host=self.host, directory=self.root / f"broker-{name}"))
            else:
                server = self.authority.issue(f"broker-{name}", addresses=(self.host,))
                tls = Tls(ca=server.ca, certificate=server.certificate, key=server.key)
                settings = BrokerSettings(
                    host=self.host, directory=self.root / f"broker-{name}", tls=tls, queue_limit=self.queue_limit
                )
                self.brokers[name] = Mosquitto(settings, program)
            self.brokers[name].start()

    def times_dropped(self) -> int:
        """How often a broker said that it drops messages for somebody: acknowledged ones, beyond what it keeps."""
        logs = [broker.directory / "broker.log" for broker in self.brokers.values()]
        return sum(log.read_bytes().count(b"Outgoing messages are being dropped") for log in logs)

    def _broker_path(self, name: str, client: str) -> dict[str, Any]:
        broker = self.brokers[name]
        entry: dict[str, Any] = {"id": name, "host": broker.host, "port": broker.port}
        if broker.settings.tls is None:
            return {**entry, "allow_plain_text": True}
        issued = self.authority.issue(client)
        files = {"ca_file": issued.ca, "certificate_file": issued.certificate, "key_file": issued.key}
        return {**entry, "tls": {name: str(file) for name, file in files.items()}}

    # ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, name: str, command: Sequence[str], env: dict[str, str] | None = None) -> None:
        log = (self.root / f"{name}.log").open("ab")
        # An installation has its modules compiled (pip does it); a shell that forbids it would time Python's compiler.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.processes[name] = subprocess.Popen(
            [*self.prefix.get(name, []), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**environment, **(env or {})},
            start_new_session=True,
        )

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(name, None)
        if process is not None:
            process.send_signal(number)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        for name in reversed(list(self.processes)):
            self.end(name)
        for broker in self.brokers.values():
            broker.close()

    def start_center(self, *, wait: bool = True) -> None:
        file = self.root / "center.yaml"
        if not file.exists():
            values = {
                "name": "测试接警中心",
                "state_directory": str(self.root / "center"),
                "brokers": [self._broker_path(name, "center") for name in self.paths],
                "page": {"host": "127.0.0.1", "port": self.center_port},
            }
            file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
            self.center_key = self._enrol(file)
        self.start("center", [program_of("campus-center"), "run", "--config", str(file)])
        if wait:
            wait_for(self.center_answers, 60, "the center's page")

    def center_answers(self) -> bool:
        try:
            self.center_status()
        except OSError:
            return False
        return True

    def center_status(self) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.center_port}/api/status", timeout=5) as answer:
            status = json.load(answer)
            assert isinstance(status, dict)
            return status

    def desk_alarm_ids(self) -> list[str]:
        """An id for each time an alarm reached the desk."""
        with open_read_only(self.root / "center" / "center.sqlite") as reader:
            return [str(row[0]) for row in reader.rows("SELECT alarm_id FROM alarm_event WHERE kind = 'received'")]

    def _enrol(self, file: Path) -> str:
        own = load_or_create_key(self.state.key("campus-ed25519")).public_key
        command = [program_of("campus-center"), "enrol", CAMPUS, "--name", "测试小学", "--public-key", own]
        done = subprocess.run(
            [*command, "--config", str(file)], capture_output=True, text=True, timeout=60, check=False
        )
        center_key = done.stdout.strip()
        if done.returncode != 0 or not center_key:
            raise RuntimeError(f"the center did not enrol the school: {done.stderr.strip() or 'it said no key'}")
        return center_key

    def write_campus(self) -> Path:
        file = self.root / "campus.yaml"
        devices = [
            {"id": camera["id"], "name": camera["id"], "address": camera["onvif_url"], "credential": "cameras"}
            for camera in self.cameras
        ]
        values = {
            "campus": {"id": CAMPUS, "name": "测试小学", "address": "测试路 1 号", "gatehouse_phone": "010-1"},
            "credentials": [{"id": "cameras", "user": "campus", "password_env": "BENCH_CAMERA"}],
            "devices": devices,
            "points": [
                {"id": device["id"], "name": device["id"], "device": device["id"], "volume": "main", "retention": "r"}
                for device in devices
            ],
            "volumes": [{"id": "main", "path": str(self.root / "footage"), "own_disk": False}],
            "retention": [{"id": "r"}],
            "alarm_inputs": [
                {"id": f"b{number}", "name": f"按钮 {number}", "kind": "socket", "place": f"{number} 号楼"}
                for number in range(INPUTS)
            ],
            "center": {"name": "测试接警中心", "public_keys": [self.center_key]},
            "broker_paths": [self._broker_path(name, CAMPUS) for name in self.paths],
            "pages": {
                "gatehouse": {"host": "127.0.0.1", "port": self.gate_ports[0]},
                "office": {"host": "127.0.0.1", "port": self.gate_ports[1]},
            },
        }
        (self.root / "footage").mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        return file

    def start_role(self, role: str) -> None:
        config, state = str(self.root / "campus.yaml"), str(self.state.root)
        self.start(
            role,
            [program_of("edge-agent"), "serve", role, "--config", config, "--state", state],
            {"BENCH_CAMERA": "Campus-2024"},
        )

    # ── the guard ──────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def door(self) -> Path:
        return self.state.socket("press")

    def press(self, number: int, press_id: str, *, give_up_after_s: float = 30.0) -> Reply:
        return socket_client.press(
            self.door, f"b{number % INPUTS}", clock=CLOCK, press_id=press_id, give_up_after_s=give_up_after_s
        )

    def path_states(self) -> dict[str, str]:
        try:
            reply = socket_client.call(self.door, PathsCall(), clock=CLOCK, give_up_after_s=2)
        except socket_client.NoAnswerError:
            return {}  # starting still
        return {path.id: path.status for path in reply.paths}

    def carries(self) -> bool:
        """Whether the school knows every path to be up."""
        return set(self.path_states().values()) == {"up"}

    def waiting(self) -> int:
        """Messages without a receipt; -1 while nobody can tell."""
        try:
            return messages_waiting(self.state.database("alarms"))
        except DatabaseError:
            return -1

    def receipts_ms(self, limit: int) -> dict[str, float]:
        """Milliseconds from the press to the center's receipt, for the newest alarms that have one, by alarm."""
        return {
            alarm.id: (step.at_utc_ns - alarm.pressed_utc_ns) / 1e6
            for alarm in recent_alarms(self.state.database("alarms"), limit=limit)
            if (step := alarm.step(StepKind.CENTER_RECEIVED)) is not None
        }


def program_of(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).with_name(name))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all lie at or under."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
