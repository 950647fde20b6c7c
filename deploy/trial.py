"""Starts the built image once against the simulator and looks whether it sees its cameras."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import yaml

from deploy.engine import Container, Engine, ImageError

TREE = Path(__file__).resolve().parent.parent
SIMULATOR = Path(sys.executable).parent / "campus-simulator"

IN_IMAGE = Path("/etc/campus-edge")
FOOTAGE = "/var/lib/campus-edge/footage"

SEEN_WITHIN_S = 120.0
"""Loading on a slow disk, the first ONVIF round and the first fragment of footage."""

LOOK_EVERY_S = 1.0
STOP_TIMEOUT_S = 15.0

# Never through a proxy: everything is on this computer.
_DIRECT = build_opener(ProxyHandler({}))


def try_image(engine: Engine, image: str, say: Callable[[str], None]) -> None:
    """Simulator and broker here, the agent in the image; ImageError unless it polls and records every camera."""
    with ExitStack() as stack:
        say("starting the simulated campus (the first time its scenes are drawn, a minute or so)")
        simulator = stack.enter_context(simulated("run"))
        broker = stack.enter_context(simulated("broker", "--port", "0"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campus-edge-")))
        settings = write_settings(folder, cameras=simulator["cameras"], broker_port=broker["port"])
        say(f"starting {image} with {engine.name}")
        container = engine.start(image, settings=folder)
        try:
            watch(container, f"http://127.0.0.1:{settings['pages']['office']['port']}/api/status", say)
            answers(f"http://127.0.0.1:{settings['pages']['gatehouse']['port']}/")
        finally:
            say("stopping")
            container.stop()


@contextmanager
def simulated(*words: str) -> Iterator[dict[str, Any]]:
    """A part of the simulator as a process; what it says of itself when it is ready."""
    command = [str(SIMULATOR), *words, "--json-ready", "--with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise ImageError(f"campus-simulator {words[0]} did not start (see above)")
            ready: dict[str, Any] = json.loads(line)
            yield ready
        finally:
            process.terminate()
            process.wait(timeout=STOP_TIMEOUT_S)


def write_settings(folder: Path, *, cameras: Sequence[dict[str, Any]], broker_port: int) -> dict[str, Any]:
    """The example campus, pointed at the simulator, readable for the image's own user."""
    shutil.copytree(TREE / "config" / "example", folder, dirs_exist_ok=True)
    file = folder / "campus.yaml"
    settings: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    if len(settings["devices"]) != len(cameras):
        raise ImageError(f"the example has {len(settings['devices'])} devices, the simulator {len(cameras)}")
    for device, camera in zip(settings["devices"], cameras, strict=True):
        device["address"] = camera["onvif_url"]
    settings["credentials"] = [
        {"id": "camera-login", "user": cameras[0]["user"], "password_file": str(IN_IMAGE / "camera-password")}
    ]
    (folder / "camera-password").write_text(cameras[0]["password"], encoding="utf-8")
    for volume in settings["volumes"]:
        volume["path"] = FOOTAGE
    settings["broker_paths"] = [{"id": "primary", "host": "127.0.0.1", "port": broker_port, "allow_plain_text": True}]
    for address in settings["pages"].values():
        address["port"] = free_port()
    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return settings


def free_port() -> int:
    """A port of this machine, which the image shares, that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def watch(container: Container, url: str, say: Callable[[str], None]) -> None:
    """Ask for the status until every camera is polled and recorded; say each change on the way."""
    deadline = time.monotonic() + SEEN_WITHIN_S
    told = ""
    while time.monotonic() < deadline:
        status = ask(url)
        if status is not None:
            seen = [f"{device['id']} {device['state']}" for device in status["devices"]]
            recorded = [f"{point['id']} {point['recording']}" for point in status["points"]]
            if (now := f"cameras: {', '.join(seen)}; recording: {', '.join(recorded)}") != told:
                say(told := now)
            if seen and recorded and all(words.endswith(" ok") for words in (*seen, *recorded)):
                return
        try:
            code = container.process.wait(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
        raise ImageError(f"the image ended by itself with {code} (see above)")
    raise ImageError(f"{url} did not show every camera ok within {SEEN_WITHIN_S:g} s; last: {told or 'no answer'}")


def ask(url: str) -> dict[str, Any] | None:
    """The status, or None while nobody answers."""
    try:
        with _DIRECT.open(url, timeout=5) as answer:
            status: dict[str, Any] = json.load(answer)
            return status
    except OSError:
        return None


def answers(url: str) -> None:
    """The gate page answers: what the image's own health check asks."""
    try:
        _DIRECT.open(url, timeout=10).close()
    except OSError as error:
        raise ImageError(f"the gate page {url} does not answer: {error}") from error
