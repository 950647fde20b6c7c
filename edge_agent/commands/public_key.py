"""`edge-agent public-key`: what a center pins, to know the campus by (公钥)."""

from __future__ import annotations

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption

app = typer.Typer(add_completion=False)


@app.command()
def public_key(state: StateOption = DEFAULT_STATE) -> None:
    """Print the campus's public key, which a center pins when it enrols the campus; made if there is none yet."""
    from alarms.assembly import CAMPUS_KEY
    from foundation.state import StateDirectory
    from uplink.signature import KeyFileError, load_or_create_key

    try:
        typer.echo(load_or_create_key(StateDirectory(state).create().key(CAMPUS_KEY)).public_key)
    except (KeyFileError, OSError) as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
