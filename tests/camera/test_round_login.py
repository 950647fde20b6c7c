"""The round and log-ins: a refused one is left alone, by every role, until it changes or an hour passes."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from camera.device_error import LoginRefused
from camera.device_state import DeviceState, Outcome
from camera.facts import LoginRetryAsked
from camera.login import Login
from camera.query import may_try
from camera.visit import Sighting
from config.credential import CredentialError
from foundation.clock import ManualClock
from simulator.port import free_port
from tests.camera.raw_server import RawServer, fault, http_answer, read_request, time_answer
from tests.camera.round_box import GONE, GOOD, Box, Scripted, told_by_the_office


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
