"""`edge-agent coverage …`: what the cameras see of the campus (覆盖), drawn, improved and measured."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from config.retention import FLOOR_DAYS
from edge_agent.commands.calibration import calibrate, write_click_page
from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, ConfigOption, JsonOption, StateOption
from edge_agent.planned_campus import read_campus, refuse

if TYPE_CHECKING:
    from camera.coverage import CoverageReport
    from camera.coverage.suggestion import CameraModel, Suggestion

EXIT_BLIND: Final = 1
"""Computed, and not everything that must be seen is."""
GB: Final = 1e9

app = typer.Typer(help="What the cameras see of the campus (覆盖、盲区).", no_args_is_help=True)

WorkingOption = Annotated[
    bool, typer.Option("--assume-working", help="Take every camera as working, for planning; else as last seen.")
]


@app.command()
def check(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    assume_working: WorkingOption = False,
    as_json: JsonOption = False,
) -> None:
    """Every zone's share seen, and every blind spot by name; exit code 1 if anything is not seen."""
    from camera.coverage.plain import plain_report

    campus = read_campus(config, state, assume_working=assume_working)
    report = campus.live().report()
    if as_json:
        typer.echo(json.dumps(plain_report(report), ensure_ascii=False))
    else:
        _show(report, campus.names, config)
    complete = not (report.blind_spots or report.uncertain or report.missing_kinds or report.private_views)
    raise typer.Exit(0 if complete and not report.unplaced else EXIT_BLIND)


