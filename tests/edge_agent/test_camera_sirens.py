"""A siren on a camera's relay, switched by the inspector for what the gatehouse stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alarms.siren import OutletError
from camera.events import CameraEvents
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.relay import RelayMode, read_relays, set_relay
from config.credential import Credential
from config.device import Device
from config.settings import Settings
from config.siren import CameraRelay, Siren
from edge_agent.camera_sirens import RelayOutlet, camera_sirens
from edge_agent.relay_watch import CONFIRM_S, RelayWatch
from foundation.clock import ManualClock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from simulator.campus import Campus, demo_cameras
from simulator.faults import Fault
from tests.alarms.parts import LineParts, request
from tests.camera.conftest import SMALL, SMALL_SUB
from tests.camera.round_box import Box, simulated
from tests.support.waiting import wait_until
from uplink.messages.alarm import UpdateKind

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    """One simulated camera, `gate`, with a relay."""
    cache = root / ".cache" / "simulator-tests"
    with Campus(cameras=demo_cameras(1, SMALL, SMALL_SUB), cache=cache, progress=lambda _: None) as running:
        yield running


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[LineParts]:
    made = LineParts(tmp_path / "alarms.sqlite").start()
    yield made
    made.close()


class _Settings:
    """As much of a campus as a siren needs."""

    def __init__(self, campus: Campus, relay: str) -> None:
        self._campus = campus
        self.sirens = (Siren(id="yard", name="操场警号", relay=CameraRelay(device="gate", token=relay)),)

    def device(self, _device: str) -> Device:
        url = self._campus.addresses("gate").onvif_url
        return Device.model_validate({"id": "gate", "name": "东门枪机", "address": url, "credential": "login"})

    def credential(self, _credential: str) -> Any:
        account = self._campus.account
        return Credential.model_validate({"id": "login", "user": account.user, "password_env": "SIREN_TEST_PASSWORD"})


def settings_of(campus: Campus, monkeypatch: pytest.MonkeyPatch, *, relay: str = "Relay_1") -> Settings:
    monkeypatch.setenv("SIREN_TEST_PASSWORD", campus.account.password)
    made: Any = _Settings(campus, relay)
    return made  # type: ignore[no-any-return]


def test_the_relay_sounds_for_an_alarm_and_ends_when_somebody_in_the_school_answers(
    campus: Campus, parts: LineParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = Login(campus.account.user, campus.account.password)
    camera = OnvifDevice(campus.addresses("gate").onvif_url, login, CLOCK)
    (before,) = read_relays(camera)
    set_relay(camera, replace(before, mode=RelayMode.MONOSTABLE, delay_s=1.0))  # falls back: has to be renewed
    board = FindingBoard(Journal.open(tmp_path / "inspector.sqlite", CLOCK), CLOCK)
    made = settings_of(campus, monkeypatch)
    _, siren = camera_sirens(made, parts.path, board, CLOCK, may_try=lambda _: True, moved=lambda *_: None)
    siren.start()
    try:
        parts.line.press(request("west"))  # silent: the answer to the next one proves that this one switched nothing
        assert not campus.relays("gate")["Relay_1"]
        alarm_id = parts.line.press(request("east")).alarm_id
        wait_until(lambda: campus.relays("gate")["Relay_1"], what="the siren")
        parts.line.tell(alarm_id, UpdateKind.LOCAL_ACKNOWLEDGED, person="李老师")
        wait_until(lambda: not campus.relays("gate")["Relay_1"], what="silence")
    finally:
        siren.close()
        set_relay(camera, before)
    assert board.all_open() == []


def test_a_siren_that_says_ok_and_does_not_sound_is_found_out_by_what_its_camera_tells(
    campus: Campus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, time = Box(tmp_path), ManualClock()
    visitor = simulated(box, campus, "gate")
    events = CameraEvents([visitor], box.register, box.findings, time, is_well=lambda _: True, points={})
    watch = RelayWatch(["yard"], box.findings, time, events.relay_moved)
    relay = CameraRelay(device="gate", token="Relay_1")
    made = settings_of(campus, monkeypatch)
    outlet = RelayOutlet(relay, made, CLOCK, may_try=lambda _: True, asked=lambda on, _: watch.asked(
        "yard", relay, on, time.running_ns()))  # fmt: skip
    silent = {("siren:yard", "camera.relay_not_switched")}

    def later() -> set[tuple[str, str]]:
        time.advance(seconds=CONFIRM_S + 1)
        watch.look()
        return box.open_kinds()

    box.register.keep_only({"gate": campus.addresses("gate").onvif_url})
    outlet.switch(on=False)
    assert later() == set()  # nobody listens yet: nothing is known, and nothing is said
    events.start()
    try:
        wait_until(lambda: events.relay_moved("gate", "Relay_1", False, 0) is True, what="the first state")
        campus.set_fault("gate", Fault.IGNORES_SET)
        outlet.switch(on=True)  # says OK
        watch.look()
        assert box.open_kinds() == set()  # it has its time
        assert later() == silent
        campus.set_fault("gate", None)
        outlet.switch(on=True)
        wait_until(lambda: events.relay_moved("gate", "Relay_1", True, 0) is True, what="the relay")
        assert later() == set()
        outlet.switch(on=False)
        wait_until(lambda: not campus.relays("gate")["Relay_1"], what="silence")
        wait_until(lambda: events._relays["gate", "Relay_1"] is False, what="word of it")
        assert later() == set()
    finally:
        campus.set_fault("gate", None)
        events.close()
        box.close()


def test_a_refused_log_in_is_said_and_not_tried_again(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings_of(campus, monkeypatch)
    monkeypatch.setenv("SIREN_TEST_PASSWORD", "wrong")
    asked: list[str] = []

    def may_try(device: str) -> bool:
        asked.append(device)
        return True

    outlet = RelayOutlet(CameraRelay(device="gate", token="Relay_1"), made, CLOCK, may_try=may_try)
    for _ in range(3):
        with pytest.raises(OutletError, match="东门枪机"):
            outlet.switch(on=True)
    assert asked == ["gate"], "a camera locks the account of whoever goes on guessing"
    refusing = RelayOutlet(CameraRelay(device="gate", token="Relay_1"), made, CLOCK, may_try=lambda _: False)
    with pytest.raises(OutletError, match="right password"):
        refusing.switch(on=True)
    assert not campus.relays("gate")["Relay_1"]
