"""Sirens, lamps and broadcast (警号、警灯、广播): what sounds in the school once an alarm is stored."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.alarm_input import Host, Register
from config.model import SettingsModel
from foundation.ids import Slug


class CameraRelay(SettingsModel):
    """The relay output (报警输出) of an ONVIF device; the inspector switches it."""

    device: Slug
    token: Annotated[str, Field(min_length=1, max_length=64)]


class Siren(SettingsModel):
    """A coil on a Modbus/TCP module (host, coil) or a device's relay (relay). A silent input never touches it."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=40)]
    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 502
    unit: Annotated[int, Field(ge=0, le=247)] = 1
    coil: Register | None = None
    relay: CameraRelay | None = None
    sounds_for_s: Annotated[int, Field(ge=1, le=3_600)] = 180
    after_s: Annotated[int, Field(ge=0, le=600)] = 0
    """广播等第二道声响: begins only when nobody in the school has acknowledged for so long, e.g. 60."""
    pulses: bool = False
    """先断续、后长鸣: two seconds on and two off; without a pause when nobody has acknowledged for 60 s."""

    @model_validator(mode="after")
    def _has_one_outlet(self) -> Self:
        coil = self.host is not None and self.coil is not None
        if (self.host is None) != (self.coil is None) or coil == (self.relay is not None):
            raise ValueError(
                "警号接在 Modbus 线圈（host 和 coil）或摄像机继电器（relay）上：请写全其中一种。 / "
                "a siren hangs on host and coil (Modbus) or on relay (camera); give one of the two, whole"
            )
        return self
