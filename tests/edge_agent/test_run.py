"""The four roles as processes: ready, killed, repaired, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import psutil
import pytest

from edge_agent.role import Role
from tests.edge_agent.conftest import Agent
from tests.support.waiting import wait_until

pytestmark = pytest.mark.process

REPAIRED_WITHIN_S = 5.0
STOPPED_WITHIN_S = 10.0


@pytest.mark.alone
def test_sigterm_ends_the_agent_within_10_s_with_everything_closed(agent: Agent) -> None:
    supervisor = agent.start()
    wait_until(
        lambda: all(point["recording"] == "ok" for point in agent.status()["points"]), 40, what="both points recording"
    )
    roles = [psutil.Process(pid) for role in Role if (pid := agent.pid_of(role)) is not None]
    assert len(roles) == len(Role)
    assert supervisor.stop(STOPPED_WITHIN_S) == 0
    assert not any(process.is_running() for process in roles)
    assert "had to be killed" not in supervisor.output()
    left_open = [file.name for file in agent.state.rglob("*-wal") if file.stat().st_size]
    assert left_open == [], "a write-ahead log that was not folded in"
    for file in agent.state.rglob("*.sqlite"):
        assert list(apsw.Connection(str(file)).execute("PRAGMA integrity_check")) == [("ok",)]
    catalogue = apsw.Connection(str(agent.state / "catalogue.sqlite"))
    assert list(catalogue.execute("SELECT count(*) FROM segment WHERE state = 0")) == [(0,)], "a segment left open"
    assert list(catalogue.execute("SELECT count(*) >= 2 FROM segment WHERE state = 1")) == [(1,)]


@pytest.mark.alone
@pytest.mark.parametrize("role", list(Role))
def test_a_role_that_is_killed_serves_again_within_5_s_and_it_is_a_finding(agent: Agent, role: Role) -> None:
    agent.start()
    before = agent.pid_of(role)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()

    def serves_again() -> bool:
        pid = agent.pid_of(role)
        if pid in (None, before):
            return False
        try:
            status = agent.status()
        except OSError:
            return False
        return any(row["name"] == role and row["state"] == "ok" for row in status["roles"]) and any(
            finding["kind"] == "role.unclean_end" and finding["subject"] == f"role:{role}"
            for finding in status["findings"]
        )

    wait_until(serves_again, what=f"{role} serving again, with a finding")
    took_s = time.monotonic() - killed
    again = agent.pid_of(role)
    assert again is not None
    assert took_s - _stood_in_line_s(again) <= REPAIRED_WITHIN_S


def _stood_in_line_s(pid: int) -> float:
    """How long a process was ready to run while other programs of a busy machine had the processors."""
    _, waited_ns, _ = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
    return int(waited_ns) / 1e9


def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.alone
def test_a_supervisor_that_is_killed_leaves_no_role_behind(agent: Agent) -> None:
    supervisor = agent.start()
    roles = [psutil.Process(pid) for role in Role if (pid := agent.pid_of(role)) is not None]
    supervisor.kill()
    wait_until(
        lambda: all(map(ended, roles)),
        STOPPED_WITHIN_S,
        what="the end of every role",
    )


@pytest.mark.alone
def test_an_orderly_stop_is_no_finding_at_the_next_start(agent: Agent) -> None:
    assert agent.start().stop(STOPPED_WITHIN_S) == 0
    agent.start()
    kinds = {finding["kind"] for finding in agent.status()["findings"]}
    assert "role.unclean_end" not in kinds
    assert "role.power_lost" not in kinds


def run_agent(agent: Agent) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("edge-agent"), "run", "--config", agent.settings_file, "--state", agent.state],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "CAMPUS_CAMERA_PASSWORD": agent.password},
    )


def test_a_second_copy_is_refused_with_one_sentence(agent: Agent) -> None:
    agent.start()
    second = run_agent(agent)
    assert second.returncode == 2
    assert "gatehouse is already running" in second.stderr
    assert "Traceback" not in second.stderr
    assert agent.answers(), "the first copy goes on"


def test_a_taken_port_is_refused_with_one_sentence(agent: Agent) -> None:
    text = agent.settings_file.read_text(encoding="utf-8")
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        agent.settings_file.write_text(
            text.replace(f"port: {agent.gate_port}", f"port: {taken.getsockname()[1]}"), encoding="utf-8"
        )
        refused = run_agent(agent)
    assert refused.returncode == 2
    assert "is taken by another program" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_settings_start_nothing(agent: Agent) -> None:
    text = agent.settings_file.read_text(encoding="utf-8")
    agent.settings_file.write_text(text.replace("own_disk: false", "own_dsk: false"), encoding="utf-8")
    refused = run_agent(agent)
    assert refused.returncode == 2
    assert "Did you mean 'own_disk'?" in refused.stderr
    assert not agent.state.exists()


def test_a_missing_password_is_named_and_nothing_starts(agent: Agent) -> None:
    text = agent.settings_file.read_text(encoding="utf-8")
    agent.settings_file.write_text(text.replace("CAMPUS_CAMERA_PASSWORD", "NO_SUCH_VARIABLE"), encoding="utf-8")
    refused = run_agent(agent)
    assert refused.returncode == 2
    assert "set the environment variable NO_SUCH_VARIABLE" in refused.stderr
    assert not agent.state.exists()
