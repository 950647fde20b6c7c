"""The inspector (巡检): ONVIF rounds and what the cameras see of the campus."""

from __future__ import annotations

from alarms.inputs.circuit import BoardFindings
from camera.inspector import inspector
from camera.query import may_try
from config.plan import read_plan
from edge_agent.applied_fits import AppliedFits
from edge_agent.camera_inputs import CameraInputs
from edge_agent.camera_sirens import camera_sirens
from edge_agent.coverage_watch import CoverageWatch
from edge_agent.held import Held
from edge_agent.pages.coverage.model import ShownCoverage
from edge_agent.role import Role, RoleContext
from edge_agent.trusted_clock import TrustedClock
from foundation.journal import Tail
from foundation.service import Service


def services(context: RoleContext) -> list[Service]:
    """The inspector's services in starting order. Raises SettingsError for a plan that is not right."""
    settings, cameras_file = context.settings, context.state.database("cameras")
    plan = read_plan(settings.plan.file) if settings.plan else None
    trusted = TrustedClock(context.clock)
    cameras = inspector(
        settings,
        context.clock,
        cameras_file,
        context.findings,
        may_try=may_try(context.state.journal(Role.RECORDER)),
        own_clock_holds=trusted.holds,
        asked=AppliedFits(context.state.root / "encoder-fit.json").asked,
    )
    # A person at the office says that a view is right, accepts another device, has a log-in tried again.
    watches: list[Service] = [
        CameraInputs(
            settings.alarm_inputs,
            cameras_file,
            context.state.socket("press"),
            alarms=context.state.database("alarms"),
            own=context.journal,
            findings=BoardFindings(context.findings),
            clock=context.clock,
        ),
        Tail(context.state.journal(Role.OFFICE), context.journal, cameras.take_fact),
        Tail(context.state.journal(Role.GATEHOUSE), context.journal, trusted.take_fact),
        # The recorder measures the main streams; nobody opens a second one.
        Tail(context.state.database("catalogue"), context.journal, cameras.streams.take_fact),
    ]
    watches += camera_sirens(
        settings,
        context.state.database("alarms"),
        context.findings,
        context.clock,
        may_try=may_try(context.state.journal(Role.RECORDER), context.state.journal(Role.INSPECTOR)),
        moved=cameras.events.relay_moved,
    )
    if plan is not None:
        watches.append(
            CoverageWatch(
                settings,
                plan,
                cameras_file,
                context.state.root / "poses.json",
                ShownCoverage(context.state.root / "coverage"),
                clock=context.clock,
                journal=context.journal,
                findings=context.findings,
            )
        )
    return [Held("cameras", cameras.close), *cameras.services, *watches]
