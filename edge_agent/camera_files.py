"""All camera files (一机一档) of a campus, put together for pages and commands from what each role wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from camera.camera_file import CameraFile, camera_file
from camera.query import DeviceStatus, device_states, stream_source
from config.point import Point
from config.settings import Settings
from foundation.sqlite import DatabaseError

if TYPE_CHECKING:
    from config.plan import Plan


def camera_files(
    settings: Settings, plan: Plan | None, files: Path, cameras: Path, *, now_utc_ns: int
) -> tuple[CameraFile, ...]:
    """The file of every point, by name. Raises DatabaseError if `files` cannot be read; `cameras` may be missing."""
    devices = _devices(cameras, now_utc_ns)
    found = []
    for point in sorted(settings.points, key=lambda one: one.name):
        try:
            streams = stream_source(cameras, point.device, point.source)
        except DatabaseError:
            streams = None
        zone = zone_of(plan, point)
        found.append(camera_file(files, point, zone=zone, device=devices.get(point.device), streams=streams))
    return tuple(found)


def _devices(cameras: Path, now_utc_ns: int) -> Mapping[str, DeviceStatus]:
    try:
        return {one.id: one for one in device_states(cameras, now_utc_ns=now_utc_ns)}
    except DatabaseError:  # the inspector has not run yet
        return {}


def zone_of(plan: Plan | None, point: Point) -> str:
    """The zone on the plan in which the camera hangs, or the nearest within 5 m; empty if there is none."""
    if plan is None or point.pose is None:
        return ""
    from shapely import Point as Spot  # late: the office serves its first page without geometry
    from shapely import Polygon

    spot = Spot(point.pose.x_m, point.pose.y_m)
    near = sorted((Polygon(zone.area.outer, zone.area.holes).distance(spot), zone.name) for zone in plan.zones)
    return near[0][1] if near and near[0][0] <= 5.0 else ""
