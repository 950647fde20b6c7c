"""A real agent whose roles are killed: each death is one fault, heard once, and the chains hold."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest
from typer.testing import CliRunner

from edge_agent.commands.audit import app
from edge_agent.role import Role
from foundation.sqlite import DatabaseError
from safety.fault import Fault
from safety.query import closed_faults, open_faults
from tests.edge_agent.conftest import Agent
from tests.support.waiting import wait_until


def faults(agent: Agent, kind: str) -> list[Fault]:
    path = agent.state / "safety.sqlite"
    try:
        rows = (*open_faults(path, 0), *closed_faults(path, 0))
    except DatabaseError:  # not made yet
        return []
    return [row.fault for row in rows if row.fault.kind == kind]


def has_fault(agent: Agent, subject: str) -> bool:
    return any(fault.subject == subject for fault in faults(agent, "role.unclean_end"))


@pytest.mark.process
@pytest.mark.slow
def test_a_killed_role_is_one_fault_even_if_the_office_dies_too(agent: Agent) -> None:
    agent.start()
    for role in (Role.INSPECTOR, Role.OFFICE):
        pid = agent.pid_of(role)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(partial(has_fault, agent, f"role:{role}"), what=f"the fault of {role}")
    wait_until(agent.answers, what="the office's pages")
    assert sorted(fault.subject for fault in faults(agent, "role.unclean_end")) == ["role:inspector", "role:office"]
    verdict = CliRunner().invoke(app, ["verify", "--state", str(agent.state)])
    assert verdict.exit_code == 0, verdict.output
    for chain in ("alarms", "gate", "safety"):
        assert f"● {chain}:" in verdict.output
