"""A campus as `edge-agent coverage …` takes it: settings, plan, poses and what each camera does now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from config.problem import SettingsError
from config.settings import Settings
from edge_agent.options import EXIT_REFUSED, settings_or_exit

if TYPE_CHECKING:
    from camera.coverage import LiveCoverage, Watch
    from camera.coverage.pose_file import MeasuredPose
    from config.plan import Plan
    from config.point import Point, Pose


@dataclass(frozen=True, slots=True)
class PlannedCampus:
    """Everything coverage is computed from; `poses` are those in use, declared or measured."""

    settings: Settings
    plan: Plan
    poses: dict[str, Pose | None]
    measured: dict[str, MeasuredPose]
    watches: dict[str, Watch]

    @property
    def names(self) -> dict[str, str]:
        """What people call each point."""
        return {point.id: point.name for point in self.settings.points}

    def live(self) -> LiveCoverage:
        """Coverage with every point placed."""
        from camera.coverage import LiveCoverage, PoseSource
        from camera.coverage.pose_file import in_use

        live = LiveCoverage(self.plan)
        for point in self.settings.points:
            source = PoseSource.MEASURED if in_use(point, self.measured) else PoseSource.DECLARED
            live.place(point.id, self.poses[point.id], self.watches[point.id], source)
        return live

    def placed(self, point_id: str) -> tuple[Point, Pose]:
        """A point and its pose now; ends the command with a sentence if there is no such point or it has no pose."""
        if point_id not in self.names:
            refuse(f"没有点位 {point_id!r} / no such point; known: {', '.join(self.names)}")
        pose = self.poses[point_id]
        if pose is None:
            refuse(f"点位 {point_id} 没有位姿 / it has no pose: declare at least where it hangs and its resolution")
        return self.settings.point(point_id), pose


def read_campus(config: Path, state: Path, *, assume_working: bool) -> PlannedCampus:
    """Read it; ends the command with a sentence for whatever cannot be read. Cameras nobody asked are unknown."""
    from camera.coverage import Watch
    from camera.coverage.pose_file import poses_now, read_measured
    from config.plan import read_plan
    from edge_agent.coverage_cameras import stream_sizes, watches_now
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    settings = settings_or_exit(config)
    if settings.plan is None:
        refuse(f"{config}: 没有平面图 / no plan: add plan with its file, see the example campus")
    try:
        plan = read_plan(settings.plan.file)
        measured = read_measured(state / "poses.json")
    except SettingsError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    cameras = StateDirectory(state).database("cameras")
    watches = dict.fromkeys((point.id for point in settings.points), Watch.UNKNOWN)
    sizes: dict[str, tuple[int | None, int | None]] = {}
    try:
        watches = watches_now(settings, cameras, SystemClock().utc_ns())
        sizes = stream_sizes(settings, cameras)
    except DatabaseError as error:
        typer.echo(f"◆ 读不到摄像机状态，按未知计算 / cameras' states unread, taken as unknown: {error}", err=True)
    if assume_working:
        watches = dict.fromkeys(watches, Watch.OK)
    return PlannedCampus(settings, plan, poses_now(settings.points, measured, sizes), measured, watches)


def refuse(sentence: str) -> NoReturn:
    """End the command with one sentence."""
    typer.echo(f"edge-agent: {sentence}", err=True)
    raise typer.Exit(EXIT_REFUSED)
