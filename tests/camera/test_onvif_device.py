"""The adapter against peers that speak real ONVIF: our simulator, and a camera that is not ours."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
from lxml import etree

from camera.device_error import DeviceError, Garbled, LoginRefused, NotOnvif, OnvifFault, Unreachable
from camera.http_call import DEFAULT_LIMITS, Limits
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Codec, Profile
from camera.still import take_still
from foundation.clock import NS_PER_S, ManualClock, SystemClock
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.conftest import Ipycam
from tests.camera.raw_server import (
    ROOMY,
    RawServer,
    Script,
    dripping,
    endless,
    envelope,
    fault,
    http_answer,
    mute,
    read_request,
    saying,
    time_answer,
)
from tests.camera.scripted_device import ScriptedDevice, value
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

PROFILE = Profile(
    token="p", name="p", source_token="s", configuration_token=None, encoder_token=None, codec=Codec.H264,
    width_px=None, height_px=None, fps=None, bitrate_bps=None, media2=False,
)  # fmt: skip
QUICK = Limits(connect_s=0.5, call_s=1.0)


def simulated(
    campus: Campus, camera: str, *, password: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> OnvifDevice:
    login = Login(campus.account.user, password or campus.account.password)
    return OnvifDevice(campus.addresses(camera).onvif_url, login, SystemClock(), limits)


def test_identity_time_and_streams_of_the_simulator(campus: Campus) -> None:
    device = simulated(campus, "corridor")
    assert device.identity().serial == "SIM000002"
    told = device.time()
    assert abs(told.offset_ns) <= told.error_ns + NS_PER_S // 10
    assert told.time_zone == "CST-8"
    (streams,) = device.streams()
    assert streams.main.profile.codec is Codec.H265  # Media alone calls it H264
    assert streams.main.uri == campus.addresses("corridor").rtsp_main_url


def test_a_wrong_password_is_refused_by_name(campus: Campus) -> None:
    with pytest.raises(LoginRefused):
        simulated(campus, "gate", password="wrong").identity()


def test_events_come_by_a_pull_point_that_is_given_back(campus: Campus) -> None:
    with simulated(campus, "gate").subscribe() as pull_point:
        first = {event.topic: event for event in pull_point.pull(1)}
        assert first["RuleEngine/TamperDetector/Tamper"].operation == "Initialized"
        campus.set_fault("gate", Fault.COVERED)
        changed = [event for event in pull_point.pull(2) if event.operation == "Changed"]
        assert ("IsTamper", "true") in [item for event in changed for item in event.data]
        pull_point.renew()
    with pytest.raises(DeviceError):
        pull_point.pull(1)


def test_down_and_mute_are_unreachable(campus: Campus) -> None:
    for fault_ in (Fault.DOWN, Fault.MUTE):
        campus.set_fault("gate", fault_)
        with pytest.raises(Unreachable):
            simulated(campus, "gate", limits=QUICK).time()


def test_a_still_comes_with_digest_log_in_and_without_it_is_refused(campus: Campus) -> None:
    (streams,) = simulated(campus, "gate").streams()
    assert streams.snapshot_uri is not None
    login = Login(campus.account.user, campus.account.password)
    still = take_still(streams.snapshot_uri, login, SystemClock())
    assert still.jpeg[:2] == b"\xff\xd8"
    with pytest.raises(LoginRefused):
        take_still(streams.snapshot_uri, Login(login.user, "wrong"), SystemClock())


def test_a_still_that_is_no_whole_picture_is_garbled() -> None:
    with RawServer(saying(b"\xff\xd8\xff" + bytes(500), kind="image/jpeg")) as server, pytest.raises(Garbled):
        take_still(server.url, None, SystemClock(), ROOMY)


def test_a_log_in_works_although_our_clock_is_years_off(campus: Campus) -> None:
    login = Login(campus.account.user, campus.account.password)
    clock = ManualClock(now_utc_ns=946_684_800 * NS_PER_S)
    assert OnvifDevice(campus.addresses("gate").onvif_url, login, clock).identity().serial == "SIM000001"


def test_behind_nat_events_and_stills_are_asked_for_where_the_device_was_reached() -> None:
    def pull_point(_request: etree._Element) -> bytes:
        reference = "<t:SubscriptionReference><w:Address>http://10.20.30.40/sub/7</w:Address></t:SubscriptionReference>"
        spaces = 'xmlns:t="http://www.onvif.org/ver10/events/wsdl" xmlns:w="http://www.w3.org/2005/08/addressing"'
        name = "t:CreatePullPointSubscriptionResponse"
        return envelope(f"<{name} {spaces}>{reference}</{name}>")

    def still(_request: etree._Element) -> bytes:
        uri = "<trt:MediaUri><tt:Uri>http://u:p@10.20.30.40:8080/still?x=1</tt:Uri></trt:MediaUri>"
        return envelope(f"<trt:GetSnapshotUriResponse>{uri}</trt:GetSnapshotUriResponse>")

    script = ScriptedDevice("media", CreatePullPointSubscription=pull_point, GetSnapshotUri=still)
    with RawServer(script) as server:
        device = OnvifDevice(server.url, None, SystemClock(), ROOMY)
        reached = urlsplit(server.url).netloc
        assert device.subscribe().address == f"http://{reached}/sub/7"
        assert device.snapshot_uri(PROFILE) == f"http://{reached}/still?x=1"


def test_a_log_in_is_dated_as_hikvision_wants_it() -> None:
    dated: list[str] = []

    def who(request: etree._Element) -> bytes:
        header = request.getroottree().getroot()
        dated.append(value(header, "Created"))
        return envelope("<tds:GetDeviceInformationResponse/>")

    with RawServer(ScriptedDevice(GetDeviceInformation=who)) as server:
        OnvifDevice(server.url, Login("a", "b"), SystemClock(), ROOMY).identity()
    assert re.fullmatch(r"2024-05-06T07:08:\d\d(\.\d+)?Z", dated[0]), "by its own clock, and with a Z"


@pytest.mark.process
def test_a_camera_that_is_not_ours_is_polled(ipycam: Ipycam) -> None:
    device = OnvifDevice(ipycam.url, ipycam.login, SystemClock())
    told = device.time()  # it wants a log-in even for its time: its HTTP Date header is believed
    assert abs(told.offset_ns) <= told.error_ns + NS_PER_S
    assert device.identity().manufacturer == "PythonCam"
    (streams,) = device.streams()
    host = urlsplit(ipycam.url).hostname
    assert urlsplit(streams.main.uri).hostname == host  # it says 10.20.30.40
    assert (streams.main.profile.width_px, streams.main.profile.height_px) == (640, 360)
    assert streams.sub is not None
    assert not device.has("events")
    with pytest.raises(DeviceError):
        device.subscribe()
    with pytest.raises(LoginRefused):
        OnvifDevice(ipycam.url, Login(ipycam.login.user, "wrong"), SystemClock()).identity()


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (mute, Unreachable),
        (dripping, Unreachable),
        (endless, Garbled),
        (saying(b"<html>router</html>", kind="text/html"), NotOnvif),
        (saying(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), Garbled),
        (saying(b"Internal error", status="500 Error", kind="text/plain"), Garbled),
        (saying(fault("ActionNotSupported"), status="400 Bad"), OnvifFault),
        (saying(b"\x1f\x8b\x08" + bytes(100), headers="Content-Encoding: gzip\r\n"), NotOnvif),
    ],
    ids=["mute", "dripping", "endless", "web page", "bomb", "plain 500", "fault", "gzip"],
)
def test_whatever_a_device_does_the_error_has_a_name_and_is_in_time(script: Script, named: type[DeviceError]) -> None:
    with RawServer(script) as server:
        device = OnvifDevice(server.url, Login("a", "b"), SystemClock(), QUICK if named is Unreachable else ROOMY)
        began = time.monotonic()
        with pytest.raises(named):
            device.time()
        assert time.monotonic() - began < WAIT_AT_MOST_S, "some would go on for ever"


def test_a_device_that_refuses_everything_without_a_date_is_asked_with_log_in_once() -> None:
    seen: list[bytes] = []

    def refuse(peer: socket.socket, ending: threading.Event) -> None:
        seen.append(read_request(peer)[2])
        peer.sendall(http_answer(fault("NotAuthorized"), status="401 No"))

    with RawServer(refuse) as server, pytest.raises(LoginRefused):
        OnvifDevice(server.url, Login("a", "b"), SystemClock(), ROOMY).time()
    assert [b"UsernameToken" in body for body in seen] == [False, True]


def test_asking_the_time_while_log_ins_are_held_back_sends_no_password() -> None:
    seen: list[bytes] = []

    def refuse(peer: socket.socket, ending: threading.Event) -> None:
        seen.append(read_request(peer)[2])
        peer.sendall(http_answer(fault("NotAuthorized"), status="401 No"))

    with RawServer(refuse) as server, pytest.raises(LoginRefused):
        OnvifDevice(server.url, Login("a", "b"), SystemClock(), ROOMY).time(may_log_in=False)
    assert [b"UsernameToken" in body for body in seen] == [False]


def test_the_offset_is_told_with_half_the_round_trip_and_the_second_it_is_rounded_to() -> None:
    clock = ManualClock(now_utc_ns=1_714_979_289 * NS_PER_S + NS_PER_S // 2)  # 2024-05-06 07:08:09.5 UTC
    with RawServer(saying(time_answer("2024-05-06T07:08:19"))) as server:
        told = OnvifDevice(server.url, None, clock, ROOMY).time()
    assert told.offset_ns == 10 * NS_PER_S
    assert told.error_ns == NS_PER_S // 2  # the manual clock stood still during the round trip
    assert not told.by_ntp


def test_twenty_threads_on_one_device_do_not_disturb_each_other(campus: Campus) -> None:
    device = simulated(campus, "gate", limits=ROOMY)
    serials: list[str] = []
    threads = [
        threading.Thread(target=lambda: serials.extend(device.identity().serial for _ in range(5))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(serials) == 100, what="a hundred answers")
    assert set(serials) == {"SIM000001"}


def test_importing_the_adapter_leaves_the_log_alone_and_the_queries_do_not_import_it() -> None:
    program = (
        "import logging, sys\n"
        "import camera.query, camera.still, camera.picture.query, camera.camera_file, camera.encoder_fit\n"
        "heavy = {'zeep', 'onvif', 'cv2', 'lxml', 'requests', 'av'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import camera.onvif.device\n"
        "root = logging.getLogger()\n"
        "assert (root.level, root.handlers) == (logging.WARNING, []), (root.level, root.handlers)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
