"""`edge-agent drill …`: line tests of the alarm buttons (报警线路演练), due and filed; and evacuation drills."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alarms.drill import Result, Standing
from edge_agent.commands import evacuation
from edge_agent.drill_wiring import drill_plan
from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, EXIT_REFUSED, ConfigOption, StateOption, settings_or_exit
from edge_agent.pages.drill.plan import DrillPlan
from edge_agent.pages.drill.words import EVERY, RESULT_STATES, RESULTS, STANDING_STATES, STANDINGS, steps_of
from foundation.clock import SystemClock, beijing
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from web.signs import State

app = typer.Typer(help="Line tests (报警线路演练): due and filed; `alarm arm-drill` arms one.", no_args_is_help=True)
app.add_typer(evacuation.app, name="evacuation")

EXIT_MISSED = 1
_SIGNS = {State.OK: "●", State.ATTENTION: "◆", State.FAILING: "▲", State.UNKNOWN: "○", State.DRILL: "【演练】"}


@app.command()
def due(config: ConfigOption = DEFAULT_CONFIG, state: StateOption = DEFAULT_STATE) -> None:
    """Say for each button how it stands with its schedule; exit code 1 if one was missed."""
    missed = False
    try:
        rows = _plan(config, state).rows()
    except DatabaseError as error:
        raise _refused(error) from error
    for row in rows:
        if row.schedule is None:
            typer.echo(
                f"○ {row.input.name}（{row.input.place}）  门卫室程序还没有运行过 / not seen by the gatehouse yet"
            )
            continue
        standing = row.schedule.standing
        missed = missed or standing is Standing.MISSED
        wiring = "" if row.input.supervised else "  须到现场手按 unsupervised"
        typer.echo(
            f"{_SIGNS[STANDING_STATES[standing]]} {row.input.name}（{row.input.place}）  "
            f"{STANDINGS[standing]} {standing}  "
            f"{EVERY[row.every]}，到 {row.schedule.span.last}  {row.responsible}{wiring}"
        )
    raise typer.Exit(EXIT_MISSED if missed else 0)


@app.command("list")
def list_drills(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    limit: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """Line tests, newest first, each step timed from the press."""
    plan = _plan(config, state)
    try:
        drills = plan.recent(limit)
    except DatabaseError as error:
        raise _refused(error) from error
    if not drills:
        typer.echo("还没有演练 / no line tests yet")
    for drill in drills:
        result = plan.result(drill)
        steps = "  ".join(f"{step.what} {step.after_ms} ms" for step in steps_of(drill, str) if step.after_ms)
        sign = _SIGNS[RESULT_STATES[result]] if result is not Result.ARMED else "【演练】"
        armed = beijing(drill.armed_utc_ns).strftime("%Y-%m-%d %H:%M:%S")
        typer.echo(f"{sign} {armed}  {plan.name_of(drill)}  {drill.person}  {RESULTS[result]} {result}  {steps}")


def _plan(config: Path, state: Path) -> DrillPlan:
    return drill_plan(settings_or_exit(config), StateDirectory(state), SystemClock())


def _refused(error: Exception) -> typer.Exit:
    typer.echo(f"▲ {error}", err=True)
    return typer.Exit(EXIT_REFUSED)
