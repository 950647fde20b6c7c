"""What the cameras see of the campus (覆盖): computed from the plan and the cameras as they are now."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from camera.coverage.live import LiveCoverage
from camera.coverage.report import CoverageReport, PoseSource, Reason, Spot, Watch, ZoneCoverage
from config.plan import Plan
from config.point import Pose

__all__ = [
    "CoverageReport",
    "LiveCoverage",
    "PoseSource",
    "Reason",
    "Spot",
    "Watch",
    "ZoneCoverage",
    "coverage",
]


def coverage(
    plan: Plan,
    poses: Mapping[str, Pose | None],
    state: Mapping[str, Watch | str],
    measured: Collection[str] = (),
) -> CoverageReport:
    """Coverage of a plan by points at their poses; a point that `state` does not name is unknown, so sees nothing.

    `measured` names the points whose pose was solved from their picture; the others' were declared.
    """
    live = LiveCoverage(plan)
    for point_id, pose in poses.items():
        source = PoseSource.MEASURED if point_id in measured else PoseSource.DECLARED
        live.place(point_id, pose, Watch(state.get(point_id, Watch.UNKNOWN)), source)
    return live.report()
