"""What stands on a campus plan (平面图): walls, buildings, fences, zones, floors, places where a camera may hang."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from config.density import PixelsPerMetre
from config.model import SettingsModel
from config.ring import Line, Position, Ring
from foundation.ids import Slug

GROUND: Final = "ground"
"""The floor that every plan has: open air and what stands at ground level."""

Name = Annotated[str, Field(min_length=1, max_length=80)]
Height = Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]


class Area(SettingsModel):
    """A polygon in metres: one outer ring and any holes."""

    outer: Ring
    holes: tuple[Ring, ...] = ()


class Outline(SettingsModel):
    """How far the campus reaches, with the apron before its gates that it answers for."""

    type: Literal["campus"]
    id: Slug = "campus"
    name: Name = "校园"
    area: Area


class Wall(SettingsModel):
    """Something upright that hides what is behind it, from the floor up to its height; a door is a gap in it."""

    type: Literal["wall"]
    id: Slug
    name: Name = "墙"
    floor: Slug = GROUND
    height_m: Height
    line: Line


class Building(SettingsModel):
    """A roofed block: nobody outside sees in, nobody inside sees out."""

    type: Literal["building"]
    id: Slug
    name: Name
    floor: Slug = GROUND
    height_m: Height
    area: Area


class Fence(SettingsModel):
    """A see-through fence (透视围栏): drawn, hides nothing."""

    type: Literal["fence"]
    id: Slug
    name: Name = "围栏"
    floor: Slug = GROUND
    line: Line


class Floor(SettingsModel):
    """One storey of one building above (or below) the ground floor; its outline stops every view."""

    type: Literal["floor"]
    id: Slug
    name: Name
    elevation_m: Annotated[float, Field(ge=-50, le=200, allow_inf_nan=False)]
    """Of its floor above the ground of the campus."""
    height_m: Height
    """From floor to ceiling."""
    area: Area


class ZoneShape(SettingsModel):
    """A zone (区域) that must be seen, as the plan writes it; see Zone for what that comes to."""

    type: Literal["zone"]
    id: Slug
    name: Name
    kind: str
    floor: Slug = GROUND
    level: str | None = None
    """Name of a level of the plan's density profile; without it the kind's own."""
    density_px_per_m: PixelsPerMetre | None = None
    target_height_m: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    area: Area


class Private(SettingsModel):
    """A place that no camera may see (toilets, dormitory rooms); seeing it is a finding."""

    type: Literal["private"]
    id: Slug
    name: Name
    kind: str
    floor: Slug = GROUND
    target_height_m: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 1.0
    area: Area


class Mount(SettingsModel):
    """A place where a camera may hang."""

    type: Literal["mount"]
    id: Slug
    name: Name
    height_m: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)]
    """Above the ground of the campus, as a pose counts it."""
    facing_deg: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    """On a wall: the direction away from it; a camera there looks within 90 degrees of it. None: a mast."""
    at: Position


class ImagePoint(SettingsModel):
    """One place measured both on the picture and on the ground."""

    pixel: Position
    at: Position
    """In the plan's own coordinates; in metres once read."""


class PlanImage(SettingsModel):
    """A drawing or photograph as backdrop, fitted by two measured points."""

    file: Path
    points: tuple[ImagePoint, ImagePoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone with everything decided: what must be visible at which height at how many pixels a metre."""

    id: str
    name: str
    kind: str
    floor: str
    level: str
    """Name of the level, or the number where the plan gives one."""
    density_px_per_m: float
    target_height_m: float
    """Above the zone's own floor."""
    area: Area
