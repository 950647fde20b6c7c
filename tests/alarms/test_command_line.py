"""`edge-agent alarm …` against a running gatehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alarms.inputs.socket import PressSocket
from edge_agent.commands.alarm import app
from foundation.ids import is_id
from foundation.state import StateDirectory
from tests.alarms.conftest import Gatehouse, World, wait_received
from tests.alarms.parts import LineParts, request
from tests.support.waiting import wait_until
from uplink.liveness import PathStatus
from uplink.messages.alarm import Purpose, UpdateKind


@pytest.fixture
def gatehouse(world: World) -> Iterator[Gatehouse]:
    path = world.path_to(world.mosquitto())
    world.desk([path])
    made = world.gatehouse([path])
    assert made.service is not None
    door = PressSocket(made.state.socket("press"), made.service.answers)
    door.start()
    yield made
    door.close()


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command here; typer's own runner would close the stream that the gatehouse's threads write their log to."""

    def run_here(state: StateDirectory, *words: str) -> tuple[int, str]:
        capsys.readouterr()
        try:
            app([*words, "--state", str(state.root)])
        except SystemExit as ended:
            said = capsys.readouterr()
            return int(ended.code or 0), said.out + said.err
        raise AssertionError("the command did not end")

    return run_here


def test_arming_pressing_showing_and_cancelling(gatehouse: Gatehouse, run: Run) -> None:
    state = gatehouse.state
    code, said = run(state, "arm-drill", "east", "--person", "张老师")
    assert code == 0, said
    code, said = run(state, "press", "east", "--person", "王师傅")
    assert code == 0, said
    alarm_id = next(word for word in said.split() if is_id(word))
    wait_received(gatehouse, alarm_id)
    assert gatehouse.line.find(alarm_id).purpose is Purpose.DRILL
    code, said = run(state, "cancel", alarm_id, "--person", "王师傅", "--reason", "误碰")
    assert code == 0, said
    code, said = run(state, "acknowledge", alarm_id, "--person", "李老师")
    assert code == 0, said
    code, said = run(state, "show", alarm_id)
    assert code == 0
    for word in ("东门按钮", "演练", "stored", "center_received", "cancelled  王师傅", "local_acknowledged  李老师"):
        assert word in said
    assert alarm_id in run(state, "list")[1]


def test_paths_are_shown_with_what_is_wrong(gatehouse: Gatehouse, run: Run) -> None:
    assert gatehouse.service is not None
    service = gatehouse.service
    wait_until(lambda: service.path_reports()[0].status is PathStatus.UP, what="a path")
    code, said = run(gatehouse.state, "test-path")
    assert code == 0
    assert "● primary" in said


@pytest.mark.parametrize("words", [("show", "nothing"), ("cancel", "nothing", "--person", "王", "--reason", "误碰")])
def test_an_unknown_alarm_is_said_so(gatehouse: Gatehouse, run: Run, words: tuple[str, ...]) -> None:
    code, said = run(gatehouse.state, *words)
    assert code == 2
    assert "no alarm" in said


def test_without_a_gatehouse_the_command_says_what_to_start(tmp_path: Path, run: Run) -> None:
    code, said = run(StateDirectory(tmp_path).create(), "list")
    assert code == 2
    assert "▲" in said
    assert "没有报警记录" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("cancel", "x", "--person", "", "--reason", "误报"), "姓名）：不能空着 / must not be empty"),
        (("cancel", "x", "--person", "王", "--reason", "误" * 2001), "原因）：太长了，最多 2000 个字"),
        (("press", "x" * 201), "报警按钮）：太长了，最多 200 个字"),
        (("arm-drill", "east", "--person", ""), "姓名）：不能空着"),
    ],
)
def test_a_mistake_in_what_was_typed_is_one_sentence(
    tmp_path: Path, run: Run, words: tuple[str, ...], says: str
) -> None:
    code, said = run(StateDirectory(tmp_path).create(), *words)
    assert (code, said.count("\n")) == (2, 1)
    assert says in said


def test_whoever_reads_along_sees_a_cancel_where_the_duress_pin_called_for_help(tmp_path: Path, run: Run) -> None:
    state = StateDirectory(tmp_path).create()
    parts = LineParts(state.database("alarms")).start()
    alarm = parts.line.press(request())
    parts.line.tell(alarm.alarm_id, UpdateKind.DURESS, person="王", reason="误碰")
    parts.close()
    for words in (("list",), ("show", alarm.alarm_id)):
        _, said = run(state, *words)
        assert "误报 cancelled" in said
        assert "duress" not in said
