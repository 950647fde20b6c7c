"""Line tests in the office: the gatehouse arms, by its press socket, in the name of who is logged in."""

from __future__ import annotations

from typing import Final

from alarms.inputs.call import ArmDrillCall
from alarms.inputs.socket_client import NoAnswerError, call
from config.settings import Settings
from edge_agent.pages.drill.plan import DrillPlan
from edge_agent.pages.drill.routes import ArmRefusedError, DrillDeps, NoGatehouseError
from edge_agent.role import RoleContext
from foundation.clock import Clock
from foundation.state import StateDirectory

_ANSWER_WITHIN_S: Final = 4.0


def drill_deps(context: RoleContext) -> DrillDeps:
    """What the pages of line tests need of this campus."""
    settings, state, clock = context.settings, context.state, context.clock

    def arm(input_id: str, person: str) -> None:
        try:
            reply = call(
                state.socket("press"),
                ArmDrillCall(input=input_id, person=person),
                clock=clock,
                give_up_after_s=_ANSWER_WITHIN_S,
            )
        except NoAnswerError as error:
            raise NoGatehouseError(str(error)) from error
        if not reply.ok:
            raise ArmRefusedError(reply.error)

    return DrillDeps(drill_plan(settings, state, clock), arm)


def drill_plan(settings: Settings, state: StateDirectory, clock: Clock) -> DrillPlan:
    """Schedule and file of a campus."""
    return DrillPlan(
        clock=clock,
        campus=settings.campus,
        inputs=settings.alarm_inputs,
        line_tests=settings.line_tests,
        alarms=state.database("alarms"),
    )
