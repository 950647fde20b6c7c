"""Everything that happens at a gate screen besides visits and vehicles (校门日常)."""

from __future__ import annotations

from fastapi import APIRouter

from edge_agent.pages.door.deps import DoorDeps
from edge_agent.pages.door.expected_routes import expected_door_routes
from edge_agent.pages.door.handover_routes import handover_routes
from edge_agent.pages.door.meeting_routes import meeting_door_routes
from edge_agent.pages.door.patrol_phone_routes import patrol_phone_routes
from edge_agent.pages.door.pupil_routes import pupil_door_routes
from edge_agent.pages.door.roll_call_routes import roll_call_routes
from edge_agent.pages.door.staff_routes import staff_door_routes


def door_routes(deps: DoorDeps) -> list[APIRouter]:
    """The routers for the gatehouse's app."""
    return [
        staff_door_routes(deps),
        pupil_door_routes(deps),
        meeting_door_routes(deps),
        expected_door_routes(deps),
        handover_routes(deps),
        roll_call_routes(deps),
        patrol_phone_routes(deps),
    ]
