"""Volumes: the disks and network shares that hold footage."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.model import SettingsModel
from foundation.ids import Slug


class WhenFull(StrEnum):
    """What happens when a volume is full and nothing on it is old enough to go: a person chooses, we never do."""

    STOP = "stop"
    OVERWRITE = "overwrite"


class Volume(SettingsModel):
    """A place for footage with an identity file of its own, so that a swapped or unmounted disk is noticed."""

    id: Slug
    path: Path
    when_full: Annotated[WhenFull, Field(strict=False)]
    reserve_bytes: Annotated[int, Field(ge=64 * 1024**2)] = 2 * 1024**3
    """Kept free for recording around alarms after a stop."""
