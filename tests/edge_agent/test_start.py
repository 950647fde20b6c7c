"""What is loaded before a role serves: a guard's press waits for no library that the alarm line does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from edge_agent.cli import app

NOT_FOR_AN_ALARM = (
    *("alembic", "av", "cv2", "docx", "fastapi", "httpx", "jinja2", "lxml", "numpy", "onvif", "openpyxl"),
    *("pymodbus", "pypinyin", "reportlab", "requests", "scipy", "sqlalchemy", "uvicorn", "xlsxwriter", "zeep"),
)
NOT_BEFORE_A_ROLE = (*NOT_FOR_AN_ALARM, "cryptography", "paho", "structlog", "yaml")
TO_THE_PRESS_SOCKET = "import edge_agent.serve, edge_agent.roles.gatehouse"
TO_THE_PRESS_BY_COMMAND = "import edge_agent.cli, edge_agent.commands.alarm"
TO_THE_ROLE = """
import os
from edge_agent.cli import app

def replaced(*_: object) -> None:
    raise SystemExit(0)

os.execv = replaced
try:
    app(["serve", "gatehouse"])
except SystemExit as ended:
    assert ended.code == 0, ended.code
"""


@pytest.mark.parametrize(
    ("steps", "unwanted"),
    [
        pytest.param(TO_THE_PRESS_SOCKET, NOT_FOR_AN_ALARM, id="the gatehouse's alarm line"),
        pytest.param(TO_THE_PRESS_BY_COMMAND, NOT_FOR_AN_ALARM, id="edge-agent alarm press"),
        pytest.param(TO_THE_ROLE, NOT_BEFORE_A_ROLE, id="edge-agent serve, before the role itself"),
    ],
)
def test_what_has_no_part_in_it_is_not_loaded_first(steps: str, unwanted: tuple[str, ...]) -> None:
    told = f"{steps}\nimport sys\nprint('loaded:', *sorted(set({unwanted!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "loaded:\n", done.stdout + done.stderr


def test_every_command_that_is_loaded_late_is_there_and_says_what_it_is_for() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(), name
