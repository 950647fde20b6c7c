"""Coverage of the example campus, left for the office as the inspector leaves it."""

from __future__ import annotations

from pathlib import Path

from camera.coverage import LiveCoverage, Watch
from config.plan import read_plan
from config.settings import read_settings
from edge_agent.coverage_shown import make_ready
from edge_agent.coverage_watch import coverage_status
from edge_agent.pages.coverage.model import ShownCoverage

EXAMPLE = Path(__file__).resolve().parents[2] / "config/example"


def leave_coverage(folder: Path, computed_utc_ns: int, **watches: Watch) -> ShownCoverage:
    """Written into the folder; cameras that are not named work."""
    settings, plan = read_settings(EXAMPLE / "campus.yaml"), read_plan(EXAMPLE / "plan.geojson")
    live = LiveCoverage(plan)
    for point in settings.points:
        live.place(point.id, point.pose, watches.get(point.id.replace("-", "_"), Watch.OK))
    report = live.report()
    shown = ShownCoverage(folder)
    shown.write(
        *make_ready(
            plan,
            live,
            report,
            campus=settings.campus.name,
            names={point.id: point.name for point in settings.points},
            state=coverage_status(report, computed_utc_ns).state,
            computed_utc_ns=computed_utc_ns,
        )
    )
    return shown
