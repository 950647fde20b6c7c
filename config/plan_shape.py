"""Features of a plan, one by one: their geometry into metres, their properties into models."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from config.plan_feature import Area, Building, Fence, Floor, Mount, Outline, Private, Wall, ZoneShape
from config.plan_source import PlanSource
from config.problem import Problem
from config.projection import LocalProjection
from config.reading import suggestion
from config.ring import Line, Position, Ring, self_crossing, signed_area_m2, spike

Feature = Outline | Wall | Building | Fence | Floor | ZoneShape | Private | Mount

MAX_RING_CORNERS: Final = 2_000
MAX_WALL_EDGES: Final = 20_000
MAX_EXTENT_M: Final = 2_000.0
MIN_EXTENT_M: Final = 3.0

_MODELS: Final[dict[str, type[Feature]]] = {
    "campus": Outline,
    "wall": Wall,
    "building": Building,
    "fence": Fence,
    "floor": Floor,
    "zone": ZoneShape,
    "private": Private,
    "mount": Mount,
}
_GEOMETRY: Final = {"wall": "LineString", "fence": "LineString", "mount": "Point"}
_FEATURE: Final[TypeAdapter[Feature]] = TypeAdapter(Annotated[Feature, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    key: str
    message: str
    remedy: str


class ShapeReader:
    """Turns each feature into its model or into a problem; never stops at the first mistake."""

    def __init__(self, source: PlanSource, projection: LocalProjection | None) -> None:
        self._source = source
        self._projection = projection

    def features(self) -> tuple[list[tuple[int, Feature]], list[Problem]]:
        """Every good feature with its index in the file, and the problems of the others."""
        features: list[tuple[int, Feature]] = []
        problems: list[Problem] = []
        edges = 0
        for index, raw in enumerate(self._source.features):
            try:
                feature = self._feature(raw)
            except _Refused as refused:
                problems.append(self._source.problem(index, refused.key, refused.message, refused.remedy))
                continue
            features.append((index, feature))
            if isinstance(feature, Wall):
                edges += len(feature.line) - 1
            elif isinstance(feature, Building | Floor):
                edges += len(feature.area.outer) + sum(map(len, feature.area.holes))
        if edges > MAX_WALL_EDGES:
            problems.append(
                self._source.problem(
                    None,
                    "features",
                    f"walls and buildings have {edges} edges, more than {MAX_WALL_EDGES}",
                    "Leave out what hides nothing and simplify the outlines.",
                )
            )
        return features, problems

    def _feature(self, raw: Any) -> Feature:
        if not isinstance(raw, dict):
            raise _Refused("", "this is no feature", "A feature is an object with properties and geometry.")
        properties, geometry = raw.get("properties"), raw.get("geometry")
        if not isinstance(properties, dict) or not isinstance(properties.get("type"), str):
            raise _Refused(
                "properties.type", "the feature does not say what it is", f"Write one of {', '.join(_MODELS)}."
            )
        kind = properties["type"]
        if kind not in _MODELS:
            raise _Refused("properties.type", f"nobody knows a {kind!r}", suggestion(kind, list(_MODELS)))
        wanted = _GEOMETRY.get(kind, "Polygon")
        if not isinstance(geometry, dict) or geometry.get("type") != wanted:
            found = geometry.get("type") if isinstance(geometry, dict) else None
            raise _Refused(
                "geometry", f"a {kind} is a {wanted}, not {found!r}", f"Draw it as {wanted}; parts become own features."
            )
        coordinates = geometry.get("coordinates")
        values = dict(properties)
        if wanted == "Polygon":
            values["area"] = self._area(coordinates)
        elif wanted == "LineString":
            values["line"] = self._line(coordinates)
        else:
            values["at"] = self._position(coordinates)
        try:
            return _FEATURE.validate_python(values)
        except ValidationError as error:
            detail = error.errors()[0]
            key = ".".join(str(part) for part in detail["loc"][1:])
            if detail["type"] == "extra_forbidden":
                known = [name for name in _MODELS[kind].model_fields if name not in ("area", "line", "at")]
                raise _Refused(key, "nobody knows this key", suggestion(key, known)) from error
            if detail["type"] == "missing":
                raise _Refused(key, "it is missing", f"Add {key!r} to the properties; see the example plan.") from error
            raise _Refused(key, f"{detail['input']!r} cannot stand here", f"{detail['msg']}.") from error

    def _position(self, value: Any) -> Position:
        if (
            not isinstance(value, list)
            or len(value) < 2
            or not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value[:2])
            or not all(isfinite(number) for number in value[:2])
        ):
            raise _Refused("geometry", f"{str(value)[:40]} is no position", "A position is [x, y].")
        x, y = float(value[0]), float(value[1])
        if self._projection is None:
            return x, y
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise _Refused(
                "geometry",
                f"[{x:g}, {y:g}] is no longitude and latitude",
                'The plan says units "wgs84"; if these are metres, write "units": "metres".',
            )
        return self._projection.metres(x, y)

    def _line(self, value: Any) -> Line:
        if not isinstance(value, list) or len(value) < 2:
            raise _Refused("geometry", "a line has two or more positions", "Draw both ends.")
        line = tuple(self._position(position) for position in value)
        if any(here == there for here, there in pairwise(line)):
            raise _Refused("geometry", "a position stands twice in a row", "Delete one of them.")
        return line

    def _area(self, value: Any) -> Area:
        if not isinstance(value, list) or not value:
            raise _Refused("geometry", "a polygon is a list of rings", "Draw at least the outer ring.")
        outer, *holes = (self._ring(ring) for ring in value)
        return Area(outer=outer, holes=tuple(holes))

    def _ring(self, value: Any) -> Ring:
        if not isinstance(value, list) or len(value) < 4:
            raise _Refused("geometry", "a ring needs three corners and the first again", "Add the missing corners.")
        if len(value) > MAX_RING_CORNERS:
            raise _Refused("geometry", f"a ring has {len(value)} corners, more than {MAX_RING_CORNERS}", "Simplify it.")
        corners = tuple(self._position(position) for position in value)
        if corners[0] != corners[-1]:
            raise _Refused(
                "geometry",
                f"the polygon is open: it begins at {_told(corners[0])} and ends at {_told(corners[-1])}",
                "Repeat the first position at the end.",
            )
        ring = corners[:-1]
        if any(here == there for here, there in pairwise(ring)):
            raise _Refused("geometry", "a position stands twice in a row", "Delete one of them.")
        crossing = self_crossing(ring) or spike(ring)
        if crossing is not None:
            raise _Refused(
                "geometry",
                f"the polygon crosses itself near {_told(crossing)}",
                "Put its corners in the order in which one would walk around it.",
            )
        if abs(signed_area_m2(ring)) < 1e-6:
            raise _Refused("geometry", "the polygon has no area", "Check its corners, and whether units are metres.")
        return ring


def _told(position: Position) -> str:
    return f"({position[0]:.1f}, {position[1]:.1f})"
