"""Sirens and lamps (警号、警灯): what sounds in the school once an alarm is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.alarm_input import Host, Register
from config.model import SettingsModel
from foundation.ids import Slug


class Siren(SettingsModel):
    """A coil on a Modbus/TCP module. A silent input never touches it."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=40)]
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 502
    unit: Annotated[int, Field(ge=0, le=247)] = 1
    coil: Register
    sounds_for_s: Annotated[int, Field(ge=1, le=3_600)] = 180
