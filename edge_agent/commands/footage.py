"""`edge-agent footage …`: what is kept (录像), whether it will go on fitting, and whether it is as it was written."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from config.settings import Settings
from edge_agent.commands.footage_volumes import adopt, choose
from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    EXIT_REFUSED,
    ConfigOption,
    StateOption,
    settings_or_exit,
)
from foundation.clock import SystemClock
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from storage.hands import LIMIT_S
from storage.mounted import Absent, Present, present

app = typer.Typer(help="Footage (录像): forecast, check, verify, disks.", no_args_is_help=True)
app.command()(adopt)
app.command()(choose)

EXIT_FOUND = 1
_NS_PER_MS = 1_000_000
_GB = 1_000_000_000
_DISK_LIMIT_S = LIMIT_S


@app.command()
def forecast(config: ConfigOption = DEFAULT_CONFIG, state: StateOption = DEFAULT_STATE) -> None:
    """Say for each volume how many days fit, when it will fall short, and what mends it."""
    from storage.forecasts import forecast_all
    from storage.full_choice import choices

    settings, catalogue = settings_or_exit(config), _catalogue(state)
    try:
        found = forecast_all(catalogue, settings, SystemClock().utc_ns() // _NS_PER_MS, limit_s=_DISK_LIMIT_S)
        absent = _present(catalogue, settings).absent
        undecided = [volume for volume, choice in choices(catalogue, settings.volumes).items() if choice is None]
    except DatabaseError as error:
        raise _refused(error) from error
    _tell_absent(absent, "无法预测 no forecast")
    if not found and not absent:
        typer.echo("○ 还没有录像，无法预测 / nothing recorded yet, nothing to forecast from")
    for volume in found:
        if volume.days_fit is None:
            typer.echo(f"○ {volume.volume}: 还没有数据 / no data yet")
            continue
        short = volume.shortfall_in_days
        sign, word = ("●", "够用 fits") if short is None else ("▲", f"{short:.0f} 天后不够 falls short")
        typer.echo(
            f"{sign} {volume.volume}: {word}; 可存 {volume.days_fit:.0f} 天 days fit "
            f"({volume.days_fit_low or 0:.0f}–{volume.days_fit_high or 0:.0f})"
        )
        if short is not None:
            mend = "" if volume.fitting_bits_per_s is None else f"; 或每路 {volume.fitting_bits_per_s / 1e6:.2f} Mb/s"
            typer.echo(f"   需要增加 add {volume.missing_bytes / _GB:.0f} GB{mend}")
    for volume_id in undecided:
        typer.echo(
            f"▲ {volume_id}: 还没有人决定写满以后怎么办 nobody has decided what happens when it is full: "
            f"edge-agent footage choose {volume_id} stop|overwrite"
        )


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, state: StateOption = DEFAULT_STATE) -> None:
    """Prove on the live system that rows, files, seals and the audit chain agree."""
    from storage.check import check as check_footage

    settings, catalogue = settings_or_exit(config), _catalogue(state)
    try:
        disks = _present(catalogue, settings)
        report = check_footage(catalogue, disks.here)
    except (DatabaseError, OSError) as error:
        raise _refused(error) from error
    absent = (*disks.absent, *report.unread)
    _tell_absent(absent, "没有检查 not checked")
    for found in report.found:
        typer.echo(f"▲ {found.trouble}: {found.where} {found.detail}")
    typer.echo(
        f"{'●' if report.holds and not absent else '▲'} {report.segments} segments, {report.seals} seals on "
        f"{', '.join(report.volumes) or 'no volume'}: {len(report.found)} 处不符 found"
    )
    raise typer.Exit(0 if report.holds and not absent else EXIT_FOUND)


@app.command()
def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    rate_mb_per_s: Annotated[
        int, typer.Option(min=1, help="How fast to read, so that recording is not disturbed.")
    ] = 50,
) -> None:
    """Read every sealed day back against the ledger; may be interrupted and goes on where it stopped."""
    from storage.verify import VerifyReport, verify_all

    def progress(done: int, total: int, report: VerifyReport) -> None:
        typer.echo(f"… {done}/{total} days, {report.bytes / _GB:.1f} GB, {len(report.found)} found", err=True)

    settings, catalogue = settings_or_exit(config), _catalogue(state)
    try:
        disks = _present(catalogue, settings)
        report = verify_all(
            catalogue,
            disks.here,
            clock=SystemClock(),
            progress_file=state / "verify-progress.json",
            rate_bytes_per_s=rate_mb_per_s * 1_000_000,
            stopping=threading.Event(),
            progress=progress,
        )
    except (DatabaseError, OSError) as error:
        raise _refused(error) from error
    absent = (*disks.absent, *report.unread.values())
    _tell_absent(absent, "没有复核 not read back")
    for found in report.found:
        typer.echo(f"▲ {found.trouble}: {found.where} {found.detail}")
    typer.echo(
        f"{'●' if report.holds and not absent else '▲'} {report.days} days, {report.segments} segments read back"
    )
    _tell_ages(catalogue)
    raise typer.Exit(0 if report.holds and not absent else EXIT_FOUND)


def _tell_ages(catalogue: Path) -> None:
    from storage.ledger import verdicts

    now_ms = SystemClock().utc_ns() // _NS_PER_MS
    for verdict in verdicts(catalogue, now_ms):
        if verdict.verified_ms is None:
            typer.echo(f"○ {verdict.point}: 夜间复核还没有读完一遍 not all of it was read back at night yet")
        else:
            days = (now_ms - verdict.verified_ms) / 86_400_000
            typer.echo(f"● {verdict.point}: 夜间复核最旧的一天是 {days:.1f} 天前读的 oldest nightly reading")


def _catalogue(state: Path) -> Path:
    return StateDirectory(state).database("catalogue")


def _present(catalogue: Path, settings: Settings) -> Present:
    with open_read_only(catalogue) as reader:
        return present(reader, settings.volumes, limit_s=_DISK_LIMIT_S)


def _tell_absent(absent: Iterable[Absent], without: str) -> None:
    for volume in absent:
        typer.echo(f"▲ {volume.id}: {without}: {volume.reason}")


def _refused(error: Exception) -> typer.Exit:
    typer.echo(f"▲ {error}", err=True)
    return typer.Exit(EXIT_REFUSED)
