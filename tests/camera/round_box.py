"""An inspector's files, and visitors that bring home what a test wrote."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from camera.device_error import OwnLinkDown, Unreachable
from camera.device_state import Outcome
from camera.http_call import DEFAULT_LIMITS, Limits
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Identity
from camera.query import DeviceStatus, device_states
from camera.register import Register
from camera.round import CameraRound, RoundRules
from camera.visit import LoginOf, SetClock, Sighting, Visitor
from foundation.clock import Clock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Entry, Fact, Journal, read_entries
from simulator.campus import Campus

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
            rules=rules or RoundRules(),
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


class Scripted(Visitor):
    """A visitor that brings home what a test wrote."""

    def __init__(self, device_id: str, *sightings: Sighting) -> None:
        super().__init__(device_id, f"http://{device_id}/", lambda: None, OnvifDevice)  # type: ignore[arg-type]
        self.left = list(sightings)
        self.asked_to_set = False

    def visit(
        self, *, may_log_in: Callable[[bytes], bool], want_streams: bool, set_clock: SetClock | None = None
    ) -> Sighting:
        self.asked_to_set = set_clock is not None
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


GOOD = Sighting(outcome=Outcome(), tried_login=True)


GONE = Sighting(outcome=Outcome(Unreachable.trouble, "nobody"), tried_login=True)


CUT_OFF = Sighting(outcome=Outcome(OwnLinkDown.trouble, "no network"), own_link_down=True)


def simulated(box: Box, campus: Campus, device_id: str) -> Visitor:
    login = Login(campus.account.user, campus.account.password)
    return box.visitor(device_id, campus.addresses(device_id).onvif_url, lambda: login)


def who(serial: str) -> Sighting:
    return Sighting(outcome=Outcome(), tried_login=True, identity=Identity("Hik", "DS", "5.1", serial, "hw"))


def told_by_the_office(box: Box, fact: Fact) -> Entry:
    office = Journal.open(box.folder / "office.sqlite", box.clock)
    office.append(fact)
    office.database.close()
    return read_entries(box.folder / "office.sqlite", after=0)[-1]
