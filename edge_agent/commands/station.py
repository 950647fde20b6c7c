"""`edge-agent station …`: gate screens (门卫终端) that are not the box's own."""

from __future__ import annotations

from typing import Annotated

import typer

from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, EXIT_REFUSED, ConfigOption, StateOption, settings_or_exit

app = typer.Typer(help="Gate screens (门卫终端).", no_args_is_help=True)


@app.command()
def code(
    name: Annotated[str, typer.Argument(help="What the screen is called, e.g. 西门平板.")],
    gate: Annotated[str, typer.Option(help="Gate id, as in the settings.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """A code that enrols one screen, to be typed there within 15 minutes."""
    from edge_agent.pages.screen.enrolment import NAME_LIMIT, VALID_S, offer
    from foundation.clock import SystemClock
    from foundation.state import StateDirectory

    known = [item.id for item in settings_or_exit(config).gates]
    if gate not in known:
        typer.echo(f"▲ there is no gate {gate!r}; known: {', '.join(known) or 'none'}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LIMIT:
        typer.echo(f"▲ a screen's name has 1 to {NAME_LIMIT} letters, e.g. 西门平板", err=True)
        raise typer.Exit(EXIT_REFUSED)
    try:
        digits = offer(StateDirectory(state).key("enrol"), name=name, gate_id=gate, clock=SystemClock())
    except OSError as error:
        typer.echo(f"▲ the code cannot be left in {state} ({error.strerror}): run this as the agent's user", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(
        f"{digits}  （{VALID_S // 60} 分钟内在新屏幕上输入 / type it on the new screen within {VALID_S // 60} min）"
    )
