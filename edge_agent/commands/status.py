"""`edge-agent status`: what the status page says, on a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, ConfigOption, StateOption, settings_or_exit

_SIGNS = {"ok": "●", "attention": "◆", "failing": "▲", "unknown": "○", "drill": "【演练】"}

app = typer.Typer(add_completion=False)


@app.command()
def status(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole of it as JSON.")] = False,
) -> None:
    """Show how roles, devices, points and paths stand."""
    from edge_agent.status import StatusGatherer
    from foundation.clock import SystemClock
    from foundation.state import StateDirectory, StateDirectoryError

    settings = settings_or_exit(config)
    try:
        directory = StateDirectory(state).create()
    except StateDirectoryError as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(2) from error
    found = StatusGatherer(settings, directory, SystemClock()).status()
    if as_json:
        typer.echo(found.model_dump_json())
        return
    rows = [(role.state, f"角色 role {role.name}") for role in found.roles]
    rows += [(device.state, f"设备 device {device.name}: {device.detail}") for device in found.devices]
    rows += [(point.recording, f"录像 recording {point.name}") for point in found.points]
    rows += [(path.state, f"线路 path {path.id}: {path.detail}") for path in found.paths]
    rows += [(finding.state, f"隐患 finding {finding.kind} {finding.subject_name}") for finding in found.findings]
    for sign, text in rows:
        typer.echo(f"{_SIGNS[sign.value]} {text}")
