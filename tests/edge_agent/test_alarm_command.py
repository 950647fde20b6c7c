"""`edge-agent alarm …` against a real gatehouse that reaches no center: everything is stored, nothing is claimed."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.edge_agent.conftest import Agent
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

pytestmark = pytest.mark.process


def alarm(agent: Agent, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("edge-agent"), "alarm", *words, "--state", agent.state],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def office(agent: Agent, address: str) -> Any:
    """What a program reads at an address of the office pages."""
    request = urllib.request.Request(f"http://127.0.0.1:{agent.office_port}{address}")
    request.add_header("accept", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=WAIT_AT_MOST_S) as answer:
        return json.load(answer)


def line_of(agent: Agent, alarm_id: str) -> str:
    """What the list says of an alarm; empty before it is stored."""
    lines = alarm(agent, "list").stdout.splitlines()
    return next((line for line in lines if line.split()[0] == alarm_id), "")


def test_an_alarm_is_pressed_listed_shown_and_called_off_and_a_drill_is_a_drill_once(agent: Agent) -> None:
    agent.start()
    pressed = alarm(agent, "press", "gate-east-panel", "--person", "张伟")
    assert pressed.returncode == 0, pressed.stderr
    alarm_id, word = pressed.stdout.split(maxsplit=1)
    assert word.strip() in ("已存储 stored", "已发出，尚未存储 on its way, not stored yet"), "a busy disk takes longer"

    listed = wait_until(lambda: line_of(agent, alarm_id), what="the stored alarm")
    assert "已存储 stored" in listed
    assert "center_received" not in listed, "there is no center"

    assert alarm(agent, "cancel", alarm_id, "--person", "张伟", "--reason", "碰到了按钮").returncode == 0
    shown = alarm(agent, "show", alarm_id).stdout
    assert "cancelled" in shown
    assert "碰到了按钮" in shown
    assert "还没有平台回执" in shown

    assert alarm(agent, "arm-drill", "gate-east-page", "--person", "李安全").returncode == 0
    drill = alarm(agent, "press", "gate-east-page").stdout.split()[0]
    real = alarm(agent, "press", "gate-east-panel").stdout.split()[0]
    wait_until(lambda: line_of(agent, f"【演练】{drill}"), what="the drill")
    wait_until(lambda: line_of(agent, real), what="the alarm after it")

    wait_until(lambda: {row["id"] for row in office(agent, "/incidents")} == {alarm_id, real}, what="two incidents")
    drills = office(agent, "/drills")
    assert [one["alarm_id"] for one in (*drills["running"], *drills["filed"])] == [drill]

    paths = alarm(agent, "test-path")
    assert paths.returncode == 1
    assert "primary" in paths.stdout


REFUSED = (
    (("press", "no-such-button"), "no-such-button"),
    (("cancel", "no-such-alarm", "--person", "张伟", "--reason", "误报"), "no-such-alarm"),
    (("arm-drill", "no-such-button", "--person", "张伟"), "no-such-button"),
    (("show", "no-such-alarm"), "no-such-alarm"),
)


def test_what_cannot_be_done_is_one_sentence(agent: Agent) -> None:
    agent.start()
    for words, says in REFUSED:
        refused = alarm(agent, *words)
        assert refused.returncode == 2
        assert says in refused.stderr
        assert "Traceback" not in refused.stderr


def test_without_a_gatehouse_the_list_says_so(agent: Agent) -> None:
    refused = alarm(agent, "list")
    assert refused.returncode == 2
    assert "没有报警记录" in refused.stderr
