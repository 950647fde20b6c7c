"""`edge-agent alarm test-path`, and the same by HTTP, time each path by a fresh echo; old news prove nothing."""

from __future__ import annotations

import re
import time

import httpx
from typer.testing import CliRunner

from alarms.inputs.answer import Answers
from alarms.inputs.http import PanelServer
from alarms.inputs.socket import PressSocket
from edge_agent.commands.alarm import app
from tests.alarms.conftest import World
from tests.support.waiting import wait_until


def test_each_path_is_timed_and_one_whose_broker_is_gone_fails(world: World) -> None:
    primary, standby = world.mosquitto("primary"), world.mosquitto("standby")
    paths = [world.path_to(primary, "primary"), world.path_to(standby, "standby")]
    world.desk(paths)
    gatehouse = world.gatehouse(paths)
    assert gatehouse.service is not None
    answers = Answers(gatehouse.line, paths=gatehouse.service.path_reports)
    door = PressSocket(gatehouse.state.socket("press"), answers)
    door.start()
    world.closing.append(door.close)
    service = gatehouse.service

    def both_carry() -> bool:
        return all(report.session.connected for report in service.path_reports())

    wait_until(both_carry, what="both paths")
    state = str(gatehouse.state.root)
    timed = CliRunner().invoke(app, ["test-path", "--state", state])
    assert timed.exit_code == 0, timed.output
    for name in ("primary", "standby"):
        line = next(line for line in timed.output.splitlines() if f" {name}  127" in line)
        assert line.startswith("●")
        trip = re.search(r"往返 (\d+\.\d) ms", line)
        assert trip is not None
        assert float(trip[1]) < 5_000
    server = PanelServer(answers, {}, host="127.0.0.1", port=0, caller_token="office-token")
    server.start()
    world.closing.append(server.close)
    began = time.monotonic()
    asked = httpx.get(
        f"http://127.0.0.1:{server.port}/paths?wait_s=12",
        headers={"Authorization": "Bearer office-token"}, timeout=30, trust_env=False,
    )  # fmt: skip
    took_ms = (time.monotonic() - began) * 1_000
    heard = {path["id"]: path["echo_age_ms"] for path in asked.json()["paths"]}
    assert heard.keys() == {"primary", "standby"}
    assert all(age_ms <= took_ms for age_ms in heard.values()), "answered since it was asked"
    standby.close()
    wait_until(lambda: not both_carry(), what="the standby path to fall")
    failed = CliRunner().invoke(app, ["test-path", "--state", state])
    assert failed.exit_code == 1
    assert "● primary" in failed.output
    assert "▲ standby" in failed.output
    assert "没有应答" in failed.output
