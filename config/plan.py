"""The campus plan (平面图): read once from GeoJSON, checked hard, in metres, immutable."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from config.chinese import UNKNOWN_KEY, suggestion_words, value_words
from config.density import PROFILES, DensityProfile, PixelsPerMetre
from config.model import SettingsModel
from config.plan_check import check_plan
from config.plan_feature import (
    GROUND,
    Building,
    Fence,
    Floor,
    ImagePoint,
    Mount,
    Outline,
    PlanImage,
    Private,
    Wall,
    Zone,
    ZoneShape,
)
from config.plan_shape import MAX_EXTENT_M, Feature, ShapeReader
from config.plan_source import PlanSource, read_geojson
from config.problem import Problem, SettingsError
from config.projection import LocalProjection
from config.reading import suggestion
from config.zone_kind import PRIVATE_KINDS, ZONE_KINDS, ZoneKind
from foundation.ids import Slug

MAX_CELLS: Final = 4_000_000
"""A plan of 2 km at 1 m, or of 1 km at 0.5 m: what coverage can hold in memory."""


class PlanHeader(SettingsModel):
    """The member 'plan' beside the features: how to read them and what the school asks for."""

    units: Literal["metres", "wgs84"]
    origin: tuple[float, float] | None = None
    """Longitude and latitude of x = 0, y = 0; for wgs84."""
    cell_m: Annotated[float, Field(ge=0.1, le=5)] = 0.5
    smallest_blind_spot_m2: Annotated[float, Field(ge=0, le=100)] = 1.0
    density_profile: str = "iec-62676-4-2015"
    levels: Annotated[dict[Slug, PixelsPerMetre], Field(default_factory=dict)]
    """Levels changed or added by the school."""
    absent_kinds: tuple[str, ...] = ()
    """Zone kinds that this campus does not have: a day school has no dormitory."""
    image: PlanImage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A campus in metres: x east, y north, heights above its ground."""

    file: Path
    outline: Outline
    floors: tuple[Floor, ...]
    """Storeys beside the ground floor."""
    walls: tuple[Wall, ...]
    buildings: tuple[Building, ...]
    fences: tuple[Fence, ...]
    zones: tuple[Zone, ...]
    private: tuple[Private, ...]
    mounts: tuple[Mount, ...]
    profile: DensityProfile
    absent_kinds: tuple[str, ...]
    image: PlanImage | None
    cell_m: float
    smallest_blind_spot_m2: float
    projection: LocalProjection | None
    """None where the plan was drawn in metres."""

    def floor_ids(self) -> tuple[str, ...]:
        """The ground first, then the storeys."""
        return (GROUND, *(floor.id for floor in self.floors))

    def elevation_m(self, floor_id: str) -> float:
        """Height of a floor above the campus's ground."""
        return next((floor.elevation_m for floor in self.floors if floor.id == floor_id), 0.0)

    def floor_name(self, floor_id: str) -> str:
        """A floor's name as people say it."""
        return next((floor.name for floor in self.floors if floor.id == floor_id), "地面")

    def kind(self, zone: Zone) -> ZoneKind:
        """What is known of a zone's kind."""
        return ZONE_KINDS[zone.kind]


def read_plan(file: Path) -> Plan:
    """Read and check a plan. Raises SettingsError with every problem: file, line, feature, what would be right."""
    source = read_geojson(file)
    header = _header(source)
    projection = LocalProjection(*header.origin) if header.units == "wgs84" and header.origin else None
    shapes = ShapeReader(source, projection)
    features, problems = shapes.features()
    zones: list[Zone] = []
    for index, feature in features:
        if isinstance(feature, ZoneShape):
            zone = _zone(source, index, feature, _profile(header), problems)
            if zone is not None:
                zones.append(zone)
        elif isinstance(feature, Private) and feature.kind not in PRIVATE_KINDS:
            problems.append(
                source.problem(
                    index,
                    "kind",
                    f"there is no private kind {feature.kind!r}",
                    suggestion(feature.kind, list(PRIVATE_KINDS)),
                    f"没有 {feature.kind!r} 这种不得看到的区域。{suggestion_words(feature.kind, list(PRIVATE_KINDS))}",
                )
            )
    problems += check_plan(source, features)
    if problems:
        raise SettingsError(problems)
    outline = next(feature for _, feature in features if isinstance(feature, Outline))
    _refuse_too_many_cells(source, outline, header.cell_m)
    return Plan(
        file=file,
        outline=outline,
        floors=_only(features, Floor),
        walls=_only(features, Wall),
        buildings=_only(features, Building),
        fences=_only(features, Fence),
        zones=tuple(zones),
        private=_only(features, Private),
        mounts=_only(features, Mount),
        profile=_profile(header),
        absent_kinds=header.absent_kinds,
        image=_image(file, header.image, projection),
        cell_m=header.cell_m,
        smallest_blind_spot_m2=header.smallest_blind_spot_m2,
        projection=projection,
    )


def _only(features: list[tuple[int, Feature]], model: type[Any]) -> tuple[Any, ...]:
    return tuple(feature for _, feature in features if isinstance(feature, model))


_HEADER: Final = TypeAdapter(PlanHeader)


