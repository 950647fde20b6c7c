"""The answer to 无盲区、无死角、全覆盖: what is seen of each zone, by how many, and every blind spot by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Final

from config.ring import Ring


class Watch(StrEnum):
    """Whether a camera is known to see now; unchecked is not seen."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


class PoseSource(StrEnum):
    """Where a camera's pose comes from; every figure that rests on it says so."""

    DECLARED = "declared"
    """Written down (申报)."""
    MEASURED = "measured"
    """Solved from places clicked in its picture (实测)."""


class Reason(StrEnum):
    """Why an area is not seen."""

    OUT_OF_VIEW = "out_of_view"
    BEHIND_WALL = "behind_wall"
    TOO_FAR = "too_far"
    DEAD_ZONE = "dead_zone"
    CAMERA_DOWN = "camera_down"
    TOO_DARK = "too_dark"
    NOT_CERTAIN = "not_certain"


REASON_NAMES: Final[Mapping[Reason, str]] = {
    Reason.OUT_OF_VIEW: "不在任何画面内",
    Reason.BEHIND_WALL: "被遮挡",
    Reason.TOO_FAR: "距离太远，像素密度不足",
    Reason.DEAD_ZONE: "摄像机下方死角",
    Reason.CAMERA_DOWN: "摄像机异常",
    Reason.TOO_DARK: "夜间补光照不到",
    Reason.NOT_CERTAIN: "摄像机状态未知",
}


class Part(StrEnum):
    """Which part of a zone; north is up on the plan."""

    WHOLE = "全部"
    MIDDLE = "中部"
    NORTH = "北侧"
    NORTH_EAST = "东北角"
    EAST = "东侧"
    SOUTH_EAST = "东南角"
    SOUTH = "南侧"
    SOUTH_WEST = "西南角"
    WEST = "西侧"
    NORTH_WEST = "西北角"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A blind spot (盲区), or an area that only cameras of unknown state would see."""

    zone_id: str
    zone_name: str
    part: Part
    number: int
    """1, or counted on where a zone has several in the same part."""
    area_m2: float
    rings: tuple[Ring, ...]
    """Outlines in metres: outer rings run counter-clockwise, holes clockwise."""
    reason: Reason
    night_only: bool
    """Seen by day, not in the dark."""
    points: tuple[str, ...]
    """Points concerned: the failing or unknown ones, or the nearest that nearly sees it."""
    hidden_by: str | None
    """Name of the wall or building in the way, where that is the reason."""

    @property
    def name(self) -> str:
        """As people say it: 食堂后厨 东北角, 3.4 m²."""
        numbered = f"（{self.number}）" if self.number > 1 else ""
        return f"{self.zone_name} {self.part.value}{numbered}, {self.area_m2:.1f} m²"

    @property
    def reason_text(self) -> str:
        """The reason in Chinese, with what is in the way."""
        if self.reason is Reason.BEHIND_WALL and self.hidden_by:
            return f"被{self.hidden_by}遮挡"
        return REASON_NAMES[self.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Of a zone's area, seen at the needed density by no, one, two or more cameras; the three add up to 1."""

    by_none: float
    by_one: float
    by_two_or_more: float
    uncertain: float
    """Part of by_none that only cameras of unknown state would see."""

    @property
    def seen(self) -> float:
        """By at least one camera known to work."""
        return self.by_one + self.by_two_or_more


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the loss of one camera would open in a zone by day."""

    point_id: str
    zone_id: str
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCoverage:
    """One zone that must be seen."""

    zone_id: str
    name: str
    kind: str
    kind_name: str
    floor: str
    level: str
    density_px_per_m: float
    target_height_m: float
    area_m2: float
    day: Shares
    night: Shares
    blind_spots: tuple[Spot, ...]
    uncertain: tuple[Spot, ...]
    scattered_m2: float
    """Blind or uncertain area by day in pieces smaller than the plan lists."""
    losses: tuple[Loss, ...]
    points: tuple[str, ...]
    """Working cameras that see any of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateView:
    """A place that must not be seen, and is."""

    private_id: str
    name: str
    kind: str
    point_id: str
    area_m2: float


class MissingWhy(StrEnum):
    """Why a kind of zone counts as missing."""

    NOT_DRAWN = "not_drawn"
    """Every campus is asked for it; the plan neither draws it nor says that there is none."""
    NOT_WATCHED = "not_watched"
    """Drawn, but no working camera sees any of it."""
    NOT_CERTAIN = "not_certain"
    """Drawn, but only cameras of unknown state would see any of it: whether it is watched nobody knows now."""


_MISSING_WORDS: Final[Mapping[MissingWhy, str]] = {
    MissingWhy.NOT_DRAWN: "图上未画，也未声明没有",
    MissingWhy.NOT_WATCHED: "没有摄像机看到",
    MissingWhy.NOT_CERTAIN: "只有状态未知的摄像机能看到",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingKind:
    """A kind of zone that nothing watches."""

    kind: str
    kind_name: str
    why: MissingWhy

    @property
    def words(self) -> str:
        """Why, as people say it."""
        return _MISSING_WORDS[self.why]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A point that counts for nothing here, and why."""

    point_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """Coverage of a campus at one moment."""

    zones: tuple[ZoneCoverage, ...]
    private_views: tuple[PrivateView, ...]
    missing_kinds: tuple[MissingKind, ...]
    unplaced: tuple[Unplaced, ...]
    pose_sources: Mapping[str, PoseSource]
    watches: Mapping[str, Watch]
    cell_m: float

    @property
    def blind_spots(self) -> tuple[Spot, ...]:
        """Of all zones, largest first, those by day before those only at night."""
        return _largest_first(spot for zone in self.zones for spot in zone.blind_spots)

    @property
    def uncertain(self) -> tuple[Spot, ...]:
        """Areas seen only by cameras whose state nobody knows, largest first."""
        return _largest_first(spot for zone in self.zones for spot in zone.uncertain)

    @property
    def seen_share(self) -> float:
        """Of all zones' area, seen by day by a working camera at the needed density."""
        return self._share(lambda zone: zone.day.seen)

    @property
    def seen_share_at_night(self) -> float:
        """The same in the dark."""
        return self._share(lambda zone: zone.night.seen)

    @property
    def measured(self) -> bool:
        """True if every pose behind these figures was measured from the picture."""
        return bool(self.pose_sources) and set(self.pose_sources.values()) == {PoseSource.MEASURED}

    def _share(self, part: Callable[[ZoneCoverage], float]) -> float:
        total = sum(zone.area_m2 for zone in self.zones)
        return sum(part(zone) * zone.area_m2 for zone in self.zones) / total if total else 0.0


def _largest_first(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    by_area = sorted(spots, key=attrgetter("area_m2"), reverse=True)
    return tuple(sorted(by_area, key=attrgetter("night_only")))
