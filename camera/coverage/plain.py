"""Coverage as plain values for JSON: what `--json` prints and pages fetch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from camera.coverage.report import CoverageReport, Spot, ZoneCoverage


def plain_report(report: CoverageReport) -> dict[str, Any]:
    """The whole report; areas in m², shares from 0 to 1, outlines in metres."""
    return {
        "seen_share": report.seen_share,
        "seen_share_at_night": report.seen_share_at_night,
        "poses": {point: source.value for point, source in report.pose_sources.items()},
        "watches": {point: watch.value for point, watch in report.watches.items()},
        "cell_m": report.cell_m,
        "zones": [_zone(zone) for zone in report.zones],
        "blind_spots": [_spot(spot) for spot in report.blind_spots],
        "uncertain": [_spot(spot) for spot in report.uncertain],
        "private_views": [asdict(one) for one in report.private_views],
        "missing_kinds": [{**asdict(one), "why": one.why.value} for one in report.missing_kinds],
        "unplaced": [asdict(one) for one in report.unplaced],
    }


def _zone(zone: ZoneCoverage) -> dict[str, Any]:
    values = asdict(zone)
    values["day"]["seen"], values["night"]["seen"] = zone.day.seen, zone.night.seen
    del values["blind_spots"], values["uncertain"]  # listed once, for the whole campus
    return values


def _spot(spot: Spot) -> dict[str, Any]:
    return {
        **asdict(spot),
        "name": spot.name,
        "part": spot.part.value,
        "reason": spot.reason.value,
        "reason_text": spot.reason_text,
    }
