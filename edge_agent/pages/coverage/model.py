"""Coverage as its page shows it: written by the inspector with each new answer, read by the office."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from config.point import Pose
from edge_agent.pages.status.model import StatusModel, UtcNs
from web.signs import State


class SpotShown(StatusModel):
    """A blind spot (盲区), or an area of which nobody can say whether it is seen."""

    number: int | None
    """As on the map; None if it has none there."""
    name: str
    night_only: bool
    reason: str
    """A `camera.coverage.Reason`."""
    hidden_by: str | None
    points: tuple[str, ...]
    """Names of the points concerned."""


class LossShown(StatusModel):
    """What the loss of one camera would open in a zone."""

    point: str
    area_m2: float


class ZoneShown(StatusModel):
    """A zone that must be seen; shares from 0 to 1."""

    name: str
    kind_name: str
    density_px_per_m: float
    target_height_m: float
    area_m2: float
    day: float
    day_by_two: float
    night: float
    uncertain: float
    points: tuple[str, ...]
    losses: tuple[LossShown, ...]


class MissingShown(StatusModel):
    """A kind of zone that nothing watches."""

    kind_name: str
    why: str
    """A `camera.coverage.report.MissingWhy`."""


class PrivateShown(StatusModel):
    """A place that must not be seen, and is."""

    point: str
    name: str
    area_m2: float


class UnplacedShown(StatusModel):
    """A point that counts for nothing on the plan."""

    point: str
    message: str


class CoverageShown(StatusModel):
    """One answer to 无盲区 as people look at it; its map lies beside it."""

    state: State
    computed_utc_ns: UtcNs
    seen_share: float
    seen_share_at_night: float
    poses_measured: int
    poses_declared: int
    spots: tuple[SpotShown, ...]
    more_spots: int
    """How many smaller ones are not listed."""
    uncertain: tuple[SpotShown, ...]
    zones: tuple[ZoneShown, ...]
    missing: tuple[MissingShown, ...]
    private: tuple[PrivateShown, ...]
    unplaced: tuple[UnplacedShown, ...]
    no_map: str
    """Why there is no map; empty if there is one."""
    poses: tuple[Pose, ...]
    """Of every camera that counts: what is added shall see what these do not."""
    sheet: dict[str, Any]
    """What the page to sign says (`camera.coverage.sheet.sheet_values`)."""


class SuggestionShown(StatusModel):
    """One camera to add."""

    place: str
    model: str
    azimuth_deg: float
    tilt_deg: float
    closes_day_m2: float
    closes_night_m2: float
    zones: tuple[tuple[str, float], ...]
    """Zones that it helps, and the m² closed there by day."""
    storage_bytes: int
    """What its footage takes for as long as it is kept."""


SUGGESTIONS: Final = TypeAdapter(tuple[SuggestionShown, ...])


class ShownCoverage:
    """The folder in which the inspector leaves its answer for the office."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answer = folder / "shown.json"
        self._map = folder / "map.svg"

    def write(self, shown: CoverageShown, map_svg: str) -> None:
        """Put a new answer in the place of the old one. Raises OSError."""
        self._folder.mkdir(mode=0o750, exist_ok=True)
        for file, content in ((self._map, map_svg), (self._answer, shown.model_dump_json())):
            fresh = file.with_suffix(".new")
            fresh.write_text(content, encoding="utf-8")
            fresh.replace(file)  # not synced: it is computed anew with every start

    def read(self) -> CoverageShown | None:
        """The latest answer; None before the first, or if a power cut left half of one."""
        try:
            return CoverageShown.model_validate_json(self._answer.read_bytes())
        except (OSError, ValidationError):
            return None

    def map_svg(self) -> bytes | None:
        """The map of the latest answer, if it has one."""
        try:
            return self._map.read_bytes() or None
        except OSError:
            return None

    def version(self) -> str:
        """Another one after each answer."""
        try:
            return str(self._answer.stat().st_mtime_ns)
        except OSError:
            return ""
