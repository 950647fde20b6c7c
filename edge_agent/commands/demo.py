"""`edge-agent demo`: a campus at work on this machine."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from edge_agent.options import EXIT_REFUSED

_DURATION: Final = re.compile(r"^(\d{1,6})(s|m|h)?$")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600}
EXIT_NOT_ALL_SEEN: Final = 1

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    for_: Annotated[str, typer.Option("--for", help="End by itself after so long, e.g. 60s; else with Ctrl-C.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON in the last line.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep everything here; else a folder that is removed at the end.")
    ] = None,
    gate_port: Annotated[int, typer.Option(help="Port of the gate page.")] = 8080,
    office_port: Annotated[int, typer.Option(help="Port of the office pages.")] = 8081,
    center_port: Annotated[int, typer.Option(help="Port of the center's pages.")] = 8090,
) -> None:
    """Run simulator, broker, agent and center, show what they do, and end them all."""
    from edge_agent.demo.report import all_seen, json_line, show_table
    from edge_agent.demo.show import make_layout, show
    from edge_agent.demo.trouble import DemoError
    from foundation.log import configure_log
    from foundation.service import Ending

    configure_log("demo", style="plain", level=logging.WARNING)
    console = Console(stderr=True, highlight=False)
    ending = Ending().at_signals()
    duration_s = _seconds(for_)
    try:
        layout = make_layout(directory, gate_port=gate_port, office_port=office_port, center_port=center_port)
    except DemoError as error:
        console.print(f"▲ 演示没有开始 / the demonstration did not start: {error}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from error
    outcome = show(layout, duration_s=duration_s, ending=ending, console=console)
    show_table(console, outcome.stages)
    if outcome.trouble:
        console.print(f"▲ {outcome.trouble}", markup=False)
    if directory is None:
        shutil.rmtree(layout.root, ignore_errors=True)
    if as_json:
        typer.echo(json_line(outcome.stages))
    raise typer.Exit(0 if all_seen(outcome.stages) and not outcome.trouble else EXIT_NOT_ALL_SEEN)


def _seconds(text: str) -> float | None:
    if not text:
        return None
    found = _DURATION.match(text)
    if found is None:
        raise typer.BadParameter("write a duration such as 60s, 5m or 1h", param_hint="--for")
    return int(found[1]) * _UNIT_S[found[2] or "s"]
