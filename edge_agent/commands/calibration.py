"""`edge-agent coverage clicks` and `calibrate`: where a camera really looks, from places clicked in its picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, ConfigOption, JsonOption, StateOption
from edge_agent.planned_campus import read_campus, refuse

if TYPE_CHECKING:
    from camera.coverage.calibration import Calibration, Click, Disagreement


def write_click_page(
    point_id: Annotated[str, typer.Argument(metavar="POINT", help="Which point, as in the settings.")],
    picture: Annotated[Path, typer.Argument(help="A picture of the camera, PNG or JPEG.")],
    out: Annotated[Path, typer.Argument(help="Where to write the page, .html.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Write a page to click places in the picture and on the plan; open it in any browser, it saves clicks.json."""
    from camera.coverage.click_page import PictureRefusedError, click_page

    campus = read_campus(config, state, assume_working=True)
    point, near = campus.placed(point_id)
    try:
        page = click_page(campus.plan, picture, point_id=point.id, name=point.name, pose=near)
        out.write_text(page, encoding="utf-8")
    except PictureRefusedError as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"写不了 {out} / it cannot be written: {error.strerror}")
    typer.echo(f"{out}: 用浏览器打开，取点后保存 clicks.json / open it in a browser and save clicks.json")


def calibrate(
    point_id: Annotated[str, typer.Argument(metavar="POINT", help="Which point, as in the settings.")],
    clicks: Annotated[Path, typer.Argument(help="JSON: [[u_px, v_px, x_m, y_m], …], at least four; z_m may follow.")],
    keep: Annotated[
        bool | None,
        typer.Option("--keep/--no-keep", help="Let coverage rest on the measured pose from now on, or no longer."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    as_json: JsonOption = False,
) -> None:
    """Solve a camera's direction and field of view from places clicked in its picture.

    The measurement is stored: while the declared pose disagrees with it, a fault is open.
    """
    from camera.coverage.calibration import CalibrationRefusedError, calibrate, compare
    from camera.coverage.pose_file import MeasuredPose, in_use, keep_measured
    from foundation.clock import SystemClock

    campus = read_campus(config, state, assume_working=True)
    point, near = campus.placed(point_id)
    places = _clicks(clicks)
    try:
        solved = calibrate(places, near)
    except CalibrationRefusedError as error:
        refuse(f"标定不成 / not calibrated: {error}")
    disagreement = compare(point.pose or near, solved.pose, places)
    used = in_use(point, campus.measured) if keep is None else keep
    measured = MeasuredPose(
        pose=solved.pose,
        error_px=solved.error_px,
        error_m=solved.error_m,
        clicks=tuple(places),
        measured_utc_ns=SystemClock().utc_ns(),
        used=used,
    )
    try:
        keep_measured(state / "poses.json", point_id, measured)
    except OSError as error:
        refuse(f"写不了 {state / 'poses.json'} / it cannot be written: {error.strerror}")
    if as_json:
        typer.echo(json.dumps({**_plain_calibration(solved, disagreement), "used": used}, ensure_ascii=False))
        return
    _show_calibration(point_id, solved, disagreement)
    typer.echo("覆盖按实测位姿计算" if used else "覆盖仍按申报位姿计算；要按实测计算请加 --keep")


def _show_calibration(point_id: str, solved: Calibration, disagreement: Disagreement) -> None:
    pose = solved.pose
    typer.echo(
        f"{point_id}: azimuth_deg: {pose.azimuth_deg:.1f}, tilt_deg: {pose.tilt_deg:.1f}, roll_deg: "
        f"{pose.roll_deg:.1f}, hfov_deg: {pose.hfov_deg:.1f}"
    )
    typer.echo(
        f"误差 / error: {solved.error_px:.1f} px（最大 {solved.worst_px:.1f}），{solved.error_m:.2f} m"
        f"（最大 {solved.worst_m:.2f}），{solved.clicks} 点"
    )
    if disagreement.significant:
        typer.echo(f"◆ 与申报不符 / disagrees with the declared pose: {disagreement.words}")


def _clicks(file: Path) -> list[Click]:
    from camera.coverage.calibration import Click

    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return [
            Click(u_px=row[0], v_px=row[1], x_m=row[2], y_m=row[3], z_m=row[4] if len(row) > 4 else 0.0)
            for row in ([float(number) for number in row] for row in rows)
        ]
    except OSError as error:
        refuse(f"{file}: 读不了 / it cannot be read: {error.strerror}")
    except (ValueError, TypeError, IndexError) as error:
        refuse(f"{file}: 应为 [[u_px, v_px, x_m, y_m], …] / write such a list ({error})")


def _plain_calibration(solved: Calibration, disagreement: Disagreement) -> dict[str, Any]:
    return {
        **asdict(solved),
        "pose": solved.pose.model_dump(),
        "declared_differs": {**asdict(disagreement), "significant": disagreement.significant},
    }
