"""Points (点位): watched places with a permanent id. Footage, health and coverage belong to the point."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import SettingsModel
from foundation.ids import Slug

Degrees = Annotated[float, Field(allow_inf_nan=False)]


class Pose(SettingsModel):
    """Where a camera hangs and looks; metres on the campus plan, degrees clockwise from its y axis (north)."""

    x_m: float
    y_m: float
    height_m: Annotated[float, Field(gt=0, le=60)]
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)]
    tilt_deg: Annotated[float, Field(ge=-90, le=90)]
    """Downward from the horizon is positive."""
    roll_deg: Annotated[float, Field(ge=-180, le=180)] = 0.0
    hfov_deg: Annotated[float, Field(gt=0, lt=180)]
    width_px: Annotated[int, Field(gt=0, le=16_384)]
    height_px: Annotated[int, Field(gt=0, le=16_384)]
    night_range_m: Annotated[float, Field(gt=0)] | None = None
    """Reach of the camera's own light in the dark; None where there is lamp light all night."""


class Point(SettingsModel):
    """A watched place and the video source that watches it now."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=80)]
    device: Slug
    source: Annotated[int, Field(ge=0)] = 0
    """Which of the device's video sources; 0 is the first."""
    volume: Slug
    retention: Slug
    audio: bool = False
    pose: Pose | None = None
