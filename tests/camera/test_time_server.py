"""Having a camera follow a time server: set, read back, and seen by its clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from camera.device_clock import clock_fault
from camera.device_error import OnvifFault
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.setting import SetHadNoEffect
from camera.onvif.time_server import TimeServers, follow_time_server, read_time_servers
from foundation.clock import NS_PER_S, SystemClock
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.raw_server import RawServer, envelope
from tests.camera.scripted_device import ScriptedDevice, value
from tests.support.sntp import time_server
from tests.support.waiting import wait_until


@pytest.fixture
def gate(campus: Campus) -> Iterator[OnvifDevice]:
    """A camera ten minutes wrong, set by hand."""
    campus.set_fault("gate", Fault.CLOCK_WRONG)
    login = Login(campus.account.user, campus.account.password)
    yield OnvifDevice(campus.addresses("gate").onvif_url, login, SystemClock())
    campus.set_fault("gate", None)


def test_a_wrong_camera_comes_right_by_the_server_it_is_told_to_follow(gate: OnvifDevice, campus: Campus) -> None:
    assert not gate.time().by_ntp
    with time_server() as port:
        campus._running["gate"]._clock.server_port = port
        follow_time_server(gate, "127.0.0.1")
        wait_until(lambda: clock_fault(gate.time()) is None, what="a right clock")
    assert gate.time().by_ntp
    assert gate.time().time_zone == "CST-8"
    assert read_time_servers(gate) == TimeServers(False, ("127.0.0.1",))


def test_a_server_that_is_wrong_makes_the_camera_wrong_and_that_is_seen(gate: OnvifDevice, campus: Campus) -> None:
    with time_server(ahead_s=-90) as port:
        campus._running["gate"]._clock.server_port = port
        follow_time_server(gate, "127.0.0.1")
        wait_until(lambda: abs(gate.time().offset_ns + 90 * NS_PER_S) < 2 * NS_PER_S, what="the server's time")
    assert clock_fault(gate.time()) is not None


def test_a_server_without_a_time_of_its_own_sets_nobody(gate: OnvifDevice, campus: Campus) -> None:
    with time_server(knows=False) as port:
        campus._running["gate"]._clock.server_port = port
        follow_time_server(gate, "127.0.0.1")
        told = gate.time()
    assert told.by_ntp, "it says that it follows one"
    assert told.offset_ns > 500 * NS_PER_S


def test_a_camera_that_only_says_ok_is_found_out(gate: OnvifDevice, campus: Campus) -> None:
    campus.set_fault("gate", Fault.IGNORES_SET)
    with pytest.raises(SetHadNoEffect, match=r"asked for 10\.0\.0\.9, the device has none"):
        follow_time_server(gate, "10.0.0.9")


@pytest.mark.parametrize(
    ("server", "sort", "part"),
    [
        ("10.0.0.9", "IPv4", "IPv4Address"),
        ("fd00::9", "IPv6", "IPv6Address"),
        ("ntp.school.example", "DNS", "DNSname"),
    ],
)
def test_servers_are_named_as_onvif_names_them(server: str, sort: str, part: str) -> None:
    asked: list[tuple[str, str]] = []

    def set_ntp(request: etree._Element) -> bytes:
        asked.append((value(request, "Type"), value(request, part)))
        return envelope("<tds:SetNTPResponse/>")

    def dhcp(_request: etree._Element) -> bytes:
        told = "<tds:NTPInformation><tt:FromDHCP>true</tt:FromDHCP></tds:NTPInformation>"
        return envelope(f"<tds:GetNTPResponse>{told}</tds:GetNTPResponse>")

    with RawServer(ScriptedDevice(SetNTP=set_ntp, GetNTP=dhcp)) as scripted:
        device = OnvifDevice(scripted.url, None, SystemClock())
        with pytest.raises(SetHadNoEffect, match="has DHCP"):
            follow_time_server(device, server)
    assert asked == [(sort, server)]


def test_a_camera_that_knows_no_time_servers_says_so_and_keeps_its_time() -> None:
    script = ScriptedDevice()
    with RawServer(script) as server, pytest.raises(OnvifFault):
        follow_time_server(OnvifDevice(server.url, None, SystemClock()), "10.0.0.9")
    assert "SetSystemDateAndTime" not in script.asked
