"""`edge-agent run` looks after every role from the moment it was started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge_agent.role import Role
from edge_agent.supervisor import Supervisor
from foundation.clock import SystemClock

pytestmark = pytest.mark.process

_ROLE = """
import sys, time
from pathlib import Path
from foundation.service import notify

lives = Path(sys.argv[1])
if sys.argv[2] == "gatehouse":
    with lives.open("a") as file:
        file.write("x")
    notify("READY=1")
    if lives.read_text() == "x":
        sys.exit(1)
else:
    while not lives.exists() or lives.read_text() != "xx":
        time.sleep(0.02)
    notify("READY=1")
time.sleep(3600)
"""


def test_a_gatehouse_that_dies_while_the_others_still_load_is_started_again_at_once(tmp_path: Path, root: Path) -> None:
    supervisor = Supervisor(tmp_path / "campus.yaml", tmp_path, SystemClock())
    program, lives = tmp_path / "role.py", tmp_path / "lives"
    program.write_text(f"import sys; sys.path.insert(0, {str(root)!r})\n{_ROLE}", encoding="utf-8")
    for role, kept in supervisor._roles.items():
        kept.child._command = [sys.executable, str(program), str(lives), role]
    try:
        assert supervisor._start() == 0, "the others are ready once it lives again"
    finally:
        supervisor._close()
    assert lives.read_text(encoding="utf-8") == "xx"
    assert all(kept.child.exit_code() is not None for kept in supervisor._roles.values())
    assert set(supervisor._roles) == set(Role)