@app.command("map")
def draw(
    out: Annotated[Path, typer.Argument(help="Where to write it: .svg, .png, or .pdf for the page to sign.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    assume_working: WorkingOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw the plan with views and blind spots."""
    from camera.coverage.map_drawing import BackdropRefusedError, draw_map
    from camera.coverage.sheet import draw_sheet
    from camera.coverage.typeset import TypesetFailedError, svg_to_png
    from foundation.clock import SystemClock, beijing

    if out.suffix not in (".svg", ".png", ".pdf"):
        raise typer.BadParameter("write a file name that ends in .svg, .png or .pdf", param_hint="OUT")
    campus = read_campus(config, state, assume_working=assume_working)
    live = campus.live()
    report = live.report()
    now = beijing(SystemClock().utc_ns())
    title, names = campus.settings.campus.name, campus.names
    try:
        svg = draw_map(
            campus.plan,
            live,
            report,
            title=title,
            told_at=f"{now:%Y-%m-%d %H:%M}",
            names=names,
            lists=out.suffix != ".pdf",
        )
        match out.suffix:
            case ".svg":
                content = svg.encode()
            case ".png":
                content = svg_to_png(svg)
            case _:
                content = draw_sheet(campus.plan, report, svg, title=title, told_at=now, names=names)
        out.write_bytes(content)
    except (BackdropRefusedError, TypesetFailedError) as error:
        refuse(f"图没有画成 / the map was not drawn: {error}")
    except OSError as error:
        refuse(f"写不了 {out} / it cannot be written: {error.strerror}")
    if as_json:
        typer.echo(json.dumps({"file": str(out), "bytes": len(content), "blind_spots": len(report.blind_spots)}))
    else:
        typer.echo(f"{out}: {len(content)} bytes, 盲区 {len(report.blind_spots)} 处")


@app.command()
def suggest(
    count: Annotated[int, typer.Option(min=1, max=20, help="How many cameras to add at most.")] = 3,
    model: Annotated[
        list[str] | None,
        typer.Option(help="A model: 4MP-80, 4MP-100, 4MP-50, 8MP-90, or NAME:WIDTHxHEIGHT:HFOV:NIGHT_M:MBIT_S."),
    ] = None,
    keep_days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="For the storage they add; else the longest of the settings' policies."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    as_json: JsonOption = False,
) -> None:
    """Where to add cameras among the plan's allowed places, which way, and what each closes."""
    from camera.coverage.suggestion import BUILT_IN_MODELS, TooManyCandidatesError, suggest

    models = [_model(text) for text in model] if model else list(BUILT_IN_MODELS)
    campus = read_campus(config, state, assume_working=True)
    days = keep_days or max((policy.keep_days for policy in campus.settings.retention), default=FLOOR_DAYS)
    if not campus.plan.mounts:
        refuse(f"{campus.plan.file}: 图上没有可安装位置 / no feature of type mount: draw where a camera may hang")
    try:
        found = suggest(campus.plan, [pose for pose in campus.poses.values() if pose], models, count, days)
    except TooManyCandidatesError as error:
        refuse(str(error))
    if as_json:
        told = {"keep_days": days, "suggestions": [_plain_suggestion(one) for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for number, one in enumerate(found, start=1):
        helped = "，".join(f"{name} {area_m2:.1f} m²" for name, area_m2 in one.zones[:4])
        typer.echo(
            f"{number}. {one.mount_name}（{one.mount_id}） {one.model.name} 方位 {one.pose.azimuth_deg:.0f}° 俯角 "
            f"{one.pose.tilt_deg:.0f}°：白天补 {one.closes_day_m2:.1f} m²，夜间补 {one.closes_night_m2:.1f} m²；"
            f"{helped or '仅夜间'}；{days} 天录像增加 {one.storage_bytes / GB:.0f} GB"
        )
    if found:
        total_bytes = sum(one.storage_bytes for one in found)
        typer.echo(f"合计 {len(found)} 台，{days} 天录像增加 {total_bytes / GB:.0f} GB")
    else:
        typer.echo("可安装位置上没有摄像机能再看到更多 / no allowed place would show more")


def _show(report: CoverageReport, names: dict[str, str], config: Path) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    console = Console(highlight=False, soft_wrap=True)
    heads = ("区域", "类别", "要求 px/m", "白天", "两台", "夜间", "不确定", "看到它的点位")
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for zone in report.zones:
        table.add_row(
            zone.name,
            zone.kind_name,
            f"{zone.density_px_per_m:g}",
            f"{zone.day.seen:.1%}",
            f"{zone.day.by_two_or_more:.1%}",
            f"{zone.night.seen:.1%}",
            f"{zone.day.uncertain:.1%}" if zone.day.uncertain else "",
            " ".join(names.get(point, point) for point in zone.points),
        )
    console.print(table)
    for title, spots in (("盲区", report.blind_spots), ("不确定", report.uncertain)):
        for spot in spots:
            night = "（夜间）" if spot.night_only else ""
            about = f"（{' '.join(names.get(point, point) for point in spot.points)}）" if spot.points else ""
            console.print(f"{title} {spot.name}{night}：{spot.reason_text}{about}", markup=False)
    for missing in report.missing_kinds:
        console.print(f"缺 {missing.kind_name}：{missing.words}", markup=False)
    for seen in report.private_views:
        point = names.get(seen.point_id, seen.point_id)
        console.print(f"▲ {point} 能看到{seen.name}（{seen.area_m2:.1f} m²），不得看到", markup=False)
    for unplaced in report.unplaced:
        point = f"{names.get(unplaced.point_id, unplaced.point_id)}（points {unplaced.point_id}）"
        console.print(f"◆ {config} {point} 未计入：{unplaced.message}", markup=False)
    for zone in report.zones:
        for loss in zone.losses[:3]:
            point = names.get(loss.point_id, loss.point_id)
            console.print(f"若 {point} 失效，{zone.name} 将增加 {loss.area_m2:.1f} m² 盲区", markup=False)
    console.print(f"按面积：白天看到 {report.seen_share:.1%}，夜间看到 {report.seen_share_at_night:.1%}", markup=False)
    measured = sum(source.value == "measured" for source in report.pose_sources.values())
    console.print(f"位姿：实测 {measured} 台，申报 {len(report.pose_sources) - measured} 台", markup=False)


def _model(text: str) -> CameraModel:
    from camera.coverage.suggestion import BUILT_IN_MODELS, CameraModel

    for known in BUILT_IN_MODELS:
        if known.name == text:
            return known
    wrong = typer.BadParameter(
        f"{text!r} is none of {', '.join(one.name for one in BUILT_IN_MODELS)}, "
        "nor NAME:WIDTHxHEIGHT:HFOV:NIGHT_M:MBIT_S",
        param_hint="--model",
    )
    try:
        name, size, hfov, night, rate = text.split(":")
        width, height = size.lower().split("x")
        model = CameraModel(
            name=name,
            width_px=int(width),
            height_px=int(height),
            hfov_deg=float(hfov),
            night_range_m=float(night) if night else None,
            bits_per_s=float(rate) * 1e6,
        )
    except ValueError as error:
        raise wrong from error
    if not (0 < model.hfov_deg < 180 and 0 < model.width_px <= 16_384 and 0 < model.height_px <= 16_384):
        raise wrong
    return model


def _plain_suggestion(one: Suggestion) -> dict[str, Any]:
    return {**asdict(one), "pose": one.pose.model_dump()}


app.command("clicks")(write_click_page)
app.command()(calibrate)
