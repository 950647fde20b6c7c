"""The command line `edge-agent`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    EXIT_REFUSED,
    ConfigOption,
    StateOption,
    missing_passwords,
    settings_or_exit,
)
from edge_agent.role import Role

_GROUPS: Final = (
    *("alarm", "audit", "backup", "camera", "coverage"),
    *("drill", "footage", "incident", "person", "station"),
)
_SINGLE: Final = ("demo", "public-key", "status")


class _Commands(TyperGroup):
    """Loads a command when it is asked for: a role's start and a press wait for no other command's libraries."""

    # typer keeps the types of its own click to itself, so they are Any here.
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted([*super().list_commands(ctx), *_GROUPS, *_SINGLE])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in (*_GROUPS, *_SINGLE):
            return super().get_command(ctx, cmd_name)
        further: typer.Typer = import_module(f"edge_agent.commands.{cmd_name.replace('-', '_')}").app
        command: Any = typer.main.get_group(further) if cmd_name in _GROUPS else typer.main.get_command(further)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    help="Campus gate and video-monitoring edge agent (校园门卫与视频监控边缘代理).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("check-config")
def check_config(
    file: Annotated[Path, typer.Argument(help="The settings file to check.")], state: StateOption = DEFAULT_STATE
) -> None:
    """Say what is wrong with a settings file, by line; start nothing."""
    from alarms.disk import shares_spinning_disk

    settings = settings_or_exit(file, with_plan=True)
    typer.echo(
        f"{file}: 通过 / accepted: {settings.campus.name}, {len(settings.devices)} devices, "
        f"{len(settings.points)} points, {len(settings.volumes)} volumes, {len(settings.alarm_inputs)} alarm inputs"
    )
    for sentence in missing_passwords(settings):
        typer.echo(f"◆ 注意 / not here, but needed to run: {sentence}", err=True)
    for volume in shares_spinning_disk(state, [volume.path for volume in settings.volumes]):
        typer.echo(
            f"◆ 注意 / {state} 与录像盘 {volume} 在同一块机械硬盘上，报警存盘要等磁头："
            "请用 --state 把状态目录放到固态盘 / alarms wait for the heads: keep the state on a solid-state disk",
            err=True,
        )


@app.command()
def serve(
    role: Annotated[Role, typer.Argument(help="Which of the four roles.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    log: Annotated[str, typer.Option(help="json or plain.")] = "json",
) -> None:
    """Run one role in the foreground (what systemd starts)."""
    # Replaced, not called: a role shall not carry the command line's memory for a year.
    arguments = ["-m", "edge_agent.serve", role.value, "--config", str(config), "--state", str(state), "--log", log]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own interpreter, no shell wanted


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    log: Annotated[str, typer.Option(help="json or plain.")] = "json",
) -> None:
    """Run all four roles and start again whichever ends."""
    from edge_agent.supervisor import Supervisor
    from foundation.clock import SystemClock
    from foundation.log import configure_log

    missing = missing_passwords(settings_or_exit(config, with_plan=True))
    if missing:
        for sentence in missing:
            typer.echo(f"edge-agent: {sentence}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    configure_log("supervisor", style="plain" if log == "plain" else "json")
    raise typer.Exit(Supervisor(config, state, SystemClock(), log_style=log).run())


if __name__ == "__main__":
    app()
