"""What the gate tells the other roles. A journal cannot forget, so nothing here names a person."""

from __future__ import annotations

from typing import ClassVar

from foundation.journal import Fact


class VisitSignedIn(Fact):
    """Somebody came in (来访登记)."""

    kind: ClassVar[str] = "gate.visit_signed_in"
    visit_id: str
    gate_id: str
    in_utc_ns: int


class VisitSignedOut(Fact):
    """Somebody left (离校登记)."""

    kind: ClassVar[str] = "gate.visit_signed_out"
    visit_id: str
    gate_id: str
    out_utc_ns: int


class VisitUndone(Fact):
    """A sign-in or sign-out was undone (撤销)."""

    kind: ClassVar[str] = "gate.visit_undone"
    visit_id: str
    what: str
    """'sign_in' or 'sign_out'."""


class VisitCorrected(Fact):
    """What was written of a visitor was put right (更正)."""

    kind: ClassVar[str] = "gate.visit_corrected"
    visit_id: str


class VisitRefused(Fact):
    """Somebody was not let in (拒绝入校)."""

    kind: ClassVar[str] = "gate.visit_refused"
    refusal_id: str
    gate_id: str
    reason: str
    at_utc_ns: int


class VehicleMoved(Fact):
    """A vehicle came, left, was written up, or one of these was undone (车辆)."""

    kind: ClassVar[str] = "gate.vehicle_moved"
    vehicle_id: str
    gate_id: str
    what: str
    """'in', 'passed_first', 'written_up', 'out', 'undone_in', 'undone_out'."""


class WatchHit(Fact):
    """Somebody who may be on the watchlist stood at a gate (布控命中)."""

    kind: ClassVar[str] = "gate.watch_hit"
    watch_id: str
    station_id: str
    certainty: str
    """gate.watch.Certainty."""
    record: str
    """'visit:ID', 'vehicle:ID' or 'refusal:ID' that was being written, which may have been given up."""


class ErasureAsked(Fact):
    """The office asks that a record forget who it was about (要求删除); the gatehouse, whose file it is, does it."""

    kind: ClassVar[str] = "gate.erasure_asked"
    record: str
    """'visit:ID', 'vehicle:ID' or 'refusal:ID'."""
    by: str
    """The account."""


class GuardSignedOn(Fact):
    """A guard took over a screen (值班签到)."""

    kind: ClassVar[str] = "gate.guard_signed_on"
    duty_id: str
    station_id: str


class GuardSignedOff(Fact):
    """A guard left a screen (值班签退)."""

    kind: ClassVar[str] = "gate.guard_signed_off"
    duty_id: str
    station_id: str


class StationEndAsked(Fact):
    """A person in the office wants a screen let go (停用门卫屏幕). Told by the office, done by the gatehouse."""

    kind: ClassVar[str] = "gate.station_end_asked"
    station_id: str
    by: str
