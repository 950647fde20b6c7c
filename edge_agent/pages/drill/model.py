"""Line tests as programs read them, at the same addresses as the pages."""

from __future__ import annotations

from collections.abc import Sequence

from alarms.drill import Drill, Result, Standing
from config.every import Every
from edge_agent.pages.drill.plan import DrillPlan, PlanRow
from edge_agent.pages.drill.words import steps_of
from edge_agent.pages.status.model import StatusModel, UtcNs


class DrillStepView(StatusModel):
    """A step, reached or not."""

    what: str
    at_utc_ns: UtcNs | None
    after_ms: int | None
    """Since the press."""
    who: str


class DrillView(StatusModel):
    """One line test."""

    id: str
    input_id: str
    input_name: str
    person: str
    armed_utc_ns: UtcNs
    until_utc_ns: UtcNs
    alarm_id: str | None
    result: Result
    steps: tuple[DrillStepView, ...]


class PlanView(StatusModel):
    """An input and its schedule."""

    input_id: str
    input_name: str
    place: str
    supervised: bool
    every: Every
    responsible: str
    standing: Standing | None
    """None while the gatehouse has never run with this input."""
    proven_utc_ns: UtcNs | None


class DrillsView(StatusModel):
    """The whole page."""

    plan: tuple[PlanView, ...]
    running: tuple[DrillView, ...]
    filed: tuple[DrillView, ...]


def drill_view(campus_plan: DrillPlan, drill: Drill) -> DrillView:
    """One line test; its steps are named in Chinese."""
    return DrillView(
        id=drill.id,
        input_id=drill.input_id,
        input_name=campus_plan.name_of(drill),
        person=drill.person,
        armed_utc_ns=drill.armed_utc_ns,
        until_utc_ns=drill.until_utc_ns,
        alarm_id=drill.alarm.id if drill.alarm else None,
        result=campus_plan.result(drill),
        steps=tuple(
            DrillStepView(what=step.what, at_utc_ns=step.at_utc_ns, after_ms=step.after_ms, who=step.who)
            for step in steps_of(drill, str)
        ),
    )


def drills_view(
    campus_plan: DrillPlan, plan: Sequence[PlanRow], running: Sequence[Drill], filed: Sequence[Drill]
) -> DrillsView:
    """All of a period."""
    return DrillsView(
        plan=tuple(
            PlanView(
                input_id=row.input.id,
                input_name=row.input.name,
                place=row.input.place,
                supervised=row.input.supervised,
                every=row.every,
                responsible=row.responsible,
                standing=row.schedule.standing if row.schedule else None,
                proven_utc_ns=row.proven_utc_ns,
            )
            for row in plan
        ),
        running=tuple(drill_view(campus_plan, drill) for drill in running),
        filed=tuple(drill_view(campus_plan, drill) for drill in filed),
    )
