"""Keeps the answer to 无盲区 current: coverage is computed anew whenever a camera begins or ends to be relied on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from camera.coverage import CoverageReport, LiveCoverage, PoseSource, Watch
from camera.coverage.finding import tell, tell_poses
from camera.coverage.pose_file import MeasuredPose, in_use, poses_now, read_measured
from camera.coverage.report import MissingWhy
from config.plan import Plan
from config.point import Pose
from config.problem import SettingsError
from config.settings import Settings
from edge_agent.coverage_cameras import stream_sizes, watches_now
from edge_agent.coverage_fact import CoverageComputed
from edge_agent.coverage_shown import make_ready
from edge_agent.pages.coverage.model import ShownCoverage
from edge_agent.pages.status.model import BlindSpotStatus, CoverageStatus, ZoneStatus
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.service import Service
from foundation.sqlite import DatabaseError
from web.signs import State

LOOK_EVERY_S: Final = 1.0
MOST_SPOTS: Final = 50
DRAWN_PAUSE: Final = 10
"""After a drawing, so many times as long without one: 200 cameras behind one dead switch take a second and a half to
draw, and fail one after the other. Answers and faults wait for no drawing."""

_log = structlog.get_logger("coverage")


class CoverageWatch(Service):
    """Follows the devices' and pictures' states in cameras.sqlite, the live streams' sizes and the measured poses."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        cameras: Path,
        measured_poses: Path,
        shown: ShownCoverage,
        *,
        clock: Clock,
        journal: Journal,
        findings: FindingBoard,
    ) -> None:
        """`shown` is where the office's page finds the answer."""
        super().__init__("coverage-watch")
        self._settings = settings
        self._cameras = cameras
        self._measured_poses = measured_poses
        self._plan = plan
        self._shown = shown
        self._unshown: tuple[CoverageReport, CoverageStatus] | None = None
        """The latest answer, while the office does not have it yet."""
        self._draw_from_ns = 0
        self._clock = clock
        self._journal = journal
        self._findings = findings
        self._live = LiveCoverage(plan)
        self._placed: dict[str, tuple[Pose | None, PoseSource]] = {}
        self._watches: dict[str, Watch] = {}
        self._measured: dict[str, MeasuredPose] | None = None

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.look_once()
            except (DatabaseError, SettingsError) as error:
                _log.warning("coverage could not be brought up to date; trying again", error=str(error))
            self.stopping.wait(LOOK_EVERY_S)

    def look_once(self) -> None:
        """Compute and tell if a camera stands or hangs otherwise than before. Raises DatabaseError, SettingsError."""
        measured = read_measured(self._measured_poses)
        if measured != self._measured:
            tell_poses(self._settings.points, measured, self._findings)
            self._measured = measured
        placed = self._poses(measured)
        watches = watches_now(self._settings, self._cameras, self._clock.utc_ns())
        if placed == self._placed and watches == self._watches:
            self._show()
            return
        for point_id, watch in watches.items():
            pose, source = placed[point_id]
            if self._placed.get(point_id) != (pose, source):
                self._live.place(point_id, pose, watch, source)
            elif self._watches.get(point_id) is not watch:
                self._live.watch(point_id, watch)
        self._placed, self._watches = placed, watches
        report = self._live.report()
        status = coverage_status(report, self._clock.utc_ns())
        self._journal.append(CoverageComputed(coverage=status))
        tell(report, self._findings)
        self._unshown = report, status
        self._show()

    def _show(self) -> None:
        begun_ns = self._clock.running_ns()
        if self._unshown is None or begun_ns < self._draw_from_ns:
            return
        report, status = self._unshown
        assert status.computed_utc_ns is not None
        ready = make_ready(
            self._plan,
            self._live,
            report,
            campus=self._settings.campus.name,
            names={point.id: point.name for point in self._settings.points},
            state=status.state,
            computed_utc_ns=status.computed_utc_ns,
        )
        try:
            self._shown.write(*ready)
        except OSError as error:
            _log.warning("the page's answer could not be written; trying again", error=str(error))
            return
        self._unshown = None
        now_ns = self._clock.running_ns()
        self._draw_from_ns = now_ns + DRAWN_PAUSE * (now_ns - begun_ns)

    def _poses(self, measured: dict[str, MeasuredPose]) -> dict[str, tuple[Pose | None, PoseSource]]:
        points = self._settings.points
        poses = poses_now(points, measured, stream_sizes(self._settings, self._cameras))
        return {
            point.id: (poses[point.id], PoseSource.MEASURED if in_use(point, measured) else PoseSource.DECLARED)
            for point in points
        }


def coverage_status(report: CoverageReport, computed_utc_ns: int) -> CoverageStatus:
    """The report as pages show it; failing with a blind spot, unknown while a camera's state is."""
    by_day = [spot for spot in report.blind_spots if not spot.night_only]
    sources = list(report.pose_sources.values())
    missing = [one for one in report.missing_kinds if one.why is not MissingWhy.NOT_CERTAIN]
    if by_day or missing or report.private_views:
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
        missing_kinds=tuple(one.kind_name for one in missing),
        uncertain_m2=round(sum(spot.area_m2 for spot in report.uncertain if not spot.night_only), 1),
        poses_measured=sources.count(PoseSource.MEASURED),
        poses_declared=sources.count(PoseSource.DECLARED),
    )
