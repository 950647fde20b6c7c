"""What a demonstration must have seen working, judged from what agent and center say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge_agent.pages.status.model import CampusStatus
from foundation.clock import NS_PER_S
from storage.proof import RetentionProof
from web.signs import State

_FRESH_S = 10.0

Seen = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: was it seen working, and what and how much was seen."""

    ok: bool
    seen: Seen = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """What became of the visitor whom the demonstration signed in and out over the gate page."""

    visit_id: str
    signed_in: bool
    signed_out: bool


@dataclass(frozen=True, slots=True)
class PressSeen:
    """What became of the alarm that the demonstration pressed."""

    alarm_id: str
    stored: bool
    press_to_receipt_ms: float | None


@dataclass(frozen=True, slots=True)
class CenterSeen:
    """What the center says of the campus."""

    campus_online: bool
    points: int
    alarms: int
    alarm_receipted: bool


@dataclass(frozen=True, slots=True)
class Sights:
    """Everything seen so far; None where nothing was seen yet."""

    status: CampusStatus | None = None
    proof: RetentionProof | None = None
    visit: VisitSeen | None = None
    press: PressSeen | None = None
    center: CenterSeen | None = None
    footage_files: int = 0
    footage_bytes: int = 0


def judge(sights: Sights) -> dict[str, Stage]:
    """Every stage by name, in the order of the way through the house."""
    return {name: stage(sights) for name, stage in _STAGES.items()}


def _poll(sights: Sights) -> Stage:
    devices = sights.status.devices if sights.status else ()
    known = [device for device in devices if device.state is State.OK and device.clock_offset_s is not None]
    return Stage(
        bool(devices) and len(known) == len(devices),
        {
            "devices": len(devices),
            "answering": len(known),
            "worst_clock_offset_ms": max(
                (round(abs(device.clock_offset_s or 0) * 1000) for device in known), default=0
            ),
            "identities": "; ".join(device.detail for device in devices),
        },
    )


def _record(sights: Sights) -> Stage:
    status = sights.status
    points = status.points if status else ()
    fresh = [
        point
        for point in points
        if status is not None
        and point.recording is State.OK
        and point.last_fragment_utc_ns is not None
        and status.taken_at_utc_ns - point.last_fragment_utc_ns < _FRESH_S * NS_PER_S
    ]
    return Stage(
        bool(points) and len(fresh) == len(points) and sights.footage_bytes > 0,
        {
            "points": len(points),
            "recording": len(fresh),
            "files": sights.footage_files,
            "bytes": sights.footage_bytes,
            "bit_per_s": round(sum(point.bit_per_s or 0 for point in fresh)),
        },
    )


def _retain(sights: Sights) -> Stage:
    proof = sights.proof
    verdicts = sights.status.retention if sights.status else ()
    if proof is None:
        return Stage(False)
    return Stage(
        proof.holds and bool(verdicts),
        {
            f"days_{proof.old_days}_deleted": proof.old_deleted_from_disk and proof.old_deleted_from_catalogue,
            f"days_{proof.young_days}_kept": proof.young_kept_on_disk and proof.young_kept_in_catalogue,
            "verdicts": ", ".join(f"{row.point_id} {row.verdict}" for row in verdicts),
        },
    )


def _coverage(sights: Sights) -> Stage:
    coverage = sights.status.coverage if sights.status else None
    if coverage is None:
        return Stage(False)
    return Stage(
        coverage.computed_utc_ns is not None and bool(coverage.zones) and bool(coverage.blind_spots),
        {
            "zones": len(coverage.zones),
            "blind_spots": len(coverage.blind_spots),
            "blind_m2": round(sum(spot.area_m2 for spot in coverage.blind_spots), 1),
            "kinds_without_camera": len(coverage.missing_kinds),
        },
    )


def _visit(sights: Sights) -> Stage:
    visit = sights.visit
    if visit is None:
        return Stage(False)
    return Stage(visit.signed_in and visit.signed_out, {"signed_in": visit.signed_in, "signed_out": visit.signed_out})


def _alarm(sights: Sights) -> Stage:
    press = sights.press
    if press is None:
        return Stage(False)
    seen: dict[str, str | int | float | bool] = {"stored": press.stored, "alarm_id": press.alarm_id}
    if press.press_to_receipt_ms is not None:
        seen["press_to_receipt_ms"] = press.press_to_receipt_ms
    return Stage(press.stored and press.press_to_receipt_ms is not None, seen)


def _center(sights: Sights) -> Stage:
    center = sights.center
    if center is None:
        return Stage(False)
    return Stage(
        center.campus_online and center.points > 0 and center.alarm_receipted,
        {"campus_online": center.campus_online, "points": center.points, "alarms": center.alarms},
    )


_STAGES: Mapping[str, Callable[[Sights], Stage]] = {
    "poll": _poll,
    "record": _record,
    "retain": _retain,
    "coverage": _coverage,
    "visit": _visit,
    "alarm": _alarm,
    "center": _center,
}
