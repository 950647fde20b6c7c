"""Blind spots get the names that people know them by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from camera.coverage.cause import Cause
from camera.coverage.region import Region
from camera.coverage.report import Part, Spot
from camera.coverage.state import Cell
from config.plan_feature import Zone


def name_spots(zone: Zone, found: Sequence[Region], causes: Sequence[Cause]) -> list[Spot]:
    """Regions as blind spots with names, largest first; several in the same part of a zone are numbered."""
    spots: list[Spot] = []
    used: Counter[Part] = Counter()
    pairs = zip(found, causes, strict=True)
    for region, cause in sorted(pairs, key=lambda pair: (pair[0].state >= Cell.NIGHT_BLIND, -pair[0].area_m2)):
        used[region.part] += 1
        spots.append(
            Spot(
                zone_id=zone.id,
                zone_name=zone.name,
                part=region.part,
                number=used[region.part],
                area_m2=region.area_m2,
                rings=region.rings,
                reason=cause.reason,
                night_only=region.state >= Cell.NIGHT_BLIND,
                points=cause.points,
                hidden_by=cause.hidden_by,
            )
        )
    return spots
