"""A device's terminals: relays are set, read back and switched, inputs are named, and events say what happened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from camera.event_meaning import Meaning, read_event
from camera.http_call import Limits
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.relay import IdleState, Relay, RelayMode, read_inputs, read_relays, set_relay, switch_relay
from camera.onvif.setting import SetHadNoEffect
from foundation.clock import SystemClock
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.conftest import Ipycam
from tests.camera.raw_server import RawServer, envelope, fault
from tests.camera.scripted_device import ScriptedDevice, value
from tests.support.waiting import wait_until

QUICK = Limits(connect_s=2.0, call_s=5.0)


@pytest.fixture
def gate(campus: Campus) -> OnvifDevice:
    login = Login(campus.account.user, campus.account.password)
    return OnvifDevice(campus.addresses("gate").onvif_url, login, SystemClock(), QUICK)


def test_terminals_are_listed(gate: OnvifDevice) -> None:
    (relay,) = read_relays(gate)
    assert relay == Relay(token="Relay_1", mode=RelayMode.BISTABLE, delay_s=5, idle=IdleState.OPEN)
    assert read_inputs(gate) == ("DI_1", "DI_2")


def test_a_bistable_relay_stays_and_tells_by_event_that_it_was_switched(campus: Campus, gate: OnvifDevice) -> None:
    with gate.subscribe() as pull_point:
        pull_point.pull(1)
        switch_relay(gate, "Relay_1", active=True)
        assert campus.relays("gate") == {"Relay_1": True}
        told = [read_event(event) for event in pull_point.pull(2)]
        assert [(one.meaning, one.active, one.token, one.initial) for one in told] == [
            (Meaning.RELAY, True, "Relay_1", False)
        ]
        switch_relay(gate, "Relay_1", active=False)
    assert campus.relays("gate") == {"Relay_1": False}


def test_a_monostable_relay_falls_back_by_itself(campus: Campus, gate: OnvifDevice) -> None:
    (before,) = read_relays(gate)
    wanted = replace(before, mode=RelayMode.MONOSTABLE, delay_s=1.0)
    assert set_relay(gate, wanted) == wanted
    told: list[bool | None] = []
    with gate.subscribe() as pull_point:
        pull_point.pull(1)

        def fell_back() -> bool:
            told.extend(read_event(event).active for event in pull_point.pull(2))
            return len(told) >= 2

        switch_relay(gate, "Relay_1", active=True)
        wait_until(fell_back)
    assert told == [True, False]
    assert campus.relays("gate") == {"Relay_1": False}
    assert set_relay(gate, before) == before


def test_a_relay_that_only_says_ok_is_found_out(campus: Campus, gate: OnvifDevice) -> None:
    (before,) = read_relays(gate)
    campus.set_fault("gate", Fault.IGNORES_SET)
    with pytest.raises(SetHadNoEffect, match="asked for"):
        set_relay(gate, replace(before, mode=RelayMode.MONOSTABLE))
    with gate.subscribe() as pull_point:
        pull_point.pull(1)
        switch_relay(gate, "Relay_1", active=True)  # says OK
        assert pull_point.pull(1) == ()  # and nothing happened
    assert not campus.relays("gate")["Relay_1"]


def test_a_press_on_an_input_is_told(campus: Campus, gate: OnvifDevice) -> None:
    with gate.subscribe() as pull_point:
        first = {read_event(event).token: read_event(event) for event in pull_point.pull(1)}
        assert (first["DI_2"].meaning, first["DI_2"].active, first["DI_2"].initial) == (
            Meaning.DIGITAL_INPUT, False, True,
        )  # fmt: skip
        campus.set_input("gate", "DI_2", closed=True)
        (told,) = (read_event(event) for event in pull_point.pull(2))
        assert (told.meaning, told.active, told.token) == (Meaning.DIGITAL_INPUT, True, "DI_2")
        campus.set_input("gate", "DI_2", closed=False)


def test_an_encoder_that_knows_relays_only_in_device_io_is_served() -> None:
    kept = {"Mode": "Bistable", "DelayTime": "PT5S", "IdleState": "closed"}

    def get(request: etree._Element) -> bytes:
        told = "".join(f"<tt:{name}>{text}</tt:{name}>" for name, text in kept.items())
        return envelope(
            f'<tds:R><tds:RelayOutputs token="1"><tt:Properties>{told}</tt:Properties></tds:RelayOutputs></tds:R>'
        )

    def set_(request: etree._Element) -> bytes:
        if etree.QName(request).namespace != "http://www.onvif.org/ver10/deviceIO/wsdl":
            return fault("ActionNotSupported")
        kept.update({name: value(request, name) for name in kept})
        return envelope("<tds:R/>")

    script = ScriptedDevice("deviceio", GetRelayOutputs=get, SetRelayOutputSettings=set_)
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, SystemClock(), QUICK)
        (relay,) = read_relays(device)
        assert relay.idle is IdleState.CLOSED
        after = set_relay(device, replace(relay, mode=RelayMode.MONOSTABLE, delay_s=90))
        assert (after.mode, after.delay_s) == (RelayMode.MONOSTABLE, 90)


def test_a_camera_without_terminals_has_none(ipycam: Ipycam) -> None:
    device = OnvifDevice(ipycam.url, ipycam.login, SystemClock(), QUICK)
    assert read_relays(device) == ()
    assert read_inputs(device) == ()
