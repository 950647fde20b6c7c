"""Small campuses to look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.plan import Plan, read_plan
from config.point import Pose

Corners = list[tuple[float, float]]


def rectangle(left: float, bottom: float, right: float, top: float) -> Corners:
    """Corners of an upright rectangle."""
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def area(properties: dict[str, Any], corners: Corners, *holes: Corners) -> dict[str, Any]:
    """A GeoJSON polygon feature."""
    rings = [[*map(list, ring), list(ring[0])] for ring in (corners, *holes)]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}


def line(properties: dict[str, Any], *positions: tuple[float, float]) -> dict[str, Any]:
    """A GeoJSON line feature."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": [list(position) for position in positions]},
    }


def camera(x_m: float, y_m: float, azimuth_deg: float, **changed: Any) -> Pose:
    """A 1080p camera of 90 degrees, 3.5 m high, tilted down by 15."""
    values: dict[str, Any] = {
        "x_m": x_m,
        "y_m": y_m,
        "height_m": 3.5,
        "azimuth_deg": azimuth_deg,
        "tilt_deg": 15.0,
        "hfov_deg": 90.0,
        "width_px": 1920,
        "height_px": 1080,
    }
    return Pose.model_validate({**values, **changed})


PlanMaker = Callable[..., Plan]


@pytest.fixture
def make_plan(tmp_path: Path) -> PlanMaker:
    """make_plan(feature, …, **header): a plan of 60 x 40 m with these features."""

    def make(*features: dict[str, Any], size: tuple[float, float] = (60, 40), **header: Any) -> Plan:
        file = tmp_path / "plan.geojson"
        campus = area({"type": "campus"}, rectangle(0, 0, *size))
        file.write_text(
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "plan": {"units": "metres", **header},
                    "features": [campus, *features],
                }
            )
        )
        return read_plan(file)

    return make


def zone(corners: Corners, **properties: Any) -> dict[str, Any]:
    """A zone that needs 25 px/m at the feet, unless told otherwise."""
    return area({"type": "zone", "id": "yard", "name": "操场", "kind": "playground", **properties}, corners)


@pytest.fixture
def example_plan(root: Path) -> Plan:
    """The plan of the example campus."""
    return read_plan(root / "config" / "example" / "plan.geojson")
