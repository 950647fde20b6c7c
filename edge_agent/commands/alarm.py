"""`edge-agent alarm …`: the one-button alarm (一键报警) from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption

if TYPE_CHECKING:
    from alarms.inputs.call import Call, Reply

app = typer.Typer(help="Press and list alarms (一键报警).", no_args_is_help=True)


@app.command()
def press(
    input_id: Annotated[str, typer.Argument(metavar="INPUT", help="Which button, as in the settings.")],
    state: StateOption = DEFAULT_STATE,
    person: Annotated[str, typer.Option(help="Who presses.")] = "",
) -> None:
    """Raise a REAL alarm; repeats one press until the gatehouse has answered."""
    from alarms.inputs import socket_client
    from foundation.clock import SystemClock
    from foundation.state import StateDirectory

    try:
        reply = socket_client.press(
            StateDirectory(state).socket("press"), input_id, clock=SystemClock(), person=person or None
        )
    except socket_client.NoAnswerError as error:
        typer.echo(f"▲ 报警没有送到门卫室进程，请直接拨打 110 / not taken, phone 110: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    if not reply.ok:
        typer.echo(f"▲ {reply.error}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    word = "已存储 stored" if reply.stored else "已发出，尚未存储 on its way, not stored yet"
    typer.echo(f"{reply.alarm_id} {word}")


@app.command("list")
def list_alarms(state: StateOption = DEFAULT_STATE, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """Alarms, newest first, and how far each has come."""
    from alarms.query import recent_alarms
    from foundation.clock import beijing
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    try:
        records = recent_alarms(StateDirectory(state).database("alarms"), limit=limit)
    except DatabaseError as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    for record in records:
        pressed = beijing(record.pressed_utc_ns).strftime("%Y-%m-%d %H:%M:%S")
        steps = " → ".join(step.kind.value for step in record.steps)
        typer.echo(f"{record.id}  {pressed}  {record.purpose}  {record.input_name}（{record.place}）  {steps}")


@app.command()
def show(
    alarm_id: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id, as `list` shows it.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """One alarm, step by step with its times."""
    from alarms.query import find_alarm
    from foundation.clock import beijing
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    try:
        record = find_alarm(StateDirectory(state).database("alarms"), alarm_id)
    except DatabaseError as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    if record is None:
        typer.echo(f"▲ 没有这个报警 there is no alarm {alarm_id}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    pressed = beijing(record.pressed_utc_ns)
    typer.echo(f"{record.input_name}（{record.place}） {record.purpose}  {pressed:%Y-%m-%d %H:%M:%S}")
    for step in record.steps:
        after_s = (step.at_utc_ns - record.pressed_utc_ns) / 1e9
        said = " ".join(text for text in (step.person, step.detail, step.path) if text)
        typer.echo(f"  {after_s:+10.3f} s  {step.kind.value:<18} {said}".rstrip())


@app.command()
def cancel(
    alarm_id: Annotated[str, typer.Argument(metavar="ALARM")],
    person: Annotated[str, typer.Option(help="Who says that it was a mistake.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """误报: tell the center that it was a mistake. The sending goes on; the desk decides."""
    from alarms.inputs.call import CancelCall

    _ask(state, CancelCall(alarm_id=alarm_id, person=person, reason=reason))
    typer.echo(f"{alarm_id} 误报已上报 told to the center")


@app.command("arm-drill")
def arm_drill(
    input_id: Annotated[str, typer.Argument(metavar="INPUT", help="Which button, as in the settings.")],
    person: Annotated[str, typer.Option(help="Who answers for the line test.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """演练: the next press of this button within two minutes is a line test; every other press is real."""
    from alarms.inputs.call import ArmDrillCall
    from foundation.clock import beijing

    reply = _ask(state, ArmDrillCall(input=input_id, person=person))
    until = beijing(reply.until_utc_ns or 0)
    typer.echo(f"{reply.drill_id} 演练至 line test until {until:%H:%M:%S}")


@app.command("test-path")
def try_paths(state: StateOption = DEFAULT_STATE) -> None:
    """How each path to the center stands now; exit code 2 if none carries."""
    from alarms.inputs.call import PathsCall

    paths = _ask(state, PathsCall()).paths
    for path in paths:
        mark = "●" if path.status == "up" else "▲"
        why = " ".join(text for text in (path.loss, path.error) if text)
        typer.echo(f"{mark} {path.id}  {path.broker}  {path.status}  MQTT {path.protocol or '-'}  {why}".rstrip())
    if not any(path.status == "up" for path in paths):
        raise typer.Exit(EXIT_REFUSED)


def _ask(state: Path, what: Call) -> Reply:
    from alarms.inputs import socket_client
    from foundation.clock import SystemClock
    from foundation.state import StateDirectory

    try:
        reply = socket_client.call(StateDirectory(state).socket("press"), what, clock=SystemClock())
    except socket_client.NoAnswerError as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    if not reply.ok:
        typer.echo(f"▲ {reply.error}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    return reply
