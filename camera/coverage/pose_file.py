"""Measured poses beside the settings' declared ones, and the resolution that the live stream really has."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from camera.coverage.calibration import Click
from config.model import SettingsModel
from config.point import Point, Pose
from config.problem import Problem, SettingsError


class MeasuredPose(SettingsModel):
    """A pose solved from a picture, how well it fits, and what it was solved from."""

    pose: Pose
    error_px: float
    error_m: float
    clicks: tuple[Click, ...]
    measured_utc_ns: int
    used: bool
    """Coverage rests on it instead of the declared pose."""


_FILE: Final = TypeAdapter(dict[str, MeasuredPose])


def read_measured(file: Path) -> dict[str, MeasuredPose]:
    """Measured poses by point; none if the file is not there yet. Raises SettingsError if it cannot be used."""
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        problem = Problem(
            file,
            0,
            "(file)",
            "the measured poses cannot be read",
            "Calibrate again, or delete the file.",
            "实测位姿读不出来：请重新标定，或删掉这个文件。",
        )
        raise SettingsError([problem]) from error


def keep_measured(file: Path, point_id: str, measured: MeasuredPose) -> None:
    """Add or replace one point's measured pose; after a power cut the file is the old one or the new one."""
    poses = {**read_measured(file), point_id: measured}
    text = json.dumps(
        {point: one.model_dump(mode="json") for point, one in sorted(poses.items())}, ensure_ascii=False, indent=1
    )
    file.parent.mkdir(parents=True, exist_ok=True)  # a camera may be measured before the agent first runs
    fresh = file.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as target:
        target.write(text + "\n")
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)


def with_stream_size(pose: Pose, width_px: int | None, height_px: int | None) -> Pose:
    """The pose with the resolution of the live stream, where that is known: it is what is recorded."""
    if not width_px or not height_px:
        return pose
    return pose.model_copy(update={"width_px": width_px, "height_px": height_px})


def poses_now(
    points: Iterable[Point],
    measured: Mapping[str, MeasuredPose],
    stream_sizes_px: Mapping[str, tuple[int | None, int | None]],
) -> dict[str, Pose | None]:
    """Each point's pose: measured before declared, in the live stream's resolution.

    A measured pose ends when the declared place does no longer match it: somebody has moved the camera.
    """
    poses: dict[str, Pose | None] = {}
    for point in points:
        pose = measured[point.id].pose if in_use(point, measured) else point.pose
        poses[point.id] = None if pose is None else with_stream_size(pose, *stream_sizes_px.get(point.id, (None, None)))
    return poses


def still_measured(point: Point, measured: Mapping[str, MeasuredPose]) -> MeasuredPose | None:
    """The point's measured pose, if it is for the place that the settings declare."""
    found = measured.get(point.id)
    if found is None or point.pose is None:
        return None
    hung = found.pose.x_m, found.pose.y_m, found.pose.height_m
    return found if hung == (point.pose.x_m, point.pose.y_m, point.pose.height_m) else None


def in_use(point: Point, measured: Mapping[str, MeasuredPose]) -> bool:
    """True if coverage rests on the point's measured pose."""
    found = still_measured(point, measured)
    return found is not None and found.used
