"""`edge-agent camera file …`: the camera files (一机一档) on a terminal; they are filled in on the office pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.causes import in_both
from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    EXIT_REFUSED,
    ConfigOption,
    JsonOption,
    StateOption,
    settings_or_exit,
)

if TYPE_CHECKING:
    from camera.camera_file import CameraFile

app = typer.Typer(help="Camera files (一机一档): list, show, export.", no_args_is_help=True)


@app.command("list")
def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    as_json: JsonOption = False,
) -> None:
    """Say of each point whether its file is complete, and what is missing."""
    files = _files(config, state)
    if as_json:
        rows = [{"point": one.point.id, "complete": one.complete, "missing": one.missing} for one in files]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in files:
        missing = "完整 complete" if one.complete else "缺 missing: " + "、".join(one.missing)
        typer.echo(f"{'●' if one.complete else '◆'} {one.point.id} {one.point.name}: {missing}")
    typer.echo(f"{sum(one.complete for one in files)}/{len(files)} 完整 complete")


@app.command()
def show(
    point: Annotated[str, typer.Argument(help="The point's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Everything that stands in one file, with every change of it."""
    from camera.camera_file import TITLES, file_changes
    from foundation.clock import beijing
    from foundation.state import StateDirectory

    file = next((one for one in _files(config, state) if one.point.id == point), None)
    if file is None:
        typer.echo(f"▲ 没有点位 no point {point!r}", err=True)
        raise typer.Exit(EXIT_REFUSED)
    typer.echo(f"{point} {file.point.name}，区域 zone {file.zone or '—'}")
    for field, title in TITLES.items():
        typer.echo(f"   {title}: {file.values.get(field, '—')}")
    if file.device is not None:
        device = file.device
        typer.echo(f"   设备: {device.model or '—'}，序列号 {device.serial or '—'}，固件 {device.firmware or '—'}")
        typer.echo(f"   MAC {device.mac or '—'}，{device.address}")
    if file.streams is not None:
        typer.echo(f"   主码流: {file.streams.main.words}")
    for change in file_changes(StateDirectory(state).database("camera_files"), point):
        at = beijing(change.at_utc_ns).strftime("%Y-%m-%d %H:%M")
        typer.echo(f"   {at} {change.changed_by} {change.field}: {change.before or '—'} → {change.after or '—'}")


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="Where to write the .xlsx.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Write all files as a spreadsheet; it can be filled in and handed in on the office page."""
    from edge_agent.pages.camera.sheet import camera_report
    from foundation.clock import SystemClock
    from web.document.spreadsheet import render_spreadsheet

    school = settings_or_exit(config).campus.name
    files = _files(config, state)
    report = camera_report(files, school=school, made_at_utc_ns=SystemClock().utc_ns())
    try:
        out.write_bytes(render_spreadsheet(report))
    except OSError as error:
        typer.echo(f"▲ 写不了 {out}：{in_both(error.strerror or str(error))}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(f"● {out}: {len(files)} 台 cameras")


def _files(config: Path, state: Path) -> tuple[CameraFile, ...]:
    from config.plan import read_plan
    from edge_agent.camera_files import camera_files
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory

    settings, directory = settings_or_exit(config, with_plan=True), StateDirectory(state)
    plan = read_plan(settings.plan.file) if settings.plan is not None else None
    try:
        return camera_files(
            settings,
            plan,
            directory.database("camera_files"),
            directory.database("cameras"),
            now_utc_ns=SystemClock().utc_ns(),
        )
    except DatabaseError as error:
        typer.echo(f"▲ 值班室还没有运行过 / the office has not run on this state directory: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
