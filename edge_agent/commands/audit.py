"""`edge-agent audit …`: is what was written still what was written (审计)?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption

app = typer.Typer(help="The audit chains (审计链).", no_args_is_help=True)

EXIT_BROKEN = 1


@app.callback()
def _group() -> None:
    """The audit chains (审计链)."""


@app.command()
def verify(
    state: StateOption = DEFAULT_STATE,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="EDGE_AGENT_CONFIG",
            help="Settings with the center's keys; without them receipts are not checked.",
        ),
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option(help="Heads as the center keeps them, JSON: chain, seq, hash. Held against the chains too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Recompute every chain and hold it against what the center countersigned; 0 if all hold, 1 if not."""
    from edge_agent.audit_heads import HeadsError, countersigned_heads, read_heads, verify_chains
    from edge_agent.options import settings_or_exit
    from foundation.audit import AuditHead
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory
    from uplink.signature import PinnedKeys

    directory = StateDirectory(state)
    if not state.is_dir():
        typer.echo(f"▲ {state} is not there: name the state directory with --state", err=True)
        raise typer.Exit(EXIT_REFUSED)
    center = settings_or_exit(config).center if config else None
    trouble = ""
    known: dict[str, tuple[AuditHead, ...]] = {}
    try:
        known = read_heads(heads) if heads else {}
        keys = PinnedKeys.of(center.public_keys) if center else None
        for name, listed in countersigned_heads(directory.database("alarms"), keys).items():
            known[name] = (*known.get(name, ()), *listed)
    except (HeadsError, DatabaseError) as error:
        trouble = str(error)
    verdicts = verify_chains(directory, known)
    holds = bool(verdicts) and not trouble and all(verdict.holds for verdict in verdicts)
    if as_json:
        told = {
            "holds": holds,
            "trouble": trouble,
            "receipts_checked": center is not None,
            "chains": [
                {
                    "chain": verdict.chain,
                    "holds": verdict.holds,
                    "entries": verdict.entries,
                    "erased": verdict.erased,
                    "seq": verdict.head.seq if verdict.head else None,
                    "hash": verdict.head.hash.hex() if verdict.head else None,
                    "countersigned": verdict.countersigned,
                    "trouble": list(verdict.trouble),
                }
                for verdict in verdicts
            ],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        raise typer.Exit(0 if holds else EXIT_BROKEN)
    for verdict in verdicts:
        sign, word = ("●", "完好 holds") if verdict.holds else ("▲", "不完好 BROKEN")
        typer.echo(
            f"{sign} {verdict.chain}: {word}, {verdict.entries} 条 entries, {verdict.erased} 条已删除 erased, "
            f"{verdict.countersigned} 次平台会签 countersigned"
        )
        for each in verdict.trouble:
            typer.echo(f"   {each}")
    if trouble:
        typer.echo(f"▲ {trouble}")
    if not verdicts:
        typer.echo("○ 没有找到审计链 / no audit chain here")
    raise typer.Exit(0 if holds else EXIT_BROKEN)
