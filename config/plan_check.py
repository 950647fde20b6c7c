"""Checks that need several features of a plan at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from config.chinese import suggestion_words
from config.plan_feature import GROUND, Floor, Mount, Outline, Private, Wall, ZoneShape
from config.plan_shape import MAX_EXTENT_M, MIN_EXTENT_M, Feature
from config.plan_source import PlanSource
from config.problem import Problem
from config.reading import suggestion
from config.ring import Position, contains

EDGE_TOLERANCE_M = 0.5
"""A zone drawn along the campus outline may stand over it by this much."""

Numbered = Sequence[tuple[int, Feature]]


def check_plan(source: PlanSource, features: Numbered) -> list[Problem]:
    """One campus, ids given once, floors that exist, everything inside the campus, a size that can be computed."""
    problems = [*_ids(source, features), *_floors(source, features)]
    outlines = [(index, feature) for index, feature in features if isinstance(feature, Outline)]
    if len(outlines) != 1:
        problems.append(
            source.problem(
                outlines[1][0] if outlines else None,
                "" if outlines else "features",
                "there is a second campus outline" if outlines else "no good feature of type campus",
                "Draw one polygon of type campus around everything, with the apron before its gates.",
                "校园轮廓只能有一个。"
                if outlines
                else "没有可用的校园轮廓：请画一个 campus 多边形，包住全校和门前区域。",
            )
        )
        return problems
    index, outline = outlines[0]
    size = _size(source, index, outline)
    return [*problems, *(size or _off_campus(source, outline, features))]


def _ids(source: PlanSource, features: Numbered) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, feature in features:
        if feature.id in first:
            yield source.problem(
                index,
                "id",
                f"the id {feature.id!r} is already taken by features[{first[feature.id]}]",
                "Give each feature its own id; blind spots are named by it.",
                f"编号 {feature.id!r} 已被 features[{first[feature.id]}] 用了，请换一个。",
            )
        first.setdefault(feature.id, index)


def _floors(source: PlanSource, features: Numbered) -> Iterator[Problem]:
    known = [GROUND, *(feature.id for _, feature in features if isinstance(feature, Floor))]
    for index, feature in features:
        floor = getattr(feature, "floor", None)
        if floor is not None and floor not in known:
            chinese = f"没有楼层 {floor!r}。{suggestion_words(floor, known)}"
            yield source.problem(index, "floor", f"there is no floor {floor!r}", suggestion(floor, known), chinese)


def _size(source: PlanSource, index: int, outline: Outline) -> list[Problem]:
    corners = np.asarray(outline.area.outer)
    width_m, depth_m = (float(extent) for extent in np.ptp(corners, axis=0))
    if max(width_m, depth_m) > MAX_EXTENT_M:
        return [
            source.problem(
                index,
                "geometry",
                f"the campus measures {width_m:.0f} x {depth_m:.0f} m, more than {MAX_EXTENT_M:.0f} m",
                "Check the units; a larger site is split into several plans.",
                f"校园有 {width_m:.0f} x {depth_m:.0f} 米，超过 {MAX_EXTENT_M:.0f} 米：请核对单位，再大的分成几张图。",
            )
        ]
    if max(width_m, depth_m) < MIN_EXTENT_M:
        return [
            source.problem(
                index,
                "geometry",
                f"the campus measures {width_m:.4f} x {depth_m:.4f} m",
                'If the coordinates are degrees, write "units": "wgs84" and an origin.',
                f'校园只有 {width_m:.4f} x {depth_m:.4f} 米：坐标若是经纬度，请写 "units": "wgs84" 和 origin。',
            )
        ]
    return []


def _off_campus(source: PlanSource, outline: Outline, features: Numbered) -> Iterator[Problem]:
    for index, feature in features:
        places = np.asarray(_corners(feature), dtype=np.float64)
        if places.size == 0:
            continue
        inside = contains(outline.area.outer, places, margin_m=EDGE_TOLERANCE_M)
        if not inside.all():
            x, y = places[int(np.argmin(inside))]
            yield source.problem(
                index,
                "geometry",
                f"it lies off the campus at ({x:.1f}, {y:.1f})",
                "Correct the position, or draw the campus outline so that it includes this place.",
                f"位置 ({x:.1f}, {y:.1f}) 在校园之外：请改正位置，或把校园轮廓画到包含这里。",
            )


def _corners(feature: Feature) -> tuple[Position, ...]:
    if isinstance(feature, Mount):
        return (feature.at,)
    if isinstance(feature, ZoneShape | Private | Floor):
        return feature.area.outer
    if isinstance(feature, Wall):
        return ()  # a neighbour's wall hides as well as one's own
    return ()
