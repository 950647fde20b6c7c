from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
import requests

from tests.support.ports import accepts
from tests.support.waiting import wait_until

SMALL_CAMPUS = ["--cameras", "1", "--width", "320", "--height", "240", "--fps", "5", "--bitrate-kbps", "200"]
RUN = [sys.executable, "-m", "simulator.cli", "run", "--json-ready", *SMALL_CAMPUS]

pytestmark = pytest.mark.process


def start(loops: Path, *more: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    process = subprocess.Popen(
        [*RUN, "--cache", str(loops), *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def seconds_to_end(loops: Path, number: signal.Signals) -> float:
    process, ready = start(loops)
    try:
        assert ready["ready"] is True
        listed = requests.get(f"{ready['control_url']}/cameras", timeout=10).json()["cameras"]
        assert listed == ready["cameras"]
        asked = monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        return monotonic() - asked
    finally:
        process.kill()
        process.communicate()


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_says_where_everything_is_and_a_signal_ends_it_within_two_seconds(
    loops: Path, number: signal.Signals
) -> None:
    # The promise is the program's; what other programs take of the machine meanwhile is not, hence up to three tries.
    assert any(seconds_to_end(loops, number) < 2.0 for _ in range(3))


def test_it_ends_with_the_program_that_started_it(loops: Path) -> None:
    middle = (
        "import subprocess,sys; p=subprocess.Popen(sys.argv[1:],stdout=subprocess.PIPE);"
        "print(p.stdout.readline().decode(),flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", middle, *RUN, "--cache", str(loops), "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    port = int(str(json.loads(parent.stdout.readline())["control_url"]).rsplit(":", 1)[1])
    assert accepts(port)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not accepts(port), what="the simulator's end")
    parent.communicate()


def test_a_taken_port_is_said_in_one_sentence(loops: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        command = [*RUN, "--cache", str(loops), "--port-base", str(port)]
        process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in process.stderr
    assert "Traceback" not in process.stderr
    assert not process.stdout
