"""The cameras as coverage takes them now: which are relied on, and in what resolution they really stream."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from camera.coverage import Watch
from camera.device_state import DeviceState
from camera.picture.query import picture_states
from camera.query import device_states, stream_source
from config.settings import Settings

_WATCHES: Final = {
    DeviceState.OK: Watch.OK,
    DeviceState.FAILING: Watch.FAILING,
    DeviceState.UNKNOWN: Watch.UNKNOWN,
}


def watches_now(settings: Settings, cameras: Path, now_utc_ns: int) -> dict[str, Watch]:
    """By point, whether its camera is known to see; unknown before the first round. Raises DatabaseError."""
    if not cameras.exists():
        return {point.id: Watch.UNKNOWN for point in settings.points}
    states = {device.id: _WATCHES[device.state] for device in device_states(cameras, now_utc_ns=now_utc_ns)}
    # A camera that answers but is covered, turned away or black sees nothing of its zones.
    blind = {
        picture.point_id
        for picture in picture_states(cameras, now_utc_ns=now_utc_ns)
        if picture.state is DeviceState.FAILING
    }
    return {
        point.id: Watch.FAILING if point.id in blind else states.get(point.device, Watch.UNKNOWN)
        for point in settings.points
    }


def stream_sizes(settings: Settings, cameras: Path) -> dict[str, tuple[int | None, int | None]]:
    """By point, width and height in pixels of its live stream, where the camera told them. Raises DatabaseError."""
    sizes: dict[str, tuple[int | None, int | None]] = {}
    if cameras.exists():
        for point in settings.points:
            streams = stream_source(cameras, point.device, point.source)
            if streams is not None:
                sizes[point.id] = streams.main.width_px, streams.main.height_px
    return sizes