def _header(source: PlanSource) -> PlanHeader:
    values = dict(source.header)
    if isinstance(values.get("image"), dict) and isinstance(values["image"].get("file"), str):
        values["image"] = {**values["image"], "file": Path(values["image"]["file"])}
    try:
        header = _HEADER.validate_python(_with_tuples(values))
    except ValidationError as error:
        raise SettingsError(
            [
                Problem(
                    source.file,
                    1,
                    ".".join(("plan", *map(str, detail["loc"]))),
                    "nobody knows this key" if detail["type"] == "extra_forbidden" else "this value cannot stand here",
                    suggestion(str(detail["loc"][-1]), list(PlanHeader.model_fields))
                    if detail["type"] == "extra_forbidden"
                    else f"{detail['msg']}.",
                    UNKNOWN_KEY + suggestion_words(str(detail["loc"][-1]), list(PlanHeader.model_fields))
                    if detail["type"] == "extra_forbidden"
                    else value_words(detail["type"], detail.get("ctx", {})),
                )
                for detail in error.errors()
            ]
        ) from error
    problems = []
    if header.density_profile not in PROFILES:
        problems.append(
            source.problem(
                None,
                "plan.density_profile",
                f"there is no profile {header.density_profile!r}",
                suggestion(header.density_profile, list(PROFILES)),
                f"没有 {header.density_profile!r} 这套标准。{suggestion_words(header.density_profile, list(PROFILES))}",
            )
        )
    problems += [
        _no_such_kind(source, None, "plan.absent_kinds", kind) for kind in header.absent_kinds if kind not in ZONE_KINDS
    ]
    if header.units == "wgs84":
        if header.origin is None:
            problems.append(
                source.problem(
                    None,
                    "plan.origin",
                    "a plan in degrees needs the place from which poses are measured",
                    'Add "origin": [longitude, latitude] of x = 0, y = 0, for instance a gate post.',
                    '经纬度的平面图要写原点："origin": [经度, 纬度]，即 x = 0、y = 0 的地方，例如一个门柱。',
                )
            )
        elif not (-180 <= header.origin[0] <= 180 and -85 <= header.origin[1] <= 85):
            problems.append(
                source.problem(
                    None,
                    "plan.origin",
                    "this is no longitude and latitude",
                    "Longitude stands first.",
                    "这不是经纬度，经度写在前面。",
                )
            )
    if problems:
        raise SettingsError(problems)
    return header


def _no_such_kind(source: PlanSource, index: int | None, key: str, kind: str) -> Problem:
    known = list(ZONE_KINDS)
    chinese = f"没有 {kind!r} 这种区域。{suggestion_words(kind, known)}"
    return source.problem(index, key, f"there is no zone kind {kind!r}", suggestion(kind, known), chinese)


def _profile(header: PlanHeader) -> DensityProfile:
    return PROFILES[header.density_profile].with_levels(header.levels)


def _zone(
    source: PlanSource, index: int, shape: ZoneShape, profile: DensityProfile, problems: list[Problem]
) -> Zone | None:
    kind = ZONE_KINDS.get(shape.kind)
    if kind is None:
        problems.append(_no_such_kind(source, index, "kind", shape.kind))
        return None
    if shape.level is not None and shape.density_px_per_m is not None:
        problems.append(
            source.problem(
                index,
                "level",
                "level and density_px_per_m are both given",
                "Keep one of them.",
                "level 和 density_px_per_m 都写了，请留一个。",
            )
        )
        return None
    level = shape.level or kind.default_level(profile.levels)
    if level not in profile.levels:
        problems.append(
            source.problem(
                index,
                "level",
                f"profile {profile.id} has no level {level!r}",
                suggestion(level, list(profile.levels)),
                f"密度标准 {profile.id} 里没有 {level!r} 这一级。{suggestion_words(level, list(profile.levels))}",
            )
        )
        return None
    density = shape.density_px_per_m
    return Zone(
        id=shape.id,
        name=shape.name,
        kind=shape.kind,
        floor=shape.floor,
        level=level if density is None else f"{density:g} px/m",
        density_px_per_m=profile.levels[level] if density is None else density,
        target_height_m=kind.target_height_m if shape.target_height_m is None else shape.target_height_m,
        area=shape.area,
    )


def _image(file: Path, image: PlanImage | None, projection: LocalProjection | None) -> PlanImage | None:
    if image is None:
        return None
    first, second = (
        ImagePoint(pixel=point.pixel, at=projection.metres(*point.at) if projection else point.at)
        for point in image.points
    )
    apart_m = hypot(first.at[0] - second.at[0], first.at[1] - second.at[1])
    apart_px = hypot(first.pixel[0] - second.pixel[0], first.pixel[1] - second.pixel[1])
    if apart_m < 1 or apart_px < 10:
        raise SettingsError(
            [
                Problem(
                    file,
                    1,
                    "plan.image.points",
                    "the two points lie too near to each other to fit the picture",
                    "Measure two places at opposite ends of the campus.",
                    "两个点离得太近，对不上图：请在校园两端各量一个。",
                )
            ]
        )
    return PlanImage(file=image.file if image.file.is_absolute() else file.parent / image.file, points=(first, second))


def _refuse_too_many_cells(source: PlanSource, outline: Outline, cell_m: float) -> None:
    xs, ys = zip(*outline.area.outer, strict=True)
    width_m, depth_m = max(xs) - min(xs), max(ys) - min(ys)
    assert max(width_m, depth_m) <= MAX_EXTENT_M
    if width_m * depth_m / cell_m**2 > MAX_CELLS:
        fitting = ceil((width_m * depth_m / MAX_CELLS) ** 0.5 * 10) / 10
        raise SettingsError(
            [
                source.problem(
                    None,
                    "plan.cell_m",
                    f"{width_m:.0f} x {depth_m:.0f} m in cells of {cell_m:g} m are more than {MAX_CELLS:,} cells",
                    f'Write "cell_m": {fitting:g}, or split the campus.',
                    f'{width_m:.0f} x {depth_m:.0f} 米按 {cell_m:g} 米一格太多：请写 "cell_m": {fitting:g}，或分图。',
                )
            ]
        )


def _with_tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value
