"""`edge-agent incident …`: incidents (突发事件) and how they stand with their deadlines; persons act on the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from edge_agent.incident_wiring import limits_of
from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, ConfigOption, StateOption, refuse, settings_or_exit
from edge_agent.pages.incident.words import (
    GRADES,
    REPORTS,
    STAGES,
    TIMELINESS,
    IncidentWords,
    countdown,
    incident_state,
)
from foundation.clock import SystemClock, beijing
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from safety.facts import LEDGER
from safety.incident import Incident
from safety.incident_deadline import Deadline, Limits, Moment, Timeliness, deadlines
from safety.incident_query import closed_incidents, incident_file, open_incidents
from web.language import Catalogue, Language
from web.signs import State

app = typer.Typer(help="Incidents (突发事件): list and show.", no_args_is_help=True)

EXIT_LATE: Final = 1
_SIGNS: Final = {State.ATTENTION: "◆", State.FAILING: "▲", State.UNKNOWN: "○"}


@app.command("list")
def list_incidents(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    limit: Annotated[int, typer.Option(min=1, help="How many closed ones.")] = 10,
) -> None:
    """Open incidents with what is left of their deadlines, then closed ones; exit code 1 if a report is late."""
    limits, path = _limits(config), _database(state)
    try:
        opened, closed = open_incidents(path), closed_incidents(path, limit=limit)
    except DatabaseError as error:
        refuse(str(error))
    late = False
    for incident in (*opened, *closed):
        both = deadlines(incident, limits, Moment.of(SystemClock()))
        late = late or any(one.timeliness is Timeliness.LATE for one in both)
        typer.echo(_line(incident, both))
    if not opened and not closed:
        typer.echo("没有突发事件 / no incidents")
    raise typer.Exit(EXIT_LATE if late else 0)


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Its number, from `list`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """One incident with its timeline."""
    limits, path = _limits(config), _database(state)
    try:
        known = (*open_incidents(path), *closed_incidents(path, limit=10_000))
        incident = next((one for one in known if one.number == number), None)
        file = incident_file(path, incident.id) if incident is not None else None
    except DatabaseError as error:
        refuse(str(error))
    if file is None:
        refuse(f"没有第 {number} 号事件 / there is no incident {number}: edge-agent incident list shows them")
    typer.echo(_line(file.incident, deadlines(file.incident, limits, Moment.of(SystemClock()))))
    for line in IncidentWords(Catalogue(Language.CHINESE), trusted=True).timeline(file.history):
        words = "  ".join(part for part in (line.what, line.who, line.detail, line.words) if part)
        typer.echo(f"  {_time(line.said_utc_ns)}  {words}")


def _line(incident: Incident, both: tuple[Deadline, Deadline]) -> str:
    reports = "  ".join(
        f"{REPORTS[one.report]} {TIMELINESS[one.timeliness]}{_left(one)}"
        for one in both
        if one.timeliness is not Timeliness.NOT_ASKED
    )
    return (
        f"{_SIGNS[incident_state(incident, both)]} {incident.number}  {_time(incident.happened_utc_ns)}  "
        f"{incident.title}（{incident.place}）  {GRADES[incident.grade]}  {STAGES[incident.stage]}  {reports}"
    )


def _left(one: Deadline) -> str:
    match one.timeliness:
        case Timeliness.RUNNING:
            return f" 还剩 {countdown(one)} left"
        case Timeliness.LATE:
            return f" 已超 {countdown(one)} over"
    return ""


def _limits(config: Path) -> Limits:
    return limits_of(settings_or_exit(config).incident_reports)


def _database(state: Path) -> Path:
    return StateDirectory(state).database(LEDGER)


def _time(utc_ns: int) -> str:
    return beijing(utc_ns).strftime("%Y-%m-%d %H:%M:%S")
