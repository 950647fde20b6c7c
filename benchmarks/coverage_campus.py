"""A campus of a given size full of walls and cameras, the same for the same seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import cos, pi, sin
from pathlib import Path
from random import Random
from typing import Any

from config.plan import Plan, read_plan
from config.point import Pose

Feature = dict[str, Any]

_KINDS = ("road", "playground", "car_park", "teaching_corridor", "gate", "perimeter")
"""Feet at 25 and 62 px/m, faces at 62 and 125 px/m: four layers."""

_MODELS = (  # width, height, field of view: common fixed cameras from wide to long
    (1920, 1080, 90.0),
    (2560, 1440, 80.0),
    (2560, 1440, 55.0),
    (3840, 2160, 85.0),
    (1920, 1080, 30.0),
)


@dataclass(frozen=True, slots=True)
class BenchCampus:
    """A plan and where its cameras hang."""

    plan: Plan
    poses: dict[str, Pose]


def write_campus(
    folder: Path,
    *,
    side_m: float,
    walls: int,
    cameras: int,
    seed: int,
    block_m: float = 50.0,
    mounts: int = 0,
    cell_m: float = 0.5,
) -> BenchCampus:
    """Every square metre belongs to a zone; a third of the walls are sides of buildings; heights from 1 to 12 m."""
    random = Random(seed)
    features: list[Feature] = [_polygon({"type": "campus"}, _square(0, 0, side_m, side_m))]
    blocks = round(side_m / block_m)
    for row in range(blocks):
        for column in range(blocks):
            number = row * blocks + column
            kind = _KINDS[random.randrange(len(_KINDS))]
            corners = _square(column * block_m, row * block_m, (column + 1) * block_m, (row + 1) * block_m)
            features.append(
                _polygon({"type": "zone", "id": f"zone-{number}", "name": f"区域{number}", "kind": kind}, corners)
            )
    buildings = walls // 12
    for number in range(buildings):
        x, y = random.uniform(10, side_m - 60), random.uniform(10, side_m - 40)
        corners = _turned(x, y, random.uniform(12, 45), random.uniform(8, 20), random.uniform(0, pi / 2))
        properties = {
            "type": "building",
            "id": f"building-{number}",
            "name": f"楼{number}",
            "height_m": random.uniform(3, 12),
        }
        features.append(_polygon(properties, corners))
    for number in range(walls - 4 * buildings):
        x, y, direction = random.uniform(0, side_m), random.uniform(0, side_m), random.uniform(0, 2 * pi)
        length = random.uniform(3, 30)
        end = [round(x + length * cos(direction), 3), round(y + length * sin(direction), 3)]
        properties = {"type": "wall", "id": f"wall-{number}", "height_m": round(random.uniform(1, 6), 2)}
        geometry = {"type": "LineString", "coordinates": [[round(x, 3), round(y, 3)], end]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    for number in range(mounts):
        place = [round(random.uniform(2, side_m - 2), 2), round(random.uniform(2, side_m - 2), 2)]
        properties = {"type": "mount", "id": f"mount-{number}", "name": f"杆{number}", "height_m": random.uniform(3, 6)}
        features.append(
            {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": place}}
        )
    header = {"units": "metres", "cell_m": cell_m}
    file = folder / f"campus-{seed}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "plan": header, "features": features}))
    poses = {f"point-{number}": random_pose(random, side_m) for number in range(cameras)}
    return BenchCampus(read_plan(file), poses)


def random_pose(random: Random, side_m: float) -> Pose:
    """A camera somewhere, looking somewhat downward."""
    width, height, hfov = _MODELS[random.randrange(len(_MODELS))]
    return Pose(
        x_m=random.uniform(1, side_m - 1),
        y_m=random.uniform(1, side_m - 1),
        height_m=random.uniform(3, 8),
        azimuth_deg=random.uniform(0, 359.9),
        tilt_deg=random.uniform(5, 35),
        roll_deg=random.choice((0.0, 0.0, random.uniform(-5, 5))),
        hfov_deg=hfov,
        width_px=width,
        height_px=height,
        night_range_m=random.choice((None, 30.0, 50.0)),
    )


def _polygon(properties: Feature, corners: list[list[float]]) -> Feature:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
    }


def _square(left: float, bottom: float, right: float, top: float) -> list[list[float]]:
    return [[left, bottom], [right, bottom], [right, top], [left, top]]


def _turned(x: float, y: float, length: float, depth: float, angle: float) -> list[list[float]]:
    ahead, aside = (cos(angle) * length, sin(angle) * length), (-sin(angle) * depth, cos(angle) * depth)
    return [
        [round(x + a * ahead[0] + b * aside[0], 3), round(y + a * ahead[1] + b * aside[1], 3)]
        for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
