"""`edge-agent backup …`: copies of what the box must not lose (备份), without what must be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption

app = typer.Typer(help="Backups of the state directory (备份).", no_args_is_help=True)

_KEYS_HELP = "Where the copy of the record keys lies; without it keys/ beside the backups."


@app.command()
def make(
    target: Annotated[Path, typer.Argument(help="A folder on another disk.")],
    state: StateOption = DEFAULT_STATE,
    keys: Annotated[Path | None, typer.Option(help=_KEYS_HELP)] = None,
) -> None:
    """Copy everything while the agent works; footage stays on its volumes."""
    from edge_agent.backup import BackupError, make_backup
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    try:
        made = make_backup(StateDirectory(state), target, SystemClock(), keys)
    except (BackupError, DatabaseError, OSError) as error:
        typer.echo(f"▲ 没有备份 / no backup was made: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(f"● {made.folder}: {made.files} 个文件 files, {made.size_bytes / 1e6:.1f} MB")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="One backup: a folder campus-edge-…")],
    state: StateOption = DEFAULT_STATE,
    keys: Annotated[Path | None, typer.Option(help=_KEYS_HELP)] = None,
) -> None:
    """Put a backup in the place of what is there; whoever was erased since stays erased. The agent must not run."""
    from edge_agent.backup import BackupError, restore_backup
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    try:
        aside = restore_backup(StateDirectory(state), folder, SystemClock(), keys)
    except (BackupError, DatabaseError, OSError) as error:
        typer.echo(f"▲ 没有恢复 / not restored: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(f"● {folder} 已恢复 restored")
    if aside is not None:
        typer.echo(f"   原有文件 the files before: {aside}")
