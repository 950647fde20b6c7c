"""The command line `edge-agent`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from alarms.disk import shares_spinning_disk
from edge_agent.commands import (
    alarm,
    audit,
    backup,
    camera,
    coverage,
    demo,
    drill,
    footage,
    incident,
    person,
    public_key,
    station,
    status,
)
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

app = typer.Typer(
    help="Campus gate and video-monitoring edge agent (校园门卫与视频监控边缘代理).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(alarm.app, name="alarm")
app.add_typer(audit.app, name="audit")
app.add_typer(backup.app, name="backup")
app.add_typer(camera.app, name="camera")
app.add_typer(coverage.app, name="coverage")
app.add_typer(drill.app, name="drill")
app.add_typer(footage.app, name="footage")
app.add_typer(incident.app, name="incident")
app.add_typer(person.app, name="person")
app.add_typer(station.app, name="station")
app.command("demo")(demo.demo)
app.command("public-key")(public_key.public_key)
app.command("status")(status.status)


@app.command("check-config")
def check_config(
    file: Annotated[Path, typer.Argument(help="The settings file to check.")], state: StateOption = DEFAULT_STATE
) -> None:
    """Say what is wrong with a settings file, by line; start nothing."""
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
