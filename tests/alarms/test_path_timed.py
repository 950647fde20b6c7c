"""`edge-agent alarm test-path` times each path by a fresh echo of the center; old news prove nothing."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from alarms.inputs.answer import Answers
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

    wait_until(both_carry, 20, what="both paths")
    state = str(gatehouse.state.root)
    timed = CliRunner().invoke(app, ["test-path", "--state", state])
    assert timed.exit_code == 0, timed.output
    for name in ("primary", "standby"):
        line = next(line for line in timed.output.splitlines() if f" {name}  127" in line)
        assert line.startswith("●")
        trip = re.search(r"往返 (\d+\.\d) ms", line)
        assert trip is not None
        assert float(trip[1]) < 5_000
    standby.close()
    wait_until(lambda: not both_carry(), 20, what="the standby path to fall")
    failed = CliRunner().invoke(app, ["test-path", "--state", state])
    assert failed.exit_code == 1
    assert "● primary" in failed.output
    assert "▲ standby" in failed.output
    assert "没有应答" in failed.output
