"""Runs VisiLibity in its own virtual environment: scenes as JSON in, areas and times out."""

from __future__ import annotations

import json
import sys
import time

import visilibity  # type: ignore[import-not-found,import-untyped,unused-ignore]

EPSILON = 1e-9


def main() -> None:
    """One scene: an eye and rings, the boundary first and counter-clockwise, holes clockwise."""
    answers = []
    for scene in json.load(sys.stdin):
        rings = [visilibity.Polygon([visilibity.Point(x, y) for x, y in ring]) for ring in scene["rings"]]
        environment = visilibity.Environment(rings)
        eye = visilibity.Point(*scene["eye"])
        started = time.perf_counter()
        polygon = visilibity.Visibility_Polygon(eye, environment, EPSILON)
        answers.append({"area": polygon.area(), "seconds": time.perf_counter() - started})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
