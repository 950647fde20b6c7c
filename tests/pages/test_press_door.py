"""The second door for presses works while asyncio and every page hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from edge_agent.pages.alarm.press_door import MOST_PER_ADDRESS, PressDoor
from foundation.clock import SystemClock
from foundation.ids import new_id
from tests.pages.gate_screen import INPUT, TOKEN, FakeAlarmLine

PAGE = "http://127.0.0.1:8080"


def input_of(token: str | None) -> str | None:
    return INPUT.id if token == TOKEN else None


@pytest.fixture
def line() -> FakeAlarmLine:
    return FakeAlarmLine(SystemClock())


@pytest.fixture
def door(line: FakeAlarmLine) -> Iterator[PressDoor]:
    opened = PressDoor(line.press, input_of=input_of, host="127.0.0.1")
    opened.start()
    yield opened
    opened.close()


def knock(door: PressDoor, body: object, *, origin: str | None = PAGE, token: str | None = TOKEN) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{door.port}/press",
        json=body,
        headers={"origin": origin} if origin else {},
        cookies={"station": token} if token else {},
        trust_env=False,
    )


def test_a_press_of_an_enrolled_screen_is_passed_on_and_the_page_may_read_the_answer(
    door: PressDoor, line: FakeAlarmLine
) -> None:
    press_id = new_id()
    first, again = knock(door, {"id": press_id}), knock(door, {"id": press_id})
    assert first.status_code == 202
    assert first.json() == again.json() == {"alarm_id": line.presses[0][2]}
    assert first.headers["access-control-allow-origin"] == PAGE
    assert {(press, input_id) for press, input_id, _ in line.presses} == {(press_id, INPUT.id)}


@pytest.mark.parametrize(
    ("origin", "token"),
    [(PAGE, None), (PAGE, "wrong"), ("http://evil.example", TOKEN), (None, TOKEN), ("null", TOKEN)],
)
def test_nobody_else_can_press(door: PressDoor, line: FakeAlarmLine, origin: str | None, token: str | None) -> None:
    answer = knock(door, {"id": new_id()}, origin=origin, token=token)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert line.presses == []


@pytest.mark.parametrize("body", [{}, {"id": "x"}, [1], "x", {"id": "1" * 2000}])
def test_what_is_not_a_press_is_refused(door: PressDoor, line: FakeAlarmLine, body: object) -> None:
    assert knock(door, body).status_code == 422
    assert line.presses == []


def test_callers_who_say_nothing_leave_room_for_others_and_are_let_go(door: PressDoor, line: FakeAlarmLine) -> None:
    silent = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(MOST_PER_ADDRESS - 1)]
    assert knock(door, {"id": new_id()}).status_code == 202
    for one in silent:
        one.settimeout(30)
        assert one.recv(1) == b""  # hung up on
        one.close()


def test_a_press_that_takes_long_does_not_hold_up_the_next(line: FakeAlarmLine) -> None:
    hanging, waiting = threading.Event(), threading.Event()

    def press(press_id: str, input_id: str) -> str:
        if not hanging.is_set():
            hanging.set()
            waiting.wait(30)
        return line.press(press_id, input_id)

    door = PressDoor(press, input_of=input_of, host="127.0.0.1")
    door.start()
    slow = threading.Thread(target=knock, args=(door, {"id": new_id()}))
    slow.start()
    hanging.wait(30)
    begun = time.monotonic()
    assert knock(door, {"id": new_id()}).status_code == 202
    assert time.monotonic() - begun < 15, "the other takes thirty"
    waiting.set()
    slow.join(30)
    door.close()
