"""`edge-agent alarm …`: the one-button alarm (一键报警) from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption

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
