"""Features of a plan, one by one: their geometry into metres, their properties into models."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from config.chinese import MISSING, UNKNOWN_KEY, suggestion_words, value_words
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
FARTHEST_M: Final = 10_000_000.0
"""No farther from the origin: national grids count to six or seven digits, and beyond them arithmetic overflows."""

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
    chinese: str


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
                problems.append(
                    self._source.problem(index, refused.key, refused.message, refused.remedy, refused.chinese)
                )
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
                    f"墙和建筑共有 {edges} 条边，超过 {MAX_WALL_EDGES} 条：请去掉不遮挡的，简化轮廓。",
                )
            )
        return features, problems

    def _feature(self, raw: Any) -> Feature:
        if not isinstance(raw, dict):
            raise _Refused(
                "",
                "this is no feature",
                "A feature is an object with properties and geometry.",
                "这不是要素：要素要有 properties 和 geometry。",
            )
        properties, geometry = raw.get("properties"), raw.get("geometry")
        if not isinstance(properties, dict) or not isinstance(properties.get("type"), str):
            raise _Refused(
                "properties.type",
                "the feature does not say what it is",
                f"Write one of {', '.join(_MODELS)}.",
                f"没有写 type，请写其中一种：{'、'.join(_MODELS)}。",
            )
        kind = properties["type"]
        if kind not in _MODELS:
            known = list(_MODELS)
            chinese = f"没有 {kind!r} 这种要素。{suggestion_words(kind, known)}"
            raise _Refused("properties.type", f"nobody knows a {kind!r}", suggestion(kind, known), chinese)
        wanted = _GEOMETRY.get(kind, "Polygon")
        if not isinstance(geometry, dict) or geometry.get("type") != wanted:
            found = geometry.get("type") if isinstance(geometry, dict) else None
            raise _Refused(
                "geometry",
                f"a {kind} is a {wanted}, not {found!r}",
                f"Draw it as {wanted}; parts become own features.",
                f"{kind} 要画成 {wanted}，不是 {found!r}；分成几块的，每块画一个要素。",
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
                chinese = UNKNOWN_KEY + suggestion_words(key, known)
                raise _Refused(key, "nobody knows this key", suggestion(key, known), chinese) from error
            if detail["type"] == "missing":
                remedy = f"Add {key!r} to the properties; see the example plan."
                raise _Refused(key, "it is missing", remedy, MISSING) from error
            chinese = value_words(detail["type"], detail.get("ctx", {}))
            raise _Refused(key, f"{detail['input']!r} cannot stand here", f"{detail['msg']}.", chinese) from error

    def _position(self, value: Any) -> Position:
        if (
            not isinstance(value, list)
            or len(value) < 2
            or not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value[:2])
            or not all(isfinite(number) for number in value[:2])
        ):
            told = str(value)[:40]
            raise _Refused(
                "geometry", f"{told} is no position", "A position is [x, y].", f"{told} 不是位置，位置写成 [x, y]。"
            )
        x, y = float(value[0]), float(value[1])
        if self._projection is None:
            if max(abs(x), abs(y)) > FARTHEST_M:
                raise _Refused(
                    "geometry",
                    f"[{x:g}, {y:g}] lies more than {FARTHEST_M / 1000:g} km away",
                    "Correct the number; a plan in metres is measured from a place on the campus.",
                    f"[{x:g}, {y:g}] 在 {FARTHEST_M / 1000:g} 公里以外：请改正，米制平面图从校园里的一点量起。",
                )
            return x, y
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise _Refused(
                "geometry",
                f"[{x:g}, {y:g}] is no longitude and latitude",
                'The plan says units "wgs84"; if these are metres, write "units": "metres".',
                f'[{x:g}, {y:g}] 不是经纬度：平面图写的是 "wgs84"，若是米，请写 "units": "metres"。',
            )
        return self._projection.metres(x, y)

    def _line(self, value: Any) -> Line:
        if not isinstance(value, list) or len(value) < 2:
            raise _Refused(
                "geometry", "a line has two or more positions", "Draw both ends.", "线至少要有两个点，请画出两端。"
            )
        line = tuple(self._position(position) for position in value)
        if any(here == there for here, there in pairwise(line)):
            raise _Refused(
                "geometry",
                "a position stands twice in a row",
                "Delete one of them.",
                "同一个点连写了两次，请删掉一个。",
            )
        return line

    def _area(self, value: Any) -> Area:
        if not isinstance(value, list) or not value:
            raise _Refused(
                "geometry", "a polygon is a list of rings", "Draw at least the outer ring.", "多边形至少要有外圈。"
            )
        outer, *holes = (self._ring(ring) for ring in value)
        return Area(outer=outer, holes=tuple(holes))

    def _ring(self, value: Any) -> Ring:
        if not isinstance(value, list) or len(value) < 4:
            raise _Refused(
                "geometry",
                "a ring needs three corners and the first again",
                "Add the missing corners.",
                "一圈至少三个角点，再加第一个点，请补全。",
            )
        if len(value) > MAX_RING_CORNERS:
            raise _Refused(
                "geometry",
                f"a ring has {len(value)} corners, more than {MAX_RING_CORNERS}",
                "Simplify it.",
                f"一圈有 {len(value)} 个角点，超过 {MAX_RING_CORNERS} 个，请简化。",
            )
        corners = tuple(self._position(position) for position in value)
        if corners[0] != corners[-1]:
            raise _Refused(
                "geometry",
                f"the polygon is open: it begins at {_told(corners[0])} and ends at {_told(corners[-1])}",
                "Repeat the first position at the end.",
                f"多边形没有闭合：起点 {_told(corners[0])}，终点 {_told(corners[-1])}，请在末尾重复第一个点。",
            )
        ring = corners[:-1]
        if any(here == there for here, there in pairwise(ring)):
            raise _Refused(
                "geometry",
                "a position stands twice in a row",
                "Delete one of them.",
                "同一个点连写了两次，请删掉一个。",
            )
        crossing = self_crossing(ring) or spike(ring)
        if crossing is not None:
            raise _Refused(
                "geometry",
                f"the polygon crosses itself near {_told(crossing)}",
                "Put its corners in the order in which one would walk around it.",
                f"多边形在 {_told(crossing)} 附近自相交，请按绕行一圈的顺序排列角点。",
            )
        if abs(signed_area_m2(ring)) < 1e-6:
            raise _Refused(
                "geometry",
                "the polygon has no area",
                "Check its corners, and whether units are metres.",
                "多边形没有面积，请核对角点，以及单位是不是米。",
            )
        return ring


def _told(position: Position) -> str:
    return f"({position[0]:.1f}, {position[1]:.1f})"
