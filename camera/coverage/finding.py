"""Coverage as findings: opened blind spots become faults and close by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from camera.coverage.calibration import compare
from camera.coverage.pose_file import MeasuredPose, still_measured
from camera.coverage.report import CoverageReport, MissingWhy, Reason, Spot, ZoneCoverage
from config.point import Point
from foundation.finding import Evidence, FindingBoard, Severity

BLIND_SPOT: Final = "coverage.blind_spot"
NOT_CERTAIN: Final = "coverage.not_certain"
PRIVATE_VIEW: Final = "coverage.private_view"
KIND_MISSING: Final = "coverage.kind_missing"
UNPLACED: Final = "coverage.unplaced"
POSE_DISAGREES: Final = "coverage.pose_disagrees"
_OF_A_REPORT: Final = frozenset({BLIND_SPOT, NOT_CERTAIN, PRIVATE_VIEW, KIND_MISSING, UNPLACED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFinding:
    """One finding that a report gives rise to."""

    subject: str
    kind: str
    severity: Severity
    cause: str
    evidence: Evidence


def findings(report: CoverageReport) -> Iterator[CoverageFinding]:
    """What is not as it should be, one finding a zone, so that a fault keeps its place while its outline changes."""
    poses = "measured" if report.measured else "declared"
    for zone in report.zones:
        if zone.blind_spots:
            down = any(spot.reason is Reason.CAMERA_DOWN for spot in zone.blind_spots)
            severity = Severity.FAILING if down else Severity.ATTENTION
            yield _of_zone(zone, BLIND_SPOT, severity, zone.blind_spots, poses)
        if zone.uncertain:
            yield _of_zone(zone, NOT_CERTAIN, Severity.ATTENTION, zone.uncertain, poses)
    for seen in report.private_views:
        yield CoverageFinding(
            subject=f"point:{seen.point_id}",
            kind=PRIVATE_VIEW,
            severity=Severity.FAILING,
            cause=f"画面中能看到{seen.name}",
            evidence={"private": seen.private_id, "area_m2": round(seen.area_m2, 1), "poses": poses},
        )
    for missing in report.missing_kinds:
        if missing.why is MissingWhy.NOT_CERTAIN:
            continue  # its zones are told as not certain
        yield CoverageFinding(
            subject=f"zone_kind:{missing.kind}",
            kind=KIND_MISSING,
            severity=Severity.ATTENTION,
            cause=f"{missing.kind_name}：{missing.words}",
            evidence={"why": missing.why.value},
        )
    for unplaced in report.unplaced:
        yield CoverageFinding(
            subject=f"point:{unplaced.point_id}",
            kind=UNPLACED,
            severity=Severity.ATTENTION,
            cause=unplaced.message,
            evidence={},
        )


def tell(report: CoverageReport, board: FindingBoard) -> None:
    """Open what the report gives rise to and clear what it no longer does; saying the same again changes nothing."""
    told: dict[tuple[str, str], CoverageFinding] = {}
    for one in findings(report):
        told.setdefault((one.subject, one.kind), one)
    for before in board.all_open():
        if before.kind in _OF_A_REPORT and (before.subject, before.kind) not in told:
            board.clear(before.subject, before.kind)
    for one in told.values():
        board.open(one.subject, one.kind, one.severity, cause=one.cause, evidence=one.evidence)


def tell_poses(points: Iterable[Point], measured: Mapping[str, MeasuredPose], board: FindingBoard) -> None:
    """Open where a declared pose is not what the picture showed; clear where it is, or the camera hangs elsewhere."""
    for point in points:
        found = still_measured(point, measured)
        if (
            found is None
            or point.pose is None
            or not (differs := compare(point.pose, found.pose, found.clicks)).significant
        ):
            board.clear(f"point:{point.id}", POSE_DISAGREES)
            continue
        board.open(
            f"point:{point.id}",
            POSE_DISAGREES,
            Severity.ATTENTION,
            cause=f"申报的位姿与画面实测不符：{differs.words}",
            evidence={
                "azimuth_deg": round(differs.azimuth_deg, 1),
                "tilt_deg": round(differs.tilt_deg, 1),
                "roll_deg": round(differs.roll_deg, 1),
                "hfov_deg": round(differs.hfov_deg, 1),
                "shift_px": round(differs.shift_px, 1),
                "error_px": round(found.error_px, 1),
                "error_m": round(found.error_m, 2),
            },
        )


def _of_zone(zone: ZoneCoverage, kind: str, severity: Severity, spots: tuple[Spot, ...], poses: str) -> CoverageFinding:
    total_m2 = sum(spot.area_m2 for spot in spots if not spot.night_only)
    at_night_m2 = sum(spot.area_m2 for spot in spots if spot.night_only)
    worst = spots[0]
    more = f" 等{len(spots)}处" if len(spots) > 1 else ""
    return CoverageFinding(
        subject=f"zone:{zone.zone_id}",
        kind=kind,
        severity=severity,
        cause=f"{worst.name}（{worst.reason_text}）{more}",
        evidence={
            "area_m2": round(total_m2, 1),
            "night_only_m2": round(at_night_m2, 1),
            "spots": len(spots),
            "points": " ".join(sorted({point for spot in spots for point in spot.points})),
            "poses": poses,
        },
    )
