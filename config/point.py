"""Points (点位): watched places with a permanent id. Footage, health and coverage belong to the point."""

from __future__ import annotations

from math import atan, degrees
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from config.model import SettingsModel
from foundation.ids import Slug

Metres = Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False)]


class Pose(SettingsModel):
    """Where a camera hangs and looks; metres on the campus plan, degrees clockwise from its y axis (north)."""

    x_m: Metres
    y_m: Metres
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

    @model_validator(mode="before")
    @classmethod
    def _from_lens(cls, values: Any) -> Any:
        """Data sheets often give lens_mm and sensor_mm (its width) instead of hfov_deg."""
        if not isinstance(values, dict) or not {"lens_mm", "sensor_mm"} & values.keys():
            return values
        rest = {key: value for key, value in values.items() if key not in ("lens_mm", "sensor_mm")}
        if "hfov_deg" in rest:
            raise ValueError(
                "hfov_deg 和镜头参数都写了，请只留一种。 / both hfov_deg and a lens are given; keep one of them"
            )
        match values.get("lens_mm"), values.get("sensor_mm"):
            case (int() | float() as lens_mm, int() | float() as sensor_mm) if lens_mm > 0 and sensor_mm > 0:
                return {**rest, "hfov_deg": degrees(2 * atan(sensor_mm / (2 * lens_mm)))}
        raise ValueError(
            "镜头要写 lens_mm 和 sensor_mm，单位毫米；两个都写，或改写 hfov_deg。 / "
            "a lens needs lens_mm and sensor_mm, both in millimetres; write both, or hfov_deg"
        )


class Point(SettingsModel):
    """A watched place and the video source that watches it now."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=80)]
    device: Slug
    source: Annotated[int, Field(ge=0)] = 0
    """Which of the device's video sources; 0 is the first."""
    volume: Slug
    copy_volume: Slug | None = None
    """Where every second is written a second time (双份存储), for the places that must outlive a dead disk."""
    retention: Slug
    audio: bool = False
    pose: Pose | None = None

    @model_validator(mode="after")
    def _two_volumes(self) -> Self:
        if self.copy_volume == self.volume:
            raise ValueError(
                f"copy_volume 和 volume 都是 {self.volume}，备份要放在另一块盘上。 / "
                f"copy_volume is {self.volume}, as is volume; a copy belongs on another disk"
            )
        return self
