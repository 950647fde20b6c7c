"""An MQTT broker for demonstration and tests: Mosquitto where it is installed, else amqtt from Python."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from simulator.listener import PortTaken
from simulator.port import free_port

_START_S, _STOP_S = 60.0, 5.0
_GUARD = 'exec 3<&0; (read _ <&3; kill -9 $$) & exec "$@"'
"""A shell that becomes the broker and leaves behind a watcher. It ends the broker when our end of the pipe is gone, so
that a broker never outlives a program that was killed. (PR_SET_PDEATHSIG acts when the starting *thread* ends.)"""


class BrokerError(Exception):
    """The broker did not start; the message carries its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    ca: Path
    certificate: Path
    key: Path
    require_certificate: bool = True
    """Clients must show a certificate of this CA; its common name becomes their user name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    host: str = "127.0.0.1"
    port: int | None = None
    """None takes a free port, kept over kill and start."""
    directory: Path | None = None
    """Where configuration, log and kept messages lie; a temporary one if None."""
    tls: Tls | None = None
    allow_anonymous: bool = True
    acl_file: Path | None = None
    password_file: Path | None = None
    queue_limit: int = 1_000_000
    """Messages that Mosquitto keeps for an absent subscriber; it acknowledges and drops what is beyond. Not 0 (no
    limit): with that, 2.0.11 drops a client as soon as it refuses one of its messages (measured: "Bad socket read/write
    on client: Unknown error")."""


class Broker(ABC):
    """A broker process. ``start`` after ``kill`` goes on with the same port and the same kept messages."""

    name: str
    speaks_version_5: bool

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        self.host = settings.host
        self.port = settings.port or free_port(settings.host)
        self._owned = None if settings.directory else tempfile.TemporaryDirectory(prefix="campus-broker-")
        self.directory = settings.directory or Path(self._owned.name if self._owned else "")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @abstractmethod
    def _command(self) -> list[str]:
        """Writes the configuration and says what to run."""

    def start(self) -> None:
        """Returns when the broker accepts. Raises ``BrokerError`` or ``PortTaken``."""
        if _answers(self.host, self.port, speak=False):
            raise PortTaken(self.host, self.port)
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", _GUARD, "sh", *self._command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = monotonic() + _START_S
        while not _answers(self.host, self.port, speak=self.settings.tls is None):
            if self._process.poll() is not None or monotonic() > deadline:
                self.kill()
                raise BrokerError(f"{self.name} did not start: {self._last_words()}")
            Event().wait(0.02)

    def close(self) -> None:
        """Ends the broker in order and removes what is temporary."""
        self._end(signal.SIGTERM)
        if self._owned is not None:
            self._owned.cleanup()

    def kill(self) -> None:
        """Ends the broker as a power cut does (SIGKILL)."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        # the watcher is of the same group, and has nothing to watch any more
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self.directory / "broker.log").read_text(errors="replace").splitlines()
            return " / ".join(lines[-3:])
        return "it said nothing"


class Mosquitto(Broker):
    """Eclipse Mosquitto 2, set to keep what it has accepted.

    With its defaults a kill loses every acknowledged message, and an absent subscriber gets only 1,000.
    """

    speaks_version_5 = True

    def __init__(self, settings: BrokerSettings, program: str) -> None:
        super().__init__(settings)
        self._program = program
        said = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
        self.name = " ".join(said.split("\n", 1)[0].split()[:3]).replace("version ", "") or "mosquitto"

    def _command(self) -> list[str]:
        settings = self.settings
        lines = [
            f"listener {self.port} {self.host}",
            f"allow_anonymous {str(settings.allow_anonymous).lower()}",
            "persistence true",
            f"persistence_location {self.directory}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            f"max_queued_messages {settings.queue_limit}",
            "set_tcp_nodelay true",  # else the kernel holds small messages back for up to 40 ms
            "log_dest stderr",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it gives up the right to write into a directory of ours
        if settings.tls:
            tls = settings.tls
            for needed in (tls.ca, tls.certificate, tls.key):
                if not needed.is_file():
                    raise BrokerError(f"{needed} is missing: it is needed for TLS.")
            lines += [f"cafile {tls.ca}", f"certfile {tls.certificate}", f"keyfile {tls.key}"]
            if tls.require_certificate:
                lines += ["require_certificate true", "use_identity_as_username true"]
        if settings.acl_file:
            lines.append(f"acl_file {settings.acl_file}")
        if settings.password_file:
            lines.append(f"password_file {settings.password_file}")
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text("\n".join(lines) + "\n")
        return [self._program, "-c", str(configuration)]


class Amqtt(Broker):
    """amqtt, from PyPI: for machines without Mosquitto. MQTT 3.1.1, no TLS here, nothing kept over a kill."""

    name = "amqtt"
    speaks_version_5 = False

    def _command(self) -> list[str]:
        if self.settings.tls or self.settings.acl_file or self.settings.password_file:
            raise BrokerError("TLS, passwords and access lists need Mosquitto: install it (Debian: mosquitto).")
        about = {"host": self.host, "port": self.port, "anonymous": self.settings.allow_anonymous}
        return [sys.executable, "-m", "simulator.broker_amqtt", json.dumps(about)]


def mosquitto_program() -> str | None:
    """Where Mosquitto is; Debian puts it into sbin, which is not on everyone's path."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def find_broker(settings: BrokerSettings) -> Broker:
    """Mosquitto if it is installed, else amqtt; ``name`` says which. Not yet started."""
    program = mosquitto_program()
    return Mosquitto(settings, program) if program else Amqtt(settings)


_CONNECT = bytes.fromhex("101300044d5154540402000a0007") + b"waiting"
"""MQTT 3.1.1 CONNECT, clean session, client id "waiting"."""


def _answers(host: str, port: int, speak: bool) -> bool:
    """Whether someone accepts connections there and, if asked, answers as a broker does."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            if not speak:
                return True
            connection.sendall(_CONNECT)
            return connection.recv(1)[:1] == b"\x20"
    except OSError:
        return False
