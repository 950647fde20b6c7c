"""Volumes: the disks and network shares that hold footage."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

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
    own_disk: bool = True
    """A disk or share of its own is mounted at the path; while none is, the path is no volume. False only for a folder
    on the system's disk, which somebody then has written down."""
    when_full: Annotated[WhenFull | None, Field(strict=False)] = None
    """'stop' settles it here; left out, persons choose at the first start (storage.full_choice)."""
    reserve_bytes: Annotated[int, Field(ge=64 * 1024**2)] = 2 * 1024**3
    """Kept free for recording around alarms after a stop."""

    @field_validator("when_full")
    @classmethod
    def _overwriting_takes_two(cls, value: WhenFull | None) -> WhenFull | None:
        if value is WhenFull.OVERWRITE:
            raise ValueError(
                "写满后覆盖不能由设置文件决定：请不写 when_full，"
                "由两个人用 edge-agent footage choose 或“录像 → 硬盘”页面决定。 / "
                "overwriting is not for a file to choose; leave when_full out and let two persons choose it: "
                "edge-agent footage choose, or the page 录像 → 硬盘"
            )
        return value
