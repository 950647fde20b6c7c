"""The round: what the inspector knows of devices, writes down, tells, and leaves alone."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from camera.device_error import LoginRefused, OwnLinkDown, Unreachable
from camera.device_state import DeviceState, Outcome
from camera.facts import DeviceAccepted, DeviceChanged, DeviceStateChanged, LoginRetryAsked, StreamsChanged
from camera.http_call import DEFAULT_LIMITS, Limits
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.model import DeviceTime, Identity
from camera.onvif.setting import SetHadNoEffect, set_clock
from camera.query import DeviceStatus, device_states, may_try, stream_source
from camera.register import Register
from camera.round import CameraRound, RoundRules
from camera.visit import LoginOf, SetClock, Sighting, Visitor
from config.credential import CredentialError
from foundation.clock import NS_PER_S, Clock, ManualClock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Entry, Fact, Journal, read_entries
from foundation.proven_time import TimeReading
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.raw_server import RawServer, fault, http_answer, mute, read_request, time_answer
from tests.support.ports import free_port
from tests.support.waiting import wait_until

QUICK = Limits(connect_s=0.5, call_s=0.8)


@dataclass
class Box:
    """An inspector's files."""

    folder: Path
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self.journal = Journal.open(self.folder / "inspector.sqlite", self.clock)
        self.findings = FindingBoard(self.journal, self.clock)
        self.register = Register(self.folder / "cameras.sqlite", self.clock)

    @property
    def cameras(self) -> Path:
        return self.folder / "cameras.sqlite"

    def round(self, *visitors: Visitor, rules: RoundRules | None = None, **others: object) -> CameraRound:
        made = CameraRound(
            visitors,
            self.register,
            self.findings,
            self.clock,
            campus_id="east",
            rules=rules or RoundRules(period_s=5),
            chance=random.Random(1),
            **others,  # type: ignore[arg-type]
        )
        made.prepare()
        return made

    def visitor(
        self, device_id: str, address: str, login_of: LoginOf | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> Visitor:
        return Visitor(
            device_id,
            address,
            login_of or (lambda: None),
            lambda at, login: OnvifDevice(at, login, self.clock, limits),
        )

    def open_kinds(self) -> set[tuple[str, str]]:
        return {(finding.subject, finding.kind) for finding in self.findings.all_open()}

    def facts(self, kind: str) -> list[str]:
        return [entry.body for entry in read_entries(self.cameras, after=0, kind=kind)]

    def status(self, device_id: str) -> DeviceStatus:
        return {status.id: status for status in device_states(self.cameras)}[device_id]

    def close(self) -> None:
        self.register.close()
        self.journal.database.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.close()


class Scripted(Visitor):
    """A visitor that brings home what a test wrote."""

    def __init__(self, device_id: str, *sightings: Sighting) -> None:
        super().__init__(device_id, f"http://{device_id}/", lambda: None, OnvifDevice)  # type: ignore[arg-type]
        self.left = list(sightings)

    def visit(
        self, *, may_log_in: Callable[[bytes], bool], want_streams: bool, set_clock: SetClock | None = None
    ) -> Sighting:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


GOOD = Sighting(outcome=Outcome(), tried_login=True)
GONE = Sighting(outcome=Outcome(Unreachable.trouble, "nobody"), tried_login=True)
CUT_OFF = Sighting(outcome=Outcome(OwnLinkDown.trouble, "no network"), own_link_down=True)


def simulated(box: Box, campus: Campus, device_id: str) -> Visitor:
    login = Login(campus.account.user, campus.account.password)
    return box.visitor(device_id, campus.addresses(device_id).onvif_url, lambda: login)


def test_after_a_round_state_identity_clock_and_streams_are_known(box: Box, campus: Campus) -> None:
    assert box.round(*(simulated(box, campus, name) for name in ("gate", "corridor"))).run_once().good == 2
    status = box.status("corridor")
    assert (status.state, status.serial, status.clock_by_ntp) == (DeviceState.OK, "SIM000002", True)
    assert status.clock_offset_ns is not None
    source = stream_source(box.cameras, "corridor", 0)
    assert source is not None
    assert (source.main.codec, source.main.uri) == ("H265", campus.addresses("corridor").rtsp_main_url)
    assert stream_source(box.cameras, "corridor", 1) is None
    assert len(box.facts(StreamsChanged.kind)) == 2
    assert len(box.facts(DeviceStateChanged.kind)) == 2


def test_a_round_that_finds_nothing_new_tells_nothing(box: Box, campus: Campus) -> None:
    rounds = box.round(simulated(box, campus, "gate"))
    rounds.run_once()
    told = len(read_entries(box.cameras, after=0))
    rounds.run_once()
    assert len(read_entries(box.cameras, after=0)) == told


def test_a_device_that_goes_down_is_found_in_the_second_round_and_cleared_when_it_is_back(
    box: Box, campus: Campus
) -> None:
    rounds = box.round(simulated(box, campus, "gate"))
    rounds.run_once()
    campus.set_fault("gate", Fault.DOWN)
    rounds.run_once()
    assert box.open_kinds() == set()
    rounds.run_once()
    assert box.open_kinds() == {("device:gate", "camera.unreachable")}
    assert box.status("gate").state is DeviceState.FAILING
    campus.set_fault("gate", None)
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == set()
    assert box.status("gate").state is DeviceState.OK


class Door:
    """A device that lets one password in and counts the tries."""

    def __init__(self, right: str) -> None:
        self.right = right
        self.tries = 0

    def __call__(self, peer: socket.socket, ending: threading.Event) -> None:
        _, _, body = read_request(peer)
        if b"GetSystemDateAndTime" in body:
            peer.sendall(http_answer(time_answer()))
            return
        self.tries += 1
        peer.sendall(http_answer(fault("NotAuthorized"), status="400 Bad"))


def test_a_refused_log_in_is_not_tried_again_until_it_changes_or_an_hour_passes(tmp_path: Path) -> None:
    box = Box(tmp_path, ManualClock())
    assert isinstance(box.clock, ManualClock)
    password = ["old"]
    door = Door("right")
    with RawServer(door) as server:
        visitor = box.visitor("gate", server.url, lambda: Login("admin", password[0]))
        rounds = box.round(visitor)
        for _ in range(4):
            rounds.run_once()
        assert door.tries == 1
        assert box.open_kinds() >= {("device:gate", "camera.login_refused")}
        again = box.round(box.visitor("gate", server.url, lambda: Login("admin", password[0])))
        again.run_once()
        assert door.tries == 1  # nor after a restart
        password[0] = "new"
        again.run_once()
        again.run_once()
        assert door.tries == 2
        box.clock.advance(seconds=3601)
        again.run_once()
        assert door.tries == 3
    box.close()


def test_a_refusal_that_another_role_met_stops_the_inspector_too(box: Box) -> None:
    door = Door("right")
    with RawServer(door) as server:
        visitor = box.visitor("gate", server.url, lambda: Login("admin", "x"))
        rounds = box.round(visitor, may_try=lambda device_id: device_id != "gate")
        for _ in range(3):
            rounds.run_once()
    assert door.tries == 0
    assert (box.status("gate").state, box.status("gate").trouble) == (DeviceState.FAILING, "login_held")
    assert "camera.login_refused" not in {kind for _, kind in box.open_kinds()}  # or each would wait for the other


def test_other_roles_read_from_the_journal_whether_they_may_try(box: Box) -> None:
    allowed = may_try(box.folder / "inspector.sqlite", box.folder / "not-there-yet.sqlite")
    assert allowed("gate")
    held = Sighting(outcome=Outcome(LoginRefused.trouble, "no"), tried_login=True, login_mark=b"m")
    box.round(Scripted("gate", held), Scripted("yard", GOOD)).run_once()
    assert not allowed("gate")
    assert allowed("yard")


def test_a_cable_pulled_during_a_hold_does_not_clear_the_refusal(box: Box) -> None:
    refused = Sighting(outcome=Outcome(LoginRefused.trouble, "no"), tried_login=True, login_mark=b"m")
    rounds = box.round(Scripted("gate", refused, GONE, GONE, GONE))
    for _ in range(4):
        rounds.run_once()
    assert box.open_kinds() == {("device:gate", "camera.login_refused"), ("device:gate", "camera.unreachable")}


def test_a_password_that_cannot_be_read_is_a_finding_and_no_try(box: Box) -> None:
    def unreadable() -> Login | None:
        raise CredentialError("credential cam: set the environment variable CAM")

    rounds = box.round(box.visitor("gate", f"http://127.0.0.1:{free_port()}/", unreadable))
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == {("device:gate", "camera.no_password")}


def test_three_that_fail_at_once_are_one_finding(box: Box) -> None:
    names = ("a", "b", "c", "d")
    visitors = [Scripted(name, GOOD, GONE, GONE, GONE, GOOD) for name in names[:3]]
    rounds = box.round(*visitors, Scripted("d", GOOD))
    for _ in range(4):
        rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.unreachable_together")}
    (finding,) = box.findings.all_open()
    assert finding.evidence["devices"] == "a, b, c"
    for _ in range(2):
        rounds.run_once()
    assert box.open_kinds() == set()


def test_without_a_network_of_our_own_no_camera_is_blamed(box: Box) -> None:
    rounds = box.round(Scripted("a", GOOD, CUT_OFF, CUT_OFF, CUT_OFF, GOOD), Scripted("b", GOOD, CUT_OFF))
    for _ in range(4):
        rounds.run_once()
    assert box.open_kinds() == {("campus:east", "camera.own_link_down")}
    assert {status.state for status in device_states(box.cameras)} == {DeviceState.OK}
    rounds.run_once()
    assert box.open_kinds() == set()


def test_what_was_not_visited_lately_is_unknown_and_not_good(box: Box) -> None:
    box.round(Scripted("a", GOOD)).run_once()
    now = box.clock.utc_ns()
    assert device_states(box.cameras, now_utc_ns=now)[0].state is DeviceState.OK
    assert device_states(box.cameras, now_utc_ns=now + 200 * NS_PER_S)[0].state is DeviceState.UNKNOWN


def who(serial: str) -> Sighting:
    return Sighting(outcome=Outcome(), tried_login=True, identity=Identity("Hik", "DS", "5.1", serial, "hw"))


def test_another_serial_at_the_same_address_is_swapped(box: Box) -> None:
    rounds = box.round(Scripted("a", who("1"), who("1"), who("2")))
    for _ in range(3):
        rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.swapped")}
    (change,) = box.facts(DeviceChanged.kind)
    assert '"before":"1"' in change


def told_by_the_office(box: Box, fact: Fact) -> Entry:
    office = Journal.open(box.folder / "office.sqlite", box.clock)
    office.append(fact)
    office.database.close()
    return read_entries(box.folder / "office.sqlite", after=0)[-1]


def test_a_person_accepts_the_other_device(box: Box) -> None:
    rounds = box.round(Scripted("a", who("1"), who("2")))
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.swapped")}
    rounds.take_fact(told_by_the_office(box, DeviceAccepted(device_id="a", by="李老师")))
    rounds.run_once()
    assert box.open_kinds() == set()


def test_a_person_may_have_a_refused_log_in_tried_at_once(box: Box) -> None:
    door = Door("right")
    with RawServer(door) as server:
        rounds = box.round(box.visitor("gate", server.url, lambda: Login("admin", "x")))
        rounds.run_once()
        rounds.run_once()
        assert door.tries == 1
        rounds.take_fact(told_by_the_office(box, LoginRetryAsked(device_id="gate", by="李老师")))
        rounds.take_fact(told_by_the_office(box, LoginRetryAsked(device_id="gone", by="李老师")))
        rounds.run_once()
        rounds.run_once()
        assert door.tries == 2


def clock_at(offset_s: float, *, by_ntp: bool = False) -> Sighting:
    told = DeviceTime(
        offset_ns=round(offset_s * NS_PER_S), error_ns=NS_PER_S // 2, asked_utc_ns=1, asked_running_ns=1, by_ntp=by_ntp
    )
    return Sighting(outcome=Outcome(), tried_login=True, time=told)


@pytest.mark.parametrize(
    ("offset_s", "named"),
    [(0.9, None), (1.4, None), (3, "off"), (-3, "off"), (8 * 3600, "local_as_utc"), (-8e8, "never_set")],
)
def test_a_wrong_clock_is_named_for_what_is_wrong_with_it(box: Box, offset_s: float, named: str | None) -> None:
    rounds = box.round(Scripted("a", clock_at(offset_s)))
    rounds.run_once()
    assert box.open_kinds() == set()
    rounds.run_once()
    assert [finding.evidence["fault"] for finding in box.findings.all_open()] == ([named] if named else [])


def test_only_a_clock_that_no_time_server_sets_vouches_for_time_and_once_an_hour(box: Box) -> None:
    rounds = box.round(Scripted("own", clock_at(0.1)), Scripted("ntp", clock_at(0.1, by_ntp=True)))
    rounds.run_once()
    rounds.run_once()
    readings = [TimeReading.model_validate_json(body) for body in box.facts(TimeReading.kind)]
    assert [(reading.source_kind, reading.source) for reading in readings] == [("camera", "own")]


def test_a_point_bound_to_a_source_that_is_not_there_is_a_finding(box: Box, campus: Campus) -> None:
    rules = RoundRules(period_s=5, sources_due={"gate": (0, 3)})
    box.round(simulated(box, campus, "gate"), rules=rules).run_once()
    assert box.open_kinds() == {("device:gate", "camera.no_such_source")}


def test_a_device_that_left_the_settings_leaves_the_rows_and_the_findings(box: Box) -> None:
    rounds = box.round(Scripted("a", GONE), Scripted("b", GOOD))
    rounds.run_once()
    rounds.run_once()
    assert box.open_kinds() == {("device:a", "camera.unreachable")}
    box.round(Scripted("b", GOOD))
    assert box.open_kinds() == set()
    assert [status.id for status in device_states(box.cameras)] == ["b"]


def test_mute_devices_do_not_hold_up_the_others_and_closing_does_not_wait_for_them(box: Box, campus: Campus) -> None:
    with RawServer(mute) as server:
        visitors = [box.visitor(f"mute-{number}", server.url, limits=QUICK) for number in range(8)]
        good = [simulated(box, campus, name) for name in ("gate", "corridor")]
        rounds = box.round(*visitors, *good, rules=RoundRules(period_s=3, workers=10))
        report = rounds.run_once()
        assert (report.visited, report.good) == (10, 2)
        assert report.took_s < 8 * QUICK.call_s, "one after the other"
    slow = Limits(connect_s=1, call_s=30)
    with RawServer(mute) as server:
        stuck = Visitor("x", server.url, lambda: None, lambda at, login: OnvifDevice(at, login, box.clock, slow))
        rounds = box.round(stuck)
        rounds.start()
        wait_until(lambda: server.connections > 0, what="a visit under way")
        began = time.monotonic()
        rounds.close()
        assert time.monotonic() - began < 15, "the visit may take 30 s"
    assert rounds.failure is None


def test_the_service_goes_round_again_by_itself(box: Box, campus: Campus) -> None:
    rounds = box.round(simulated(box, campus, "gate"), rules=RoundRules(period_s=0.2))
    rounds.start()
    try:
        wait_until(lambda: box.status("gate").state is DeviceState.OK, what="the first visit")
        first = box.status("gate").last_visit_utc_ns
        wait_until(lambda: box.status("gate").last_visit_utc_ns != first, what="the second visit")
    finally:
        rounds.close()


def test_a_clock_is_set_only_where_the_settings_ask_for_it_and_ours_is_right(tmp_path: Path, campus: Campus) -> None:
    box, ours_is_right = Box(tmp_path), [False]
    rules = RoundRules(period_s=5, keep_clock=frozenset({"gate"}))
    circle = box.round(
        simulated(box, campus, "gate"),
        simulated(box, campus, "corridor"),
        rules=rules,
        set_clock=lambda device: set_clock(device, box.clock),
        own_clock_holds=lambda: ours_is_right[0],
    )
    for camera in ("gate", "corridor"):
        campus.set_fault(camera, Fault.CLOCK_WRONG)
    for _ in range(3):
        circle.run_once()
    wrong = {("device:gate", "camera.clock_wrong"), ("device:corridor", "camera.clock_wrong")}
    assert box.open_kinds() == wrong  # nobody sets a camera by a clock that may be wrong itself
    ours_is_right[0] = True
    circle.run_once()
    assert box.open_kinds() == {("device:corridor", "camera.clock_wrong")}
    changed = [DeviceChanged.model_validate_json(told) for told in box.facts(DeviceChanged.kind)]
    assert [(one.device_id, one.what) for one in changed] == [("gate", "clock_set")]
    assert abs(float(changed[0].before.removesuffix(" s")) - 600) < 1
    assert abs(float(changed[0].after.removesuffix(" s"))) < 1
    box.close()


def test_a_clock_that_cannot_be_set_is_not_set_again_and_again(tmp_path: Path, campus: Campus) -> None:
    box, tries = Box(tmp_path), []

    def refuse(device: OnvifDevice) -> DeviceTime:
        tries.append(device.address)
        raise SetHadNoEffect("it is 600 s off all the same")

    rules = RoundRules(period_s=5, keep_clock=frozenset({"gate"}))
    circle = box.round(simulated(box, campus, "gate"), rules=rules, set_clock=refuse, own_clock_holds=lambda: True)
    campus.set_fault("gate", Fault.CLOCK_WRONG)
    for _ in range(5):
        circle.run_once()
    assert len(tries) == 1
    assert box.open_kinds() == {("device:gate", "camera.clock_wrong"), ("device:gate", "camera.set_not_kept")}
    (ignored,) = [one for one in box.findings.all_open() if one.kind == "camera.set_not_kept"]
    assert "600 s off" in str(ignored.evidence["device_tells"])
    campus.set_fault("gate", None)
    circle.run_once()
    assert box.open_kinds() == set()
    box.close()


def test_another_camera_is_said_until_it_is_accepted_or_the_old_one_is_back(tmp_path: Path, campus: Campus) -> None:
    box = Box(tmp_path)
    circle = box.round(simulated(box, campus, "gate"))
    circle.run_once()
    campus.set_fault("gate", Fault.NEW_IDENTITY)
    circle.run_once()
    swapped = {("device:gate", "camera.swapped")}
    assert box.open_kinds() == swapped
    circle.run_once()
    assert box.open_kinds() == swapped  # it does not become right by being there
    campus.set_fault("gate", None)
    circle.run_once()
    assert box.open_kinds() == set()
    campus.set_fault("gate", Fault.NEW_IDENTITY)
    circle.run_once()
    accepted = DeviceAccepted(device_id="gate", by="li")
    circle.take_fact(Entry("office", 1, "id-1", accepted.kind, 1, 0, accepted.model_dump_json()))
    circle.run_once()
    assert box.open_kinds() == set()
    box.close()


def test_another_codec_is_told_with_what_it_was(
    tmp_path: Path, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camera.round._STREAMS_EVERY_S", 0.0)
    box = Box(tmp_path)
    circle = box.round(simulated(box, campus, "gate"))
    circle.run_once()
    campus.set_fault("gate", Fault.CODEC_CHANGED)
    circle.run_once()
    changed = [DeviceChanged.model_validate_json(told) for told in box.facts(DeviceChanged.kind)]
    assert [(one.what, one.source, one.before, one.after) for one in changed] == [
        ("main_stream", 0, "H264 320x180 2 fps 64 kbit/s", "H265 320x180 2 fps 64 kbit/s")
    ]
    found = stream_source(box.cameras, "gate", 0)
    assert found is not None
    assert found.main.codec == "H265"
    box.close()


def test_a_person_who_asks_does_not_wait_for_the_next_round(tmp_path: Path) -> None:
    refused = Sighting(outcome=Outcome(LoginRefused.trouble, "no"), tried_login=True)
    visitor = Scripted("gate", refused, GOOD)
    box = Box(tmp_path)
    circle = box.round(visitor, rules=RoundRules(period_s=600))
    circle.start()
    wait_until(lambda: box.open_kinds() == {("device:gate", "camera.login_refused")}, 10)
    asked = LoginRetryAsked(device_id="gate", by="li")
    circle.take_fact(Entry("office", 1, "id-1", asked.kind, 1, 0, asked.model_dump_json()))
    wait_until(lambda: box.open_kinds() == set(), 10)  # one log-in that works is enough
    circle.close()
    box.close()
