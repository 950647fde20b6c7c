"""An answer of coverage made ready for people: the map drawn, points by their names, blind spots by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from camera.coverage import CoverageReport, LiveCoverage
from camera.coverage.map_drawing import MAX_LISTED, BackdropRefusedError, draw_map
from camera.coverage.report import PoseSource, Spot, ZoneCoverage
from camera.coverage.sheet import sheet_values
from config.plan import Plan
from edge_agent.pages.coverage.model import (
    CoverageShown,
    LossShown,
    MissingShown,
    PrivateShown,
    SpotShown,
    UnplacedShown,
    ZoneShown,
)
from foundation.clock import beijing
from web.signs import State

MOST_SPOTS: Final = 100
MOST_LOSSES: Final = 5


def make_ready(
    plan: Plan,
    live: LiveCoverage,
    report: CoverageReport,
    *,
    campus: str,
    names: Mapping[str, str],
    state: State,
    computed_utc_ns: int,
) -> tuple[CoverageShown, str]:
    """The answer as its page shows it, and its map as SVG (empty if the plan's picture cannot be used)."""
    told_at, no_map = beijing(computed_utc_ns), ""
    try:
        svg = draw_map(plan, live, report, title=campus, told_at=f"{told_at:%Y-%m-%d %H:%M}", names=names, lists=False)
    except BackdropRefusedError as error:
        svg, no_map = "", str(error)

    def named(point_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.get(point_id, point_id) for point_id in point_ids)

    def spot_shown(spot: Spot, number: int | None) -> SpotShown:
        return SpotShown(
            number=number if number is not None and number <= MAX_LISTED else None,
            name=spot.name,
            night_only=spot.night_only,
            reason=spot.reason.value,
            hidden_by=spot.hidden_by,
            points=named(spot.points),
        )

    def zone_shown(zone: ZoneCoverage) -> ZoneShown:
        return ZoneShown(
            name=zone.name,
            kind_name=zone.kind_name,
            density_px_per_m=zone.density_px_per_m,
            target_height_m=zone.target_height_m,
            area_m2=zone.area_m2,
            day=zone.day.seen,
            day_by_two=zone.day.by_two_or_more,
            night=zone.night.seen,
            uncertain=zone.day.uncertain,
            points=named(zone.points),
            losses=tuple(
                LossShown(point=names.get(loss.point_id, loss.point_id), area_m2=loss.area_m2)
                for loss in zone.losses[:MOST_LOSSES]
            ),
        )

    blind, sources = report.blind_spots, list(report.pose_sources.values())
    shown = CoverageShown(
        state=state,
        computed_utc_ns=computed_utc_ns,
        seen_share=report.seen_share,
        seen_share_at_night=report.seen_share_at_night,
        poses_measured=sources.count(PoseSource.MEASURED),
        poses_declared=sources.count(PoseSource.DECLARED),
        spots=tuple(spot_shown(spot, number) for number, spot in enumerate(blind[:MOST_SPOTS], start=1)),
        more_spots=max(0, len(blind) - MOST_SPOTS),
        uncertain=tuple(spot_shown(spot, None) for spot in report.uncertain[:MOST_SPOTS]),
        zones=tuple(zone_shown(zone) for zone in report.zones),
        missing=tuple(MissingShown(kind_name=one.kind_name, why=one.why.value) for one in report.missing_kinds),
        private=tuple(
            PrivateShown(point=names.get(one.point_id, one.point_id), name=one.name, area_m2=one.area_m2)
            for one in report.private_views
        ),
        unplaced=tuple(
            UnplacedShown(point=names.get(one.point_id, one.point_id), message=one.message) for one in report.unplaced
        ),
        no_map=no_map,
        poses=tuple(pose for pose, _, _ in live.views().values()),
        sheet=sheet_values(plan, report, title=campus, told_at=told_at, names=names),
    )
    return shown, svg
