"""The inspector (巡检): ONVIF rounds and what the cameras see of the campus."""

from __future__ import annotations

from camera.inspector import inspector
from camera.query import may_try
from edge_agent.held import Held
from edge_agent.role import Role, RoleContext
from foundation.service import Service


def services(context: RoleContext) -> list[Service]:
    """The inspector's services in starting order."""
    cameras = inspector(
        context.settings,
        context.clock,
        context.state.database("cameras"),
        context.findings,
        may_try=may_try(context.state.journal(Role.RECORDER)),
    )
    return [Held("cameras", cameras.close), *cameras.services]
