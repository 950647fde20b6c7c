"""Keeps the answer to 无盲区 current: coverage is computed anew whenever a camera begins or ends to be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from camera.coverage import CoverageReport, LiveCoverage, Watch
from camera.query import device_states
from config.plan import Plan
from config.settings import Settings
from edge_agent.coverage_fact import CoverageComputed
from edge_agent.pages.status_model import BlindSpotStatus, CoverageStatus, ZoneStatus
from foundation.clock import Clock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal
from foundation.service import Service
from foundation.sqlite import DatabaseError
from web.signs import State

LOOK_EVERY_S: Final = 1.0
MOST_SPOTS: Final = 50
_STATES: Final = {"ok": Watch.OK, "failing": Watch.FAILING, "unknown": Watch.UNKNOWN}

_log = structlog.get_logger("coverage")


class CoverageWatch(Service):
    """Follows the devices' states in cameras.sqlite."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        cameras: Path,
        *,
        clock: Clock,
        journal: Journal,
        findings: FindingBoard,
    ) -> None:
        super().__init__("coverage-watch")
        self._settings = settings
        self._cameras = cameras
        self._clock = clock
        self._journal = journal
        self._findings = findings
        self._live = LiveCoverage(plan)
        self._watches: dict[str, Watch] = {}

    def _loop(self) -> None:
        for point in self._settings.points:
            self._live.place(point.id, point.pose, Watch.UNKNOWN)
        while not self.stopping.is_set():
            try:
                self.look_once()
            except DatabaseError as error:
                _log.warning("the cameras' states could not be read; trying again", error=str(error))
            self.stopping.wait(LOOK_EVERY_S)

    def look_once(self) -> None:
        """Compute and tell if a camera stands otherwise than before."""
        watches = self._now()
        if watches == self._watches:
            return
        for point_id, watch in watches.items():
            if self._watches.get(point_id) is not watch:
                self._live.watch(point_id, watch)
        self._watches = watches
        report = self._live.report()
        self._journal.append(CoverageComputed(coverage=coverage_status(report, self._clock.utc_ns())))
        self._tell_private_views(report)

    def _now(self) -> dict[str, Watch]:
        states: Mapping[str, Watch] = (
            {
                device.id: _STATES[device.state.value]
                for device in device_states(self._cameras, now_utc_ns=self._clock.utc_ns())
            }
            if self._cameras.exists()
            else {}
        )
        return {point.id: states.get(point.device, Watch.UNKNOWN) for point in self._settings.points}

    def _tell_private_views(self, report: CoverageReport) -> None:
        # Toilets and dormitory rooms must not be seen (State Council Order 799): seeing them is the finding.
        seen = {view.point_id: view for view in report.private_views}
        for point in self._settings.points:
            subject = f"point:{point.id}"
            view = seen.get(point.id)
            if view is None:
                self._findings.clear(subject, "coverage.private_place_seen")
            else:
                self._findings.open(
                    subject,
                    "coverage.private_place_seen",
                    Severity.FAILING,
                    evidence={"place": view.name, "area_m2": round(view.area_m2, 1)},
                )


def coverage_status(report: CoverageReport, computed_utc_ns: int) -> CoverageStatus:
    """The report as pages show it; failing with a blind spot, unknown while a camera's state is."""
    by_day = [spot for spot in report.blind_spots if not spot.night_only]
    if by_day or report.missing_kinds or report.private_views:
        state = State.FAILING
    else:
        state = State.UNKNOWN if report.uncertain else State.OK
    return CoverageStatus(
        state=state,
        computed_utc_ns=computed_utc_ns,
        zones=tuple(
            ZoneStatus(id=zone.zone_id, name=zone.name, kind=zone.kind_name, seen_share=round(zone.day.seen, 4))
            for zone in report.zones
        ),
        blind_spots=tuple(
            BlindSpotStatus(
                zone_id=spot.zone_id,
                zone_name=f"{spot.zone_name} {spot.part.value}：{spot.reason_text}",
                area_m2=round(spot.area_m2, 1),
                x_m=round(spot.rings[0][0][0], 1),
                y_m=round(spot.rings[0][0][1], 1),
            )
            for spot in by_day[:MOST_SPOTS]
        ),
        missing_kinds=tuple(missing.kind_name for missing in report.missing_kinds),
    )
