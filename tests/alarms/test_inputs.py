"""Contacts, panels, USB buttons, sirens: what is a press, what is a fault, what makes noise."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.inputs.answer import Answers
from alarms.inputs.circuit import Circuit, LineFinger
from alarms.inputs.contact import (
    STUCK_MS,
    Change,
    Contact,
    Level,
    Timing,
    feed,
    level_of_bit,
    level_of_value,
)
from alarms.inputs.http import MOST_PER_ADDRESS, PanelServer
from alarms.inputs.modbus import ModbusInputs
from alarms.inputs.usb import UsbInput
from alarms.modbus_coil import ModbusCoil
from alarms.press import Button
from alarms.record import AlarmRecord, Step, StepKind
from alarms.siren import SirenSwitch, sounds
from config.alarm_input import AlarmInput, ModbusContact, Reading, Wiring
from config.siren import Siren
from foundation.clock import NS_PER_S, SystemClock
from foundation.ids import new_id
from tests.alarms.modbus_module import ModbusModule
from tests.alarms.parts import LineParts, request
from tests.alarms.test_outbox import ALARM
from tests.support.waiting import wait_until
from uplink.messages.alarm import Purpose, UpdateKind
from web.authority import own_certificate
from web.server import tls_context

QUICK = Timing(hold_ms=0, restore_ms=500)


def changes(readings: list[tuple[int, Level]], timing: Timing = QUICK, contact: Contact | None = None) -> list[Change]:
    """What becomes of a row of readings at these milliseconds."""
    found = []
    contact = contact or Contact()
    for at_ms, level in readings:
        contact, change = feed(contact, level, at_ms, timing)
        if change is not None:
            found.append(change)
    return found


def test_a_contact_that_is_pressed_when_first_read_is_a_press() -> None:
    assert changes([(0, Level.PRESSED)]) == [Change.PRESSED]


def test_a_bouncing_contact_is_one_press_and_one_release() -> None:
    bouncing = [(ms, Level.PRESSED if ms % 40 < 20 else Level.REST) for ms in range(0, 400, 10)]
    rest = [(ms, Level.REST) for ms in range(400, 1200, 50)]
    assert changes(bouncing + rest) == [Change.PRESSED, Change.RELEASED]


def test_a_second_press_counts_after_the_restore_time() -> None:
    readings = [(0, Level.PRESSED), (50, Level.REST), (560, Level.REST), (600, Level.PRESSED)]
    assert changes(readings) == [Change.PRESSED, Change.RELEASED, Change.PRESSED]


def test_a_brush_shorter_than_the_hold_time_is_no_press() -> None:
    timing = Timing(hold_ms=300, restore_ms=500)
    assert changes([(0, Level.PRESSED), (100, Level.PRESSED), (150, Level.REST)], timing) == []
    assert changes([(0, Level.PRESSED), (300, Level.PRESSED)], timing) == [Change.PRESSED]


def test_a_contact_stuck_for_minutes_is_one_alarm_and_one_finding() -> None:
    readings = [(ms, Level.PRESSED) for ms in range(0, 5 * STUCK_MS, 1000)]
    assert changes(readings) == [Change.PRESSED, Change.STUCK]


def test_cut_and_short_are_faults_and_no_alarm_and_are_mended() -> None:
    for fault in (Level.CUT, Level.SHORT):
        readings = [(0, Level.REST), (50, fault), (600, fault), (650, Level.REST), (1200, Level.REST)]
        assert changes(readings) == [Change.FAULT, Change.MENDED]


@given(st.lists(st.tuples(st.integers(1, 3_000), st.sampled_from(list(Level))), max_size=60))
def test_presses_and_releases_always_alternate(steps: list[tuple[int, Level]]) -> None:
    now_ms, readings = 0, []
    for passed_ms, level in steps:
        now_ms += passed_ms
        readings.append((now_ms, level))
    presses = [change for change in changes(readings) if change in (Change.PRESSED, Change.RELEASED)]
    assert presses[::2] == [Change.PRESSED] * len(presses[::2])
    assert presses[1::2] == [Change.RELEASED] * len(presses[1::2])


@pytest.mark.parametrize(
    ("closed", "wiring", "level"),
    [
        (True, Wiring.NORMALLY_OPEN, Level.PRESSED),
        (False, Wiring.NORMALLY_OPEN, Level.REST),
        (False, Wiring.NORMALLY_CLOSED, Level.PRESSED),
        (True, Wiring.NORMALLY_CLOSED, Level.REST),
    ],
)
def test_polarity_is_what_the_wiring_says(closed: bool, wiring: Wiring, level: Level) -> None:
    assert level_of_bit(closed, wiring) is level


RESISTOR = ModbusContact(
    host="127.0.0.1", address=7, rest=Reading(low=400, high=600), pressed=Reading(low=800, high=1200)
)


@pytest.mark.parametrize(
    ("value", "level"),
    [(500, Level.REST), (1000, Level.PRESSED), (0, Level.SHORT), (65_535, Level.CUT), (700, Level.CUT)],
)
def test_an_end_of_line_resistor_tells_four_states_apart(value: int, level: Level) -> None:
    assert level_of_value(value, RESISTOR) is level


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[LineParts]:
    made = LineParts(tmp_path / "alarms.sqlite").start()
    made.line.buttons["wall"] = Button(id="wall", name="墙上按钮", place="东门", debounce_ms=0)
    yield made
    made.close()


@pytest.fixture
def module() -> Iterator[ModbusModule]:
    made = ModbusModule()
    yield made
    made.close()


def pressed(parts: LineParts, count: int) -> bool:
    return len(parts.line.recent()) == count


class Findings(dict[tuple[str, str], str]):
    """What was opened and not cleared."""

    def open(self, subject: str, kind: str, _severity: object, text: str) -> None:
        self[(subject, kind)] = text

    def end(self, subject: str, kind: str) -> None:
        self.pop((subject, kind), None)


def wall(port: int, **more: Any) -> AlarmInput:
    contact = {"host": "127.0.0.1", "port": port, "address": 3, **more.pop("modbus", {})}
    return AlarmInput.model_validate(
        {"id": "wall", "name": "墙上按钮", "kind": "modbus", "place": "东门", "modbus": contact, **more}
    )


def circuit(item: AlarmInput, parts: LineParts, findings: Findings) -> Circuit:
    return Circuit(item, LineFinger(parts.line), findings, latest=lambda: next(iter(parts.line.recent()), None))


def reading(item: AlarmInput, parts: LineParts, findings: Findings) -> ModbusInputs:
    service = ModbusInputs([circuit(item, parts, findings)], clock=parts.clock)
    service.start()
    return service


def test_a_contact_on_a_modbus_module_raises_an_alarm_for_each_press(parts: LineParts, module: ModbusModule) -> None:
    module.inputs[3] = False
    findings = Findings()
    service = reading(wall(module.port, restore_ms=100), parts, findings)
    wait_until(lambda: module.reads > 1, what="the first readings")
    for count in (1, 2):
        module.inputs[3] = True
        wait_until(partial(pressed, parts, count), what="the alarm")
        module.inputs[3] = False
        wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
    service.close()
    assert findings == {}


def test_a_module_that_goes_away_is_a_finding_and_comes_back_by_itself(parts: LineParts, module: ModbusModule) -> None:
    module.inputs[3] = False
    findings = Findings()
    service = reading(wall(module.port), parts, findings)
    wait_until(lambda: module.reads > 1, what="the first readings")
    del module.inputs[3]
    wait_until(lambda: ("input:wall", "alarm.input_unreachable") in findings, what="the finding")
    module.inputs[3] = True
    wait_until(parts.line.recent, what="the press that was held meanwhile")
    wait_until(lambda: not findings, what="the finding's end")
    service.close()


def test_a_cut_wire_at_an_end_of_line_resistor_is_a_finding_and_no_alarm(
    parts: LineParts, module: ModbusModule
) -> None:
    module.registers[3] = 500
    findings = Findings()
    item = wall(
        module.port,
        wiring="end_of_line",
        restore_ms=100,
        modbus={"rest": {"low": 400, "high": 600}, "pressed": {"low": 800, "high": 1200}},
    )
    service = reading(item, parts, findings)
    module.registers[3] = 65_535
    wait_until(lambda: findings.get(("input:wall", "alarm.input_wiring")) == "cut", what="the finding")
    module.registers[3] = 500
    wait_until(lambda: not findings, what="its end")
    assert parts.line.recent() == []
    service.close()


def test_a_contact_stuck_since_before_a_restart_is_no_second_alarm(parts: LineParts, module: ModbusModule) -> None:
    alarm = parts.line.press(request("wall"))
    parts.line.tell(alarm.alarm_id, UpdateKind.HELD)
    module.inputs[3] = True
    service = reading(wall(module.port, restore_ms=50), parts, Findings())
    wait_until(lambda: module.reads > 4, what="some readings")
    assert len(parts.line.recent()) == 1
    module.inputs[3] = False
    wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
    service.close()


# ── panels ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    assert pressed(parts, 1)


def test_a_machine_that_keeps_lines_open_leaves_room_for_the_others(
    panels: PanelServer, parts: LineParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alarms.inputs.http._Request.timeout", 60)  # nobody is let go for being silent
    idle = [socket.create_connection(("127.0.0.1", panels.port)) for _ in range(MOST_PER_ADDRESS + 8)]
    with idle[-1] as beyond:
        beyond.settimeout(10)
        assert beyond.recv(1) == b"", "closed unheard"
    other = http.client.HTTPConnection("127.0.0.1", panels.port, timeout=30, source_address=("127.0.0.2", 0))
    other.request("POST", "/press/wall", json.dumps({"press_id": "p"}), {"Authorization": "Bearer right-token"})
    assert other.getresponse().status == 200
    other.close()
    for one in idle:
        one.close()
    assert pressed(parts, 1)

    def let_in() -> bool:
        try:
            return post(panels, "/press/wall", b'{"press_id": "p"}')[0] == 200
        except (http.client.HTTPException, OSError):
            return False

    wait_until(let_in, what="room again")
    assert pressed(parts, 1)


def test_a_panel_follows_its_own_alarm_and_no_other(panels: PanelServer, parts: LineParts) -> None:
    own, other = (parts.line.press(request(name)).alarm_id for name in ("wall", "east"))
    assert ask(panels, "GET", f"/alarms/{own}", token="right-token")[0] == 200
    assert ask(panels, "GET", f"/alarms/{other}", token="right-token")[0] == 404


# ── USB ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def key_event(code: int, value: int) -> bytes:
    return struct.pack("llHHi", 0, 0, 1, code, value) + struct.pack("llHHi", 0, 0, 0, 0, 0)


def test_a_usb_button_presses_when_its_key_goes_down_and_a_pulled_out_one_is_a_finding(
    parts: LineParts, tmp_path: Path
) -> None:
    device = tmp_path / "event7"
    usb = {"device": device, "key": 28}
    item = AlarmInput.model_validate(
        {"id": "wall", "name": "按钮", "kind": "usb", "place": "东门", "usb": usb, "restore_ms": 50}
    )
    findings = Findings()
    service = UsbInput(circuit(item, parts, findings), clock=parts.clock)
    service.start()
    gone = ("input:wall", "alarm.input_unreachable")
    wait_until(lambda: gone in findings, what="the finding of a button that is not there")
    os.mkfifo(device)  # the kernel's device gives the same records; this machine has no uinput to make a real one
    for count in (1, 2):
        with device.open("wb", buffering=0) as kernel:
            for code, value in ((30, 1), (28, 1), (28, 2)):
                kernel.write(key_event(code, value))
            wait_until(partial(pressed, parts, count), what="the alarm")
            assert gone not in findings
            kernel.write(key_event(28, 0))
            wait_until(lambda: parts.line.recent()[0].step(StepKind.RELEASED), what="the release")
        wait_until(lambda: gone in findings, what="the finding of a button that was pulled out")
    service.close()


# ── sirens ──────────────────────────────────────────────────────────────────────────────────────────────────────────


YARD = Siren(id="yard", name="操场警号", host="127.0.0.1", coil=9, sounds_for_s=90)


def sounds_at(second: int, alarm: AlarmRecord = ALARM, **settings: Any) -> bool:
    siren = YARD.model_copy(update=settings)
    return sounds(siren, alarm, now_running_ns=second * NS_PER_S, boot_id="boot")


@pytest.mark.parametrize(
    ("alarm", "noise"),
    [
        (ALARM, True),
        (replace(ALARM, silent=True), False),
        (replace(ALARM, duress=True), False),
        (replace(ALARM, purpose=Purpose.DRILL), False),
        (replace(ALARM, boot_id="an earlier one"), False),
        (replace(ALARM, steps=(Step(kind=StepKind.LOCAL_ACKNOWLEDGED, at_utc_ns=1),)), False),
        (replace(ALARM, steps=(Step(kind=StepKind.DURESS, at_utc_ns=1),)), False),
        (replace(ALARM, steps=(Step(kind=StepKind.ACKNOWLEDGED, at_utc_ns=1),)), True),
    ],
)
def test_a_silent_forced_drilled_or_answered_alarm_makes_no_noise(alarm: AlarmRecord, noise: bool) -> None:
    assert sounds_at(1, alarm) is noise
    assert not sounds_at(91, alarm)


def test_after_a_minute_without_an_answer_it_gets_louder() -> None:
    assert [second for second in range(59) if sounds_at(second, pulses=True)][:6] == [0, 1, 4, 5, 8, 9]
    assert all(sounds_at(second, pulses=True) for second in range(60, 90))
    broadcast = [second for second in range(200) if sounds_at(second, after_s=60)]
    assert (broadcast[0], broadcast[-1]) == (60, 149)


def test_a_siren_sounds_after_storing_and_is_quiet_when_called_off_even_with_the_duress_pin(
    parts: LineParts, module: ModbusModule
) -> None:
    told: list[str | None] = []
    yard = Siren(id="yard", name="操场警号", host="127.0.0.1", port=module.port, coil=9)
    siren = SirenSwitch(
        yard,
        ModbusCoil(yard),
        parts.book,
        clock=SystemClock(),
        unreachable=lambda _, error: told.append(error),
    )
    siren.start()
    parts.line.press(request("west"))  # silent
    alarm = parts.line.press(request("wall"))
    wait_until(lambda: module.coils.get(9), what="the siren")
    parts.line._is_duress = lambda pin: pin == "4711"
    parts.line.call_off(alarm.alarm_id, person="王师傅", reason="误碰", pin="4711")
    wait_until(lambda: module.coils[9] is False, what="silence")
    record = parts.line.find(alarm.alarm_id)
    assert record is not None
    assert record.step(StepKind.DURESS) is not None
    assert record.step(StepKind.CANCELLED) is None
    assert record.called_off is not None
    siren.close()
    assert set(told) == {None}


def test_ten_thousand_presses_a_minute_are_all_answered_and_stored(parts: LineParts) -> None:
    for number in range(8):
        parts.line.buttons[f"b{number}"] = Button(id=f"b{number}", name="按钮", place="东门", debounce_ms=0)
    stored: list[bool] = []

    def press(number: int) -> None:
        stored.extend(parts.line.press(request(f"b{number}", new_id())).stored for _ in range(60))

    fingers = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()
    assert stored == [True] * 480
