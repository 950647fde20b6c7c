"""Which role the processor serves first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge_agent.role import Role

_SAY_NICENESS = """
import os, resource, sys
from edge_agent.role import Role
from edge_agent.serve import take_place
if sys.argv[2]:
    resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
    os.getuid() or os.setuid(65534)
take_place(Role(sys.argv[1]))
print(os.nice(0))
"""


def niceness(role: Role, *, leave: bool) -> tuple[int, str]:
    """What the kernel says of a process that took the role's place, and what the process said."""
    command = [sys.executable, "-c", _SAY_NICENESS, role.value, "" if leave else "without"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    *said, number = done.stdout.splitlines()
    return int(number), "\n".join(said) + done.stderr


def test_the_alarm_comes_before_footage_and_footage_before_everything_else() -> None:
    gatehouse, recorder, inspector, office = (niceness(role, leave=True)[0] for role in Role)
    assert gatehouse < recorder < inspector == office


@pytest.mark.skipif(os.getuid() != 0, reason="only root may step forward without being given leave")
def test_where_the_host_allows_it_the_alarm_comes_before_other_programs_too() -> None:
    assert niceness(Role.GATEHOUSE, leave=True) == (-10, "")


def test_a_host_that_does_not_allow_it_is_told_how_and_the_gatehouse_runs_all_the_same() -> None:
    number, said = niceness(Role.GATEHOUSE, leave=False)
    assert number == 0
    assert "LimitNICE=-10" in said
