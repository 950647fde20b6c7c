"""Alarms by HTTP: panels press, programs ask, and nobody else does anything."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alarms.inputs.answer import Answers
from alarms.inputs.http import MOST_PER_ADDRESS, PanelServer
from alarms.record import StepKind
from tests.alarms.parts import LineParts, request
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from web.authority import own_certificate
from web.server import tls_context


@pytest.fixture
def panels(parts: LineParts) -> Iterator[PanelServer]:
    answers = Answers(parts.line, database=parts.path)
    server = PanelServer(answers, {"wall": "right-token"}, host="127.0.0.1", port=0, caller_token="office-token")
    server.start()
    yield server
    server.close()


def post(server: PanelServer, path: str, body: bytes, token: str | None = "right-token") -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", path, body, {"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def test_a_panel_presses_by_http_and_the_same_press_twice_is_one_alarm(panels: PanelServer, parts: LineParts) -> None:
    body = json.dumps({"press_id": "p-1"}).encode()
    status, first = post(panels, "/press/wall", body)
    again = post(panels, "/press/wall", body)
    assert status == 200
    assert first["stored"]
    assert again == (200, {**first, "repeated": True})
    assert len(parts.line.recent()) == 1


@pytest.mark.parametrize(
    ("path", "body", "token", "status"),
    [
        ("/press/wall", b'{"press_id":"x"}', "wrong", 401),
        ("/press/wall", b'{"press_id":"x"}', None, 401),
        ("/press/wall", b'{"press_id":"x"}', "rîght", 401),
        ("/press/east", b'{"press_id":"x"}', "right-token", 404),
        ("/", b"", "right-token", 404),
        ("/press/wall", b"{}", "right-token", 400),
        ("/press/wall", b"\xff", "right-token", 400),
        ("/press/wall", b"x" * 9_000, "right-token", 400),
    ],
)
def test_what_is_no_press_of_that_panel_is_refused(
    panels: PanelServer, parts: LineParts, path: str, body: bytes, token: str | None, status: int
) -> None:
    assert post(panels, path, body, token)[0] == status
    assert parts.line.recent() == []


def ask(
    server: PanelServer, method: str, path: str, body: object = None, token: str = "office-token"
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(
        method, path, json.dumps(body) if body is not None else None, {"Authorization": f"Bearer {token}"}
    )
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def test_a_program_lists_shows_acknowledges_and_calls_off_by_name_with_the_token(
    panels: PanelServer, parts: LineParts
) -> None:
    alarm_id = parts.line.press(request("wall")).alarm_id
    assert ask(panels, "POST", f"/alarms/{alarm_id}/acknowledge", {"person": "李老师"})[0] == 200
    said = {"person": "王师傅", "reason": "误碰"}
    assert ask(panels, "POST", f"/alarms/{alarm_id}/cancel", said) == (200, {"ok": True, "alarm_id": alarm_id})
    status, shown = ask(panels, "GET", f"/alarms/{alarm_id}")
    steps = {step["step"]: step for step in shown["alarm"]["steps"]}
    assert status == 200
    assert (steps["local_acknowledged"]["person"], steps["cancelled"]["detail"]) == ("李老师", "误碰")
    assert [alarm["alarm_id"] for alarm in ask(panels, "GET", "/alarms?limit=5")[1]["alarms"]] == [alarm_id]
    assert parts.outbox.waiting() == 3, "the alarm itself is still being sent"


def test_a_call_by_duress_pin_reads_as_a_cancel_for_whoever_looks_along(panels: PanelServer, parts: LineParts) -> None:
    parts.line._is_duress = lambda pin: pin == "4711"
    told = []
    for pin in ("", "4711"):
        alarm_id = parts.line.press(request("wall")).alarm_id
        said = {"person": "王师傅", "reason": "误碰", "pin": pin}
        answer = ask(panels, "POST", f"/alarms/{alarm_id}/cancel", said)
        shown = ask(panels, "GET", f"/alarms/{alarm_id}")[1]["alarm"]
        told.append((answer[0], sorted(answer[1]), [step["step"] for step in shown["steps"]]))
    assert told[0] == told[1]
    record = parts.line.find(alarm_id)
    assert record is not None
    assert record.step(StepKind.DURESS) is not None


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status"),
    [
        ("GET", "/alarms", None, "right-token", 401),
        ("GET", "/alarms", None, "", 401),
        ("GET", "/alarms?limit=0", None, "office-token", 400),
        ("GET", "/alarms/nothing", None, "wrong", 401),
        ("GET", "/alarms/nothing", None, "office-token", 404),
        ("POST", "/press/wall", {"press_id": "x"}, "office-token", 401),
        ("POST", "/alarms/nothing/cancel", {"person": "王"}, "office-token", 400),
        ("POST", "/alarms/nothing/cancel", {"person": "王", "reason": "误"}, "office-token", 404),
        ("POST", "/alarms/nothing/cancel", {"person": "王", "reason": "误"}, "right-token", 401),
        ("POST", "/drills", {"input": "nowhere", "person": "王"}, "office-token", 400),
        ("POST", "/drills", [], "office-token", 400),
    ],
)
def test_every_other_request_is_refused_in_a_sentence(
    panels: PanelServer, parts: LineParts, method: str, path: str, body: object, token: str, status: int
) -> None:
    found, said = ask(panels, method, path, body, token)
    assert (found, said["ok"]) == (status, False)
    assert said["error"]
    assert parts.line.recent() == []


def test_an_encrypted_server_answers_and_one_who_never_says_hello_holds_up_nobody(
    parts: LineParts, tmp_path: Path
) -> None:
    files = own_certificate(tmp_path / "tls", campus_name="测试小学", names=("127.0.0.1",), clock=parts.clock)
    server = PanelServer(Answers(parts.line), {"wall": "right-token"}, host="127.0.0.1", port=0, tls=tls_context(files))
    server.start()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / "authority.crt"))
    with socket.create_connection(("127.0.0.1", server.port)):  # says nothing
        secure = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=30, context=trusting)
        secure.request("POST", "/press/wall", json.dumps({"press_id": "p"}), {"Authorization": "Bearer right-token"})
        assert secure.getresponse().status == 200
        secure.close()
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(server, "GET", "/paths")  # in plain text
    server.close()
    assert len(parts.line.recent()) == 1


def test_a_machine_that_keeps_lines_open_leaves_room_for_the_others(
    panels: PanelServer, parts: LineParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alarms.inputs.http._Request.timeout", 60)  # nobody is let go for being silent
    idle = [socket.create_connection(("127.0.0.1", panels.port)) for _ in range(MOST_PER_ADDRESS + 8)]
    with idle[-1] as beyond:
        beyond.settimeout(WAIT_AT_MOST_S)
        assert beyond.recv(1) == b"", "closed unheard"
    other = http.client.HTTPConnection("127.0.0.1", panels.port, timeout=30, source_address=("127.0.0.2", 0))
    other.request("POST", "/press/wall", json.dumps({"press_id": "p"}), {"Authorization": "Bearer right-token"})
    assert other.getresponse().status == 200
    other.close()
    for one in idle:
        one.close()
    assert len(parts.line.recent()) == 1

    def let_in() -> bool:
        try:
            return post(panels, "/press/wall", b'{"press_id": "p"}')[0] == 200
        except (http.client.HTTPException, OSError):
            return False

    wait_until(let_in, what="room again")
    assert len(parts.line.recent()) == 1


def test_a_panel_follows_its_own_alarm_and_no_other(panels: PanelServer, parts: LineParts) -> None:
    own, other = (parts.line.press(request(name)).alarm_id for name in ("wall", "east"))
    assert ask(panels, "GET", f"/alarms/{own}", token="right-token")[0] == 200
    assert ask(panels, "GET", f"/alarms/{other}", token="right-token")[0] == 404
