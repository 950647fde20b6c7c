"""SIGKILL at the worst moments, with real processes: the finger goes on pressing, the desk sees one alarm."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from alarms.inputs import socket_client
from alarms.inputs.answer import Answers
from alarms.inputs.call import ArmDrillCall, CancelCall, PathsCall, Reply
from alarms.inputs.socket import PressSocket
from alarms.query import find_alarm, recent_alarms
from foundation.audit import verify_audit
from foundation.clock import SystemClock
from foundation.ids import new_id
from foundation.state import StateDirectory
from tests.alarms.conftest import World
from tests.alarms.parts import LineParts
from tests.support.processes import Processes, Started
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.signature import load_or_create_key

CLOCK = SystemClock()
pytestmark = pytest.mark.process


def gatehouse(world: World, processes: Processes, root: Path, port: int, *when: str) -> Started:
    center_key = load_or_create_key(world.tmp_path / "desk.key").public_key
    return processes.start(
        [sys.executable, "-m", "tests.alarms.dying_gatehouse", world.tmp_path / "state", str(port), center_key, *when],
        name="gatehouse",
        cwd=root,
        env={"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])},
    )


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_gatehouse_killed_around_the_commit_raises_the_alarm_once(
    world: World, processes: Processes, root: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(socket_client, "ANSWER_WITHIN_S", WAIT_AT_MOST_S)  # pressed again for the death alone
    broker = world.mosquitto()
    desk = world.desk([world.path_to(broker)])
    state = StateDirectory(world.tmp_path / "state")
    dying = gatehouse(world, processes, root, broker.port, when)
    replies: list[Reply] = []
    press_id = new_id()
    finger = threading.Thread(
        target=lambda: replies.append(
            socket_client.press(
                state.socket("gatehouse"),
                "east",
                clock=CLOCK,
                press_id=press_id,
                give_up_after_s=3 * WAIT_AT_MOST_S,  # two starts and a death
            )
        )
    )
    finger.start()
    wait_until(lambda: not dying.running, what="the death")
    on_disk = recent_alarms(state.database("alarms"))
    assert len(on_disk) == (1 if when == "after_commit" else 0)
    assert not desk.alarms

    gatehouse(world, processes, root, broker.port)
    finger.join(WAIT_AT_MOST_S)
    (reply,) = replies
    assert reply.ok
    assert reply.alarm_id is not None
    alarm_id = reply.alarm_id
    assert reply.repeated is (when == "after_commit")
    wait_until(lambda: _received(state, alarm_id), what="the receipt")
    assert list(desk.alarms) == [alarm_id]
    wait_until(lambda: find_alarm(state.database("alarms"), alarm_id), what="the alarm on the disk")
    assert len(recent_alarms(state.database("alarms"))) == 1
    assert verify_audit(state.database("alarms")).holds


def _received(state: StateDirectory, alarm_id: str) -> bool:
    record = find_alarm(state.database("alarms"), alarm_id)
    return record is not None and record.received


def test_the_socket_cancels_arms_and_tells_of_the_paths(world: World, processes: Processes, root: Path) -> None:
    broker = world.mosquitto()
    desk = world.desk([world.path_to(broker)])
    state = StateDirectory(world.tmp_path / "state")
    started = gatehouse(world, processes, root, broker.port)
    door = state.socket("gatehouse")
    wait_until(door.exists, what="the socket")
    drill = socket_client.call(door, ArmDrillCall(input="east", person="张老师"), clock=CLOCK)
    assert drill.ok
    alarm = socket_client.press(door, "east", clock=CLOCK)
    assert alarm.alarm_id is not None
    wait_until(lambda: alarm.alarm_id in desk.alarms, what="the drill at the desk")
    assert desk.alarms[alarm.alarm_id].drill_id == drill.drill_id
    cancel = socket_client.call(door, CancelCall(alarm_id=alarm.alarm_id, person="王师傅", reason="误碰"), clock=CLOCK)
    assert cancel.ok
    unknown = socket_client.call(door, CancelCall(alarm_id=new_id(), person="王", reason="误碰"), clock=CLOCK)
    assert not unknown.ok
    assert "no alarm" in unknown.error
    wrong = socket_client.press(door, "north", clock=CLOCK)
    assert not wrong.ok
    assert "known: east, west" in wrong.error
    (path,) = socket_client.call(door, PathsCall(), clock=CLOCK).paths
    assert path.connected
    wait_until(lambda: _received(state, str(alarm.alarm_id)), what="the receipt")
    assert started.stop() == 0
    assert not door.exists()


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[1]\n", b'{"do":"press"}\n', b"x" * 9_000 + b"\n", b"\xff\n"])
def test_nonsense_on_the_socket_is_answered_in_words(tmp_path: Path, line: bytes) -> None:
    parts = LineParts(tmp_path / "alarms.sqlite").start()
    door = PressSocket(tmp_path / "door", Answers(parts.line))
    door.start()
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(30)
        caller.connect(str(tmp_path / "door"))
        caller.sendall(line)
        reply = Reply.model_validate_json(caller.makefile("rb").readline())
    assert not reply.ok
    assert reply.error
    door.close()
    parts.close()


def test_a_caller_of_another_user_is_not_heard(tmp_path: Path) -> None:
    parts = LineParts(tmp_path / "alarms.sqlite").start()
    door = PressSocket(tmp_path / "door", Answers(parts.line), allowed_uids=frozenset({54_321}))
    door.start()
    with pytest.raises(socket_client.NoAnswerError, match="edge-agent serve gatehouse"):
        socket_client.press(tmp_path / "door", "east", clock=CLOCK, give_up_after_s=0.5)
    assert parts.line.recent() == []
    door.close()
    parts.close()
